/* How often a call may call back: og_options.callback_limit. */
#include "mpk-test.h"

enum { LIMIT = 3 };

static struct og_domain *talker; /* with libogsignals.so, and a limit */
static long wanted, ran;

static struct og_domain *open_talker(unsigned callback_limit)
{
    const struct og_options options = {.isolation = OG_MPK, .callback_limit = callback_limit};
    char path[sizeof(library)];
    beside_library(path, "libogsignals.so");
    return open_another(path, &options);
}

static int open_it(void **state)
{
    (void)state;
    talker = open_talker(LIMIT);
    return 0;
}

static int close_it(void **state)
{
    (void)state;
    return og_domain_close(talker, &fault) != OG_OK;
}

/* Is called again until it was called as often as is wanted. */
static void go_on(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                  struct og_result *result)
{
    (void)user, (void)scope, (void)arguments;
    ran++;
    result->integer = ran < wanted;
}

static long inner_ran;

static void go_on_inside(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                         struct og_result *result)
{
    (void)user, (void)scope, (void)arguments;
    result->integer = ++inner_ran < LIMIT;
}

/* Calls the domain that called, which calls back as often as it may. */
static void call_in(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                    struct og_result *result) OG_REQUIRES(scope->access);
static void call_in(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                    struct og_result *result)
{
    const struct og_callback *inner = user;
    (void)arguments;
    inner_ran = 0;
    enum og_error error = CALL(*scope, boxed_in(talker, "call_back_while"),
                               AS(words *)((long)inner->address, 0, 0, 0));
    ran++;
    result->integer = !error && inner_ran == LIMIT && ran < wanted;
}

static enum og_error call_back(struct og_domain *in, og_callback_function *function, void *user)
{
    struct og_callback callback;
    struct og_scope scope;
    ran = 0;
    assert_int_equal(og_callback_open(in, &callback, function, user, &fault), OG_OK);
    og_scope_begin(in, &scope);
    enum og_error error =
        CALL(scope, boxed_in(in, "call_back_while"), AS(words *)((long)callback.address, 0, 0, 0));
    og_scope_end(&scope);
    og_callback_close(&callback);
    return error;
}

static void a_call_calls_back_as_often_as_its_limit_and_no_more(void **state)
{
    (void)state;
    wanted = LIMIT;
    assert_int_equal(call_back(talker, go_on, NULL), OG_OK);
    assert_int_equal(ran, LIMIT);
    wanted = LIMIT + 1;
    assert_int_equal(call_back(talker, go_on, NULL), OG_FAULTED);
    assert_int_equal(ran, LIMIT);
    assert_string_equal(fault.message,
                        "the foreign code called back more often than callback_limit allows");
    assert_int_equal(og_domain_reset(talker, &fault), OG_OK);
}

static void every_call_may_call_back_as_often(void **state)
{
    (void)state;
    wanted = LIMIT;
    for (int i = 0; i < 3; i++)
        assert_int_equal(call_back(talker, go_on, NULL), OG_OK);
}

static void callbacks_that_call_in_do_not_begin_the_count_anew(void **state)
{
    struct og_callback inner;
    (void)state;
    assert_int_equal(og_callback_open(talker, &inner, go_on_inside, NULL, &fault), OG_OK);
    wanted = LIMIT;
    assert_int_equal(call_back(talker, call_in, &inner), OG_OK);
    assert_int_equal(ran, LIMIT);
    wanted = LIMIT + 1;
    assert_int_equal(call_back(talker, call_in, &inner), OG_FAULTED);
    assert_int_equal(ran, LIMIT);
    og_callback_close(&inner);
    assert_int_equal(og_domain_reset(talker, &fault), OG_OK);
}

static void without_a_limit_a_call_calls_back_as_often_as_it_likes(void **state)
{
    (void)state;
    struct og_domain *free = open_talker(0);
    wanted = 10000;
    assert_int_equal(call_back(free, go_on, NULL), OG_OK);
    assert_int_equal(ran, 10000);
    assert_int_equal(og_domain_close(free, &fault), OG_OK);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_call_calls_back_as_often_as_its_limit_and_no_more,
                                        open_it, close_it),
        cmocka_unit_test_setup_teardown(every_call_may_call_back_as_often, open_it, close_it),
        cmocka_unit_test_setup_teardown(callbacks_that_call_in_do_not_begin_the_count_anew, open_it,
                                        close_it),
        cmocka_unit_test(without_a_limit_a_call_calls_back_as_often_as_it_likes),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
