/* What crosses the gate of an MPK domain: arguments, results, callbacks. */
#include "mpk-test.h"

#include <stdlib.h>
#include <string.h>

static void all_kinds_of_arguments_and_results_cross_the_gate(void **state)
{
    (void)state;
    struct pair {
        long integer;
        double floating;
    } pair = {0, 0};
    struct og_scope scope;
    double mixed = 0;
    long double extended = 0;
    og_scope_begin(domain, &scope);
    assert_int_equal(
        CALL(scope, boxed("return_pair"), pair = AS(struct pair(*)(long, double))(41, 1.5)), OG_OK);
    assert_int_equal(pair.integer, 42);
    assert_true(pair.floating == 3.0);
    assert_int_equal(CALL(scope, boxed("mix"),
                          mixed = AS(double (*)(int, double, long, float, double))(1, 2, 3, 4, 5)),
                     OG_OK);
    assert_true(mixed == 54321.0);
    struct og_function returns_long_double = boxed("return_long_double");
    assert_int_equal(og_function_x87(&returns_long_double, 1, &fault), OG_OK);
    assert_int_equal(CALL(scope, returns_long_double, extended = AS(long double (*)(double))(2.5)),
                     OG_OK);
    assert_true(extended == 10.0L);

    struct og_function sum = boxed("sum_25");
    long total = 0;
    assert_int_equal(og_function_stack(&sum, 19 * sizeof(long), &fault), OG_OK);
    assert_int_equal(
        CALL(scope, sum,
             total = AS(long (*)(long, long, long, long, long, long, long, long, long, long, long,
                                 long, long, long, long, long, long, long, long, long, long, long,
                                 long, long, long))(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                                                    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25)),
        OG_OK);
    assert_int_equal(total, 5525);

    /* A variadic function of the domain's own libc. */
    char og_mut *text = og_alloc(&scope, char, 64, &fault);
    char og_mut *format = og_alloc(&scope, char, 16, &fault);
    assert_int_equal(og_write_array(&scope.access, format, "%d %.1f", 8, &fault), OG_OK);
    int written = 0;
    assert_int_equal(CALL(scope, boxed("sprintf"),
                          written = AS(int (*)(char *, const char *, ...))(
                              og_pass(text), og_pass(format), 12, 3.5)),
                     OG_OK);
    assert_int_equal(written, 6);
    char copy[7] = "";
    assert_int_equal(og_read_array(&scope.access, text, copy, 6, &fault), OG_OK);
    assert_string_equal(copy, "12 3.5");
    og_scope_end(&scope);
}

struct big {
    long words[9];
};

static void large_and_rare_types_cross_the_gate(void **state)
{
    (void)state;
    struct og_scope scope;
    struct big big = {{1, 2, 3, 4, 5, 6, 7, 8, 9}}, copy;
    og_scope_begin(domain, &scope);

    /* In memory: the caller passes where, and that must be the domain's. */
    struct big og_mut *place = og_alloc(&scope, struct big, 1, &fault);
    void *returned = NULL;
    assert_int_equal(
        CALL(scope, boxed("return_big"), returned = AS(void *(*)(void *, long))(og_pass(place), 7)),
        OG_OK);
    assert_ptr_equal(returned, (void *)og_writable_address(place));
    assert_int_equal(og_read_array(&scope.access, (long og_mut *)place, copy.words, 9, &fault),
                     OG_OK);
    for (int i = 0; i < 9; i++)
        assert_int_equal(copy.words[i], 7 + i);

    struct og_function take_big = boxed("take_big");
    long sum = 0;
    assert_int_equal(og_function_stack(&take_big, sizeof(struct big), &fault), OG_OK);
    assert_int_equal(CALL(scope, take_big, sum = AS(long (*)(long, struct big, long))(3, big, 5)),
                     OG_OK);
    assert_int_equal(sum, 3000 + 500000 + 285);

    unsigned __int128 wide = 0;
    assert_int_equal(CALL(scope, boxed("multiply_wide"),
                          wide = AS(unsigned __int128 (*)(uint64_t, uint64_t))(UINT64_MAX, 10)),
                     OG_OK);
    assert_true(wide == (unsigned __int128)UINT64_MAX * 10);

    float _Complex turned = 0;
    assert_int_equal(
        CALL(scope, boxed("turn"), turned = AS(float _Complex (*)(float _Complex))(2.0F + 3.0iF)),
        OG_OK);
    assert_true(turned == -3.0F + 2.0iF);

    /* Two results on the x87 stack, and their arguments on the other. */
    struct og_function complex = boxed("return_complex");
    _Complex long double value = 0;
    assert_int_equal(og_function_stack(&complex, 2 * sizeof(long double), &fault), OG_OK);
    assert_int_equal(og_function_x87(&complex, 2, &fault), OG_OK);
    for (int i = 0; i < 20; i++)
        assert_int_equal(
            CALL(scope, complex,
                 value = AS(_Complex long double (*)(long double, long double))(1.5L, 0.25L)),
            OG_OK);
    assert_true(value == 2.5L + 0.5iL);
    assert_int_equal(og_function_x87(&complex, 3, &fault), OG_BAD_ARGUMENT);
    og_scope_end(&scope);
}

/* Of the x87 registers, by which the processor knows those that hold a value. */
static unsigned x87_tags(void)
{
    struct {
        uint32_t control, status, tags, rest[4];
    } environment;
    __asm__ volatile("fnstenv %0\n\tfldenv %0" : "+m"(environment));
    return environment.tags & 0xffff;
}

/* Called as if they returned nothing: what they return is still there then. */
static void results_on_the_x87_stack_are_values_for_the_processor(void **state)
{
    (void)state;
    struct og_scope scope;
    struct og_function one = boxed("return_long_double"), two = boxed("return_complex");
    unsigned tags = 0;
    assert_int_equal(og_function_x87(&one, 1, &fault), OG_OK);
    assert_int_equal(og_function_stack(&two, 2 * sizeof(long double), &fault), OG_OK);
    assert_int_equal(og_function_x87(&two, 2, &fault), OG_OK);
    og_scope_begin(domain, &scope);
    assert_int_equal(CALL(scope, one, (AS(void (*)(double))(2.5), tags = x87_tags())), OG_OK);
    __asm__ volatile("fninit");
    assert_int_equal(tags, 0x3fff);
    assert_int_equal(
        CALL(scope, two, (AS(void (*)(long double, long double))(1.5L, 0.25L), tags = x87_tags())),
        OG_OK);
    __asm__ volatile("fninit");
    assert_int_equal(tags, 0x0fff);
    og_scope_end(&scope);
}

/* --- callbacks --- */

static long callback_calls;

static void multiply(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                     struct og_result *result)
{
    (void)scope;
    callback_calls++;
    result->integer = arguments->integers[0] * arguments->integers[1] + (uintptr_t)user +
                      (uintptr_t)arguments->floats[0];
}

static void call_again(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                       struct og_result *result) OG_REQUIRES(scope->access);
static void call_again(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                       struct og_result *result)
{
    struct og_callback *inner = user;
    long value = 0;
    if (CALL(*scope, boxed("call_back"),
             value = AS(long (*)(uintptr_t, long, long, double))(
                 inner->address, (long)arguments->integers[0], 2, 0.5)) == OG_OK)
        result->integer = (uintptr_t)value + 1;
}

static void fault_inside(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                         struct og_result *result) OG_REQUIRES(scope->access);
static void fault_inside(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                         struct og_result *result)
{
    (void)user;
    (void)arguments;
    result->integer =
        CALL(*scope, boxed("execute_nothing"), AS(void (*)(void))()) == OG_FAULTED ? 1 : 0;
}

static void callbacks_reach_the_host_and_nest(void **state)
{
    (void)state;
    struct og_callback simple, nested;
    struct og_scope scope;
    long value = 0;
    assert_int_equal(og_callback_open(domain, &simple, multiply, (void *)1000, &fault), OG_OK);
    assert_int_equal(og_callback_open(domain, &nested, call_again, &simple, &fault), OG_OK);
    og_scope_begin(domain, &scope);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(
            CALL(scope, boxed("call_back"),
                 value = AS(long (*)(uintptr_t, long, long, double))(simple.address, 6, 7, 3.0)),
            OG_OK);
        assert_int_equal(value, 1045);
        assert_int_equal(
            CALL(scope, boxed("call_back"),
                 value = AS(long (*)(uintptr_t, long, long, double))(nested.address, 6, 7, 3.0)),
            OG_OK);
        assert_int_equal(value, 1013);
    }
    og_scope_end(&scope);
    og_callback_close(&nested);
    og_callback_close(&simple);
    assert_int_equal(callback_calls, 200);
}

static void a_closed_callback_is_a_fault(void **state)
{
    (void)state;
    struct og_callback simple;
    assert_int_equal(og_callback_open(domain, &simple, multiply, NULL, &fault), OG_OK);
    long address = (long)simple.address;
    og_callback_close(&simple);
    assert_int_equal(call_words("call_address", NULL, address, 0, 0, 0), OG_FAULTED);
    assert_works_after_reset();
}

static void reset_closes_callbacks(void **state)
{
    (void)state;
    struct og_callback simple;
    assert_int_equal(og_callback_open(domain, &simple, multiply, NULL, &fault), OG_OK);
    long address = (long)simple.address;
    assert_int_equal(call_words("call_address", NULL, address, 0, 0, 0), OG_OK);
    reset();
    assert_int_equal(call_words("call_address", NULL, address, 0, 0, 0), OG_FAULTED);
    og_callback_close(&simple);
    assert_works_after_reset();
}

static void a_fault_in_a_nested_call_ends_the_outer_call_too(void **state)
{
    (void)state;
    struct og_callback callback;
    assert_int_equal(og_callback_open(domain, &callback, fault_inside, NULL, &fault), OG_OK);
    assert_int_equal(call_words("call_back", NULL, (long)callback.address, 1, 2, 0), OG_FAULTED);
    og_callback_close(&callback);
    assert_works_after_reset();
}

static void what_ends_in_a_callback_does_not_go_on(void **state)
{
    (void)state;
    struct og_callback callback;
    void og_foreign *data;
    assert_int_equal(og_domain_lookup_data(domain, "went_on", &data, &fault), OG_OK);
    const volatile long *went_on = (const long *)og_foreign_address(data);
    assert_int_equal(og_callback_open(domain, &callback, fault_inside, NULL, &fault), OG_OK);
    assert_int_equal(call_words("call_back_and_go_on", NULL, (long)callback.address, 0, 0, 0),
                     OG_FAULTED);
    assert_int_equal(*went_on, 0);
    og_callback_close(&callback);
    assert_works_after_reset();
}

static void write_inside(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                         struct og_result *result) OG_REQUIRES(scope->access);
static void write_inside(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                         struct og_result *result)
{
    long (*function)(void);
    (void)arguments, (void)result;
    *(enum og_error *)user = CALL(
        *scope, boxed("write_all_over_the_stack"), function = AS(long (*)(void)); (void)function());
}

static void a_call_in_a_callback_leaves_the_outer_ones_stack(void **state)
{
    (void)state;
    struct og_callback callback;
    enum og_error inner = OG_FAULTED;
    long changed = -1;
    assert_int_equal(og_callback_open(domain, &callback, write_inside, &inner, &fault), OG_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            call_words("call_back_and_go_on", &changed, (long)callback.address, 0, 0, 0), OG_OK);
        assert_int_equal(inner, OG_OK);
        assert_int_equal(changed, 0);
    }
    og_callback_close(&callback);
    reset();
}

/* As without a domain: the C library is told how much memory there is to sort in. */
static void a_sort_keeps_the_order_of_equals(void **state)
{
    (void)state;
    long result = 0;
    reset();
    assert_int_equal(call_words("sort_keeps_order", &result, 0, 0, 0, 0), OG_OK);
    assert_int_equal(result, 1);
    assert_int_equal(call_words("memory_of_machine", &result, 0, 0, 0, 0), OG_OK);
    assert_true(result >= 64L << 20 && result < 64L << 30);
}

/* What a function is called by is kept for as long as the domain. */
static void a_function_that_is_elsewhere_each_time_is_looked_up_once(void **state)
{
    (void)state;
    enum { TIMES = 5000 };
    struct og_function first = boxed("is_elsewhere"), function;
    for (int i = 0; i < TIMES; i++) {
        assert_int_equal(og_domain_lookup(domain, "is_elsewhere", &function, &fault), OG_OK);
        assert_ptr_equal(function.entry, first.entry);
    }
    assert_int_equal(call_words("execute_nothing", NULL, 0, 0, 0, 0), OG_FAULTED);
    assert_int_equal(og_domain_lookup(domain, "is_elsewhere", &function, &fault), OG_POISONED);
    reset();
    assert_ptr_equal(boxed("is_elsewhere").entry, first.entry);
    assert_int_equal(og_domain_lookup(domain, "is_nowhere", &function, &fault), OG_NOT_FOUND);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_that_is_elsewhere_each_time_is_looked_up_once),
        cmocka_unit_test(all_kinds_of_arguments_and_results_cross_the_gate),
        cmocka_unit_test(a_sort_keeps_the_order_of_equals),
        cmocka_unit_test(large_and_rare_types_cross_the_gate),
        cmocka_unit_test(results_on_the_x87_stack_are_values_for_the_processor),
        cmocka_unit_test(callbacks_reach_the_host_and_nest),
        cmocka_unit_test(a_closed_callback_is_a_fault),
        cmocka_unit_test(reset_closes_callbacks),
        cmocka_unit_test(what_ends_in_a_callback_does_not_go_on),
        cmocka_unit_test(a_call_in_a_callback_leaves_the_outer_ones_stack),
        cmocka_unit_test(a_fault_in_a_nested_call_ends_the_outer_call_too),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
