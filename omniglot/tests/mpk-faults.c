/* MPK domains that fail: every way ends the call with an error, and reset brings back what was
 * there; libraries that cannot be loaded leave no domain. */
#include "mpk-test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static void every_way_to_fail_ends_the_call_and_not_the_host(void **state)
{
    (void)state;
    static const struct {
        const char *function;
        long a, b;
        int signal;
        const char *message;
    } ways[] = {
        {"read_word", 0, 0, SIGSEGV, ""},
        {"read_word", (long)0x8000000000000000, 0, SIGSEGV, ""},
        {"overflow_stack", 0, 0, SIGSEGV, "the foreign stack overflowed"},
        {"call_abort", 0, 0, SIGABRT, "the foreign code called abort"},
        {"call_exit", 0, 0, 0, "the foreign code called exit"},
        {"divide", 1, 0, SIGFPE, ""},
        {"execute_nothing", 0, 0, SIGILL, ""},
        {"hit_breakpoint", 0, 0, SIGTRAP, ""},
        {"call_address", 0x1234, 0, SIGSEGV, ""},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        enum og_error error = call_words(ways[i].function, NULL, ways[i].a, ways[i].b, 0, 0);
        if (error != OG_FAULTED)
            print_message("%s: %s\n", ways[i].function, fault.message);
        assert_int_equal(error, OG_FAULTED);
        assert_int_equal(fault.signal, ways[i].signal);
        if (ways[i].message[0])
            assert_string_equal(fault.message, ways[i].message);
        assert_works_after_reset();
    }
}

static void an_endless_loop_ends_at_the_deadline(void **state)
{
    (void)state;
    assert_int_equal(call_words("loop_forever", NULL, 0, 0, 0, 0), OG_DEADLINE);
    assert_works_after_reset();
}

static void an_exhausted_heap_is_null_inside(void **state)
{
    (void)state;
    long blocks = 0;
    assert_int_equal(call_words("exhaust_heap", &blocks, 0, 0, 0, 0), OG_OK);
    assert_true(blocks >= 60 && blocks < 130);
    assert_works_after_reset();
}

static void reset_brings_back_data_and_heap(void **state)
{
    (void)state;
    long result;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(call_words("count_up", &result, 0, 0, 0, 0), OG_OK);
        assert_int_equal(result, 101);
        assert_int_equal(call_words("count_per_thread", &result, 0, 0, 0, 0), OG_OK);
        assert_int_equal(result, 6);
        reset();
    }
}

static void bad_libraries_are_named_and_leave_no_domain(void **state)
{
    (void)state;
    struct og_domain *other;
    const struct og_options options = {.isolation = OG_MPK};
    take_signals_back();
    assert_int_equal(
        og_domain_open(&other, (const char *const[]){"libnone.so.9", NULL}, &options, &fault),
        OG_NOT_FOUND);
    assert_null(other);
    assert_string_equal(fault.symbol, "libnone.so.9");
    FILE *file = fopen("/tmp/libdamaged.so", "w");
    fwrite("\x7f"
           "ELF damaged",
           1, 12, file);
    fclose(file);
    assert_int_equal(
        og_domain_open(&other, (const char *const[]){"/tmp/libdamaged.so", NULL}, &options, &fault),
        OG_NOT_FOUND);
    assert_null(other);
}

static void a_library_with_a_forbidden_instruction_is_refused(void **state)
{
    (void)state;
    struct og_domain *other;
    const struct og_options options = {.isolation = OG_MPK};
    take_signals_back();
    char path[4200];
    snprintf(path, sizeof(path), "%s", library);
    memcpy(strrchr(path, '/'), "/libogforbidden.so", 19);
    assert_int_equal(og_domain_open(&other, (const char *const[]){path, NULL}, &options, &fault),
                     OG_FORBIDDEN);
    assert_string_equal(fault.message, "WRPKRU");
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_fail_ends_the_call_and_not_the_host),
        cmocka_unit_test(an_endless_loop_ends_at_the_deadline),
        cmocka_unit_test(an_exhausted_heap_is_null_inside),
        cmocka_unit_test(reset_brings_back_data_and_heap),
        cmocka_unit_test(bad_libraries_are_named_and_leave_no_domain),
        cmocka_unit_test(a_library_with_a_forbidden_instruction_is_refused),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
