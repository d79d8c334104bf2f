/* Scopes: what they allow, when, and that allocations die with them. The static analysis is
 * off here on purpose: these are the mistakes it would refuse, and the dynamic checks have
 * to refuse as well. */
#include "cmocka-tests.h"
#include "fake-domain.h"

#include <errno.h>
#include <stdlib.h>

static struct fake_domain fake;
static struct og_fault fault;

static int open_fake(void **state)
{
    (void)state;
    fake_domain_open(&fake);
    return 0;
}

static int close_fake(void **state)
{
    (void)state;
    fake_domain_close(&fake);
    return 0;
}

static void allocations_are_aligned_zeroed_and_disjoint(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope;
    memset((void *)fake.stack, 0xAA, 2 * PART);
    og_scope_begin(&fake.domain, &scope);
    char og_mut *bytes = og_alloc(&scope, char, 13, &fault);
    double og_mut *numbers = og_alloc(&scope, double, 3, &fault);
    void og_mut *page = og_alloc_bytes(&scope, 1, 100, 4096, &fault);
    assert_non_null(OG_PLAIN(bytes));
    assert_int_equal(og_writable_address(numbers) % _Alignof(double), 0);
    assert_int_equal(og_writable_address(page) % 4096, 0);
    assert_true(og_writable_address(numbers) + 3 * sizeof(double) <= og_writable_address(bytes));
    assert_true(og_writable_address(page) + 100 <= og_writable_address(numbers));
    for (int i = 0; i < 13; i++)
        assert_int_equal(AS_FOREIGN_CODE(char, og_writable_address(bytes) + (uintptr_t)i), 0);
    og_scope_end(&scope);
}

static void dirty_allocations_are_not_zeroed(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope;
    memset((void *)fake.stack, 0xAA, 2 * PART);
    og_scope_begin(&fake.domain, &scope);
    unsigned char og_mut *bytes = og_alloc_dirty(&scope, unsigned char, 8, &fault);
    assert_int_equal(AS_FOREIGN_CODE(unsigned char, og_writable_address(bytes)), 0xAA);
    og_scope_end(&scope);
}

static void ending_a_scope_frees_its_allocations_only(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope outer, inner;
    og_scope_begin(&fake.domain, &outer);
    int og_mut *kept = og_alloc(&outer, int, 1, &fault);
    og_scope_begin(&fake.domain, &inner);
    int og_mut *dead = og_alloc(&inner, int, 1, &fault);
    assert_int_equal(og_write(&inner.access, dead, 1, &fault), OG_OK);
    assert_int_equal(og_write(&inner.access, kept, 2, &fault), OG_OK);
    og_scope_end(&inner);
    assert_int_equal(og_write(&outer.access, kept, 3, &fault), OG_OK);
    og_scope_end(&outer);
    assert_int_equal(fake.context.live_start, fake.heap);
}

static void reference_kept_past_its_scope_is_refused(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope outer, inner;
    int value = 0;
    og_scope_begin(&fake.domain, &outer);
    og_scope_begin(&fake.domain, &inner);
    int og_mut *dead = og_alloc(&inner, int, 1, &fault);
    og_scope_end(&inner);
    assert_int_equal(og_write(&outer.access, dead, 1, &fault), OG_OUT_OF_BOUNDS);
    assert_int_equal(og_read(&outer.access, dead, &value, &fault), OG_OUT_OF_BOUNDS);
    og_read_begin(&outer.access);
    assert_null(OG_PLAIN(og_validate_range(&outer.access, dead, 0, 1, &fault)));
    assert_int_equal(fault.error, OG_OUT_OF_BOUNDS);
    og_read_end(&outer.access);
    og_scope_end(&outer);
}

static void ended_scope_is_refused_everywhere(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope;
    struct og_function function = {&fake.domain, NULL};
    int value = 0;
    og_scope_begin(&fake.domain, &scope);
    int og_mut *data = og_upgrade_mut(&scope.access, FOREIGN(int, fake.data), 1, &fault);
    assert_non_null(OG_PLAIN(data));
    og_scope_end(&scope);
    assert_int_equal(og_write(&scope.access, data, 1, &fault), OG_SCOPE);
    assert_int_equal(og_read(&scope.access, data, &value, &fault), OG_SCOPE);
    assert_int_equal(og_invoke_begin(&scope.access, &function, &fault), OG_SCOPE);
    assert_null(OG_PLAIN(og_alloc(&scope, int, 1, &fault)));
    assert_int_equal(fault.error, OG_SCOPE);
    assert_null(OG_PLAIN(og_upgrade(&scope.access, FOREIGN(int, fake.data), 1, &fault)));
    assert_int_equal(fault.error, OG_SCOPE);
    og_read_begin(&scope.access);
    assert_null(OG_PLAIN(og_validate_array(&scope.access, data, 1, &fault)));
    assert_int_equal(fault.error, OG_SCOPE);
    og_read_end(&scope.access);
    og_scope_end(&scope);
    assert_int_equal(fake.context.depth, 0);
}

static void outer_scope_is_refused_while_an_inner_one_is_open(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope outer, inner;
    struct og_function function = {&fake.domain, NULL};
    og_scope_begin(&fake.domain, &outer);
    int og_mut *data = og_alloc(&outer, int, 1, &fault);
    og_scope_begin(&fake.domain, &inner);
    assert_int_equal(og_write(&outer.access, data, 1, &fault), OG_SCOPE);
    assert_int_equal(og_invoke_begin(&outer.access, &function, &fault), OG_SCOPE);
    assert_null(OG_PLAIN(og_alloc(&outer, int, 1, &fault)));
    og_scope_end(&inner);
    assert_int_equal(og_write(&outer.access, data, 1, &fault), OG_OK);
    og_scope_end(&outer);
}

static void ending_an_outer_scope_ends_the_inner_ones(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope outer, inner;
    og_scope_begin(&fake.domain, &outer);
    og_scope_begin(&fake.domain, &inner);
    og_scope_end(&outer);
    assert_null(OG_PLAIN(og_alloc(&inner, int, 1, &fault)));
    assert_int_equal(fault.error, OG_SCOPE);
    og_scope_end(&inner);
    assert_int_equal(fake.context.depth, 0);
}

static void writing_while_a_value_is_read_is_refused(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope;
    og_scope_begin(&fake.domain, &scope);
    int og_mut *data = og_alloc(&scope, int, 1, &fault);
    og_read_begin(&scope.access);
    assert_int_equal(og_write(&scope.access, data, 1, &fault), OG_BORROWED);
    assert_null(OG_PLAIN(og_alloc(&scope, int, 1, &fault)));
    assert_int_equal(fault.error, OG_BORROWED);
    og_read_end(&scope.access);
    assert_int_equal(og_write(&scope.access, data, 1, &fault), OG_OK);
    og_scope_end(&scope);
}

static void invoking_while_a_value_is_read_is_refused(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope;
    struct og_function function = {&fake.domain, NULL};
    og_scope_begin(&fake.domain, &scope);
    og_read_begin(&scope.access);
    assert_int_equal(og_invoke_begin(&scope.access, &function, &fault), OG_BORROWED);
    og_read_end(&scope.access);
    assert_int_equal(og_invoke_begin(&scope.access, &function, &fault), OG_OK);
    og_scope_end(&scope);
}

static void scope_begun_while_a_value_is_read_is_born_ended(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope, inner;
    og_scope_begin(&fake.domain, &scope);
    og_read_begin(&scope.access);
    og_scope_begin(&fake.domain, &inner);
    assert_null(OG_PLAIN(og_alloc(&inner, int, 1, &fault)));
    assert_int_equal(fault.error, OG_SCOPE);
    og_scope_end(&inner);
    assert_ptr_equal(fake.context.shared, &scope.access);
    og_read_end(&scope.access);
    og_scope_end(&scope);
}

static void validating_outside_a_read_section_is_refused(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope;
    og_scope_begin(&fake.domain, &scope);
    int og_mut *data = og_alloc(&scope, int, 1, &fault);
    assert_null(OG_PLAIN(og_validate_array(&scope.access, data, 1, &fault)));
    assert_int_equal(fault.error, OG_NOT_READING);
    og_scope_end(&scope);
}

static void validated_value_is_gone_after_its_read_section(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope;
    og_scope_begin(&fake.domain, &scope);
    int og_mut *data = og_alloc(&scope, int, 1, &fault);
    assert_int_equal(og_write(&scope.access, data, 7, &fault), OG_OK);
    og_read_begin(&scope.access);
    const int og_valid *value = og_validate_range(&scope.access, data, 0, 9, &fault);
    assert_int_equal(og_value(&scope.access, value), 7);
    assert_ptr_equal(og_get(&scope.access, value), OG_PLAIN(data));
    og_read_end(&scope.access);
    assert_int_equal(og_value(&scope.access, value), 0);
    assert_null(og_get(&scope.access, value));
    og_scope_end(&scope);
}

static void function_of_another_domain_is_refused(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct fake_domain other;
    fake_domain_open(&other);
    struct og_scope scope;
    struct og_function function = {&other.domain, NULL};
    og_scope_begin(&fake.domain, &scope);
    assert_int_equal(og_invoke_begin(&scope.access, &function, &fault), OG_WRONG_DOMAIN);
    og_scope_end(&scope);
    fake_domain_close(&other);
}

static void poisoned_call_returns_its_reason(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope;
    og_scope_begin(&fake.domain, &scope);
    assert_int_equal(og_invoke_end(&scope.access, &fault), OG_OK);
    og_fail(&fake.context.fault, OG_FAULTED, "inflate", 0x1234, NULL);
    fake.context.poisoned = OG_FAULTED;
    assert_int_equal(og_invoke_end(&scope.access, &fault), OG_FAULTED);
    assert_int_equal(fault.address, 0x1234);
    assert_string_equal(fault.symbol, "inflate");
    og_scope_end(&scope);
}

static void allocating_more_than_there_is_fails_and_changes_nothing(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope;
    og_scope_begin(&fake.domain, &scope);
    assert_null(OG_PLAIN(og_alloc(&scope, char, 2 * PART + 1, &fault)));
    assert_int_equal(fault.error, OG_NO_MEMORY);
    assert_null(OG_PLAIN(og_alloc(&scope, char, SIZE_MAX, &fault)));
    assert_int_equal(fault.error, OG_NO_MEMORY);
    assert_null(OG_PLAIN(og_alloc(&scope, double, SIZE_MAX / 4, &fault)));
    assert_int_equal(fault.error, OG_OVERFLOW);
    assert_null(OG_PLAIN(og_alloc_bytes(&scope, 1, 8, SIZE_MAX / 2 + 1, &fault)));
    assert_int_equal(fault.error, OG_NO_MEMORY);
    assert_int_equal(fake.context.live_start, fake.heap);
    assert_non_null(OG_PLAIN(og_alloc(&scope, char, 2 * PART, &fault)));
    assert_null(OG_PLAIN(og_alloc(&scope, char, 1, &fault)));
    og_scope_end(&scope);
}

static void scope_begun_again_while_open_starts_anew(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope, inner;
    og_scope_begin(&fake.domain, &scope);
    int og_mut *old = og_alloc(&scope, int, 1, &fault);
    og_scope_begin(&fake.domain, &inner);
    og_read_begin(&inner.access);
    og_scope_begin(&fake.domain, &scope);
    assert_int_equal(og_write(&scope.access, old, 1, &fault), OG_OUT_OF_BOUNDS);
    assert_null(OG_PLAIN(og_alloc(&inner, int, 1, &fault)));
    og_scope_end(&inner);
    assert_non_null(OG_PLAIN(og_alloc(&scope, int, 1, &fault)));
    og_scope_end(&scope);
    assert_int_equal(fake.context.depth, 0);
    assert_int_equal(fake.context.live_start, fake.heap);
}

static void scope_left_open_in_memory_that_is_gone_is_not_touched(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope outer;
    struct og_scope *forgotten = malloc(sizeof(*forgotten));
    assert_non_null(forgotten);
    og_scope_begin(&fake.domain, &outer);
    og_scope_begin(&fake.domain, forgotten);
    free(forgotten);
    og_scope_end(&outer);
    assert_int_equal(fake.context.depth, 0);
    og_scope_begin(&fake.domain, &outer);
    assert_non_null(OG_PLAIN(og_alloc(&outer, int, 1, &fault)));
    og_scope_end(&outer);
}

static void scope_nested_too_deeply_is_born_ended(void **state) OG_NO_ANALYSIS
{
    (void)state;
    static struct og_scope scopes[OG_SCOPE_DEPTH + 1];
    for (size_t i = 0; i <= OG_SCOPE_DEPTH; i++)
        og_scope_begin(&fake.domain, &scopes[i]);
    assert_null(OG_PLAIN(og_alloc(&scopes[OG_SCOPE_DEPTH], int, 1, &fault)));
    assert_int_equal(fault.error, OG_SCOPE);
    assert_non_null(OG_PLAIN(og_alloc(&scopes[OG_SCOPE_DEPTH - 1], int, 1, &fault)));
    og_scope_end(&scopes[OG_SCOPE_DEPTH]);
    og_scope_end(&scopes[0]);
    assert_int_equal(fake.context.depth, 0);
}

static void call_whose_scope_ended_meanwhile_is_an_error(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope;
    struct og_function function = {&fake.domain, NULL};
    og_scope_begin(&fake.domain, &scope);
    assert_int_equal(og_invoke_begin(&scope.access, &function, &fault), OG_OK);
    og_scope_end(&scope);
    assert_int_equal(og_invoke_end(&scope.access, &fault), OG_SCOPE);
    assert_int_equal(fault.error, OG_SCOPE);
}

static void poisoned_domain_refuses_the_next_call(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope;
    struct og_function function = {&fake.domain, NULL};
    og_scope_begin(&fake.domain, &scope);
    fake.context.poisoned =
        og_fail(&fake.context.fault, OG_FAULTED, "inflate", 0x1234, "a wild write");
    assert_int_equal(og_invoke_begin(&scope.access, &function, &fault), OG_POISONED);
    assert_int_equal(fault.error, OG_POISONED);
    assert_string_equal(fault.symbol, "inflate");
    og_scope_end(&scope);
}

static void callback_can_end_neither_its_scope_nor_the_outer_ones(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope outer, own, inner;
    og_scope_begin(&fake.domain, &outer);
    int og_mut *kept = og_alloc(&outer, int, 1, &fault);
    size_t enclosing = og_callback_scope_begin(&fake.context, &own);
    /* The callback misbehaves: */
    og_scope_end(&own);
    og_scope_end(&outer);
    og_scope_begin(&fake.domain, &outer);
    og_read_begin(&outer.access);
    assert_int_equal(og_write(&outer.access, kept, 1, &fault), OG_SCOPE);
    assert_int_equal(og_write(&own.access, kept, 1, &fault), OG_OK);
    og_scope_begin(&fake.domain, &inner);
    og_read_begin(&inner.access);
    og_callback_scope_end(&fake.context, &own, enclosing);
    /* and foreign code goes on: nobody reads, and the outer scope is as it was. */
    assert_null(fake.context.shared);
    assert_int_equal(og_write(&own.access, kept, 1, &fault), OG_SCOPE);
    assert_int_equal(og_write(&outer.access, kept, 1, &fault), OG_OK);
    og_scope_end(&outer);
    assert_int_equal(fake.context.depth, 0);
}

/* Another thread that asks to reset or close the domain is refused, as this one is inside; what
 * is inside goes on meanwhile. */
static void only_outermost_scopes_wait_for_who_resets_the_domain(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope outer, inner, own;
    fake.context.shut = 1;
    og_scope_begin(&fake.domain, &outer);
    assert_null(OG_PLAIN(og_alloc(&outer, int, 1, &fault)));
    assert_int_equal(fault.error, OG_SCOPE);
    fake.context.shut = 0;
    og_scope_begin(&fake.domain, &outer);
    fake.context.shut = 1;
    size_t enclosing = og_callback_scope_begin(&fake.context, &own);
    assert_non_null(OG_PLAIN(og_alloc(&own, int, 1, &fault)));
    og_scope_begin(&fake.domain, &inner);
    assert_non_null(OG_PLAIN(og_alloc(&inner, int, 1, &fault)));
    og_scope_end(&inner);
    og_callback_scope_end(&fake.context, &own, enclosing);
    og_scope_end(&outer);
    assert_int_equal(fake.context.depth, 0);
}

static void callback_that_refuses_ends_the_call_with_its_reason(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope outer, own;
    struct og_fault reason;
    const struct og_function function = {.domain = &fake.domain};
    og_fail(&reason, OG_CONTRACT, "shape", 0, NULL);
    og_scope_begin(&fake.domain, &outer);
    size_t enclosing = og_callback_scope_begin(&fake.context, &own);
    og_callback_refuse(&own, &reason);
    og_fail(&reason, OG_INVALID, "another", 0, NULL);
    og_callback_refuse(&own, &reason); /* the first reason stays */
    og_callback_scope_end(&fake.context, &own, enclosing);
    assert_int_equal(og_invoke_end(&outer.access, &fault), OG_CONTRACT);
    assert_string_equal(fault.symbol, "shape");
    assert_int_equal(og_invoke_begin(&outer.access, &function, &fault), OG_POISONED);
    og_scope_end(&outer);
}

static void callback_nested_too_deeply_cannot_use_the_outer_scope(void **state) OG_NO_ANALYSIS
{
    (void)state;
    static struct og_scope scopes[OG_SCOPE_DEPTH];
    struct og_scope own;
    for (size_t i = 0; i < OG_SCOPE_DEPTH; i++)
        og_scope_begin(&fake.domain, &scopes[i]);
    struct og_scope *outer = &scopes[OG_SCOPE_DEPTH - 1];
    size_t enclosing = og_callback_scope_begin(&fake.context, &own);
    og_scope_end(&own);
    og_scope_end(outer);
    assert_null(OG_PLAIN(og_alloc(&own, int, 1, &fault)));
    assert_null(OG_PLAIN(og_alloc(outer, int, 1, &fault)));
    assert_int_equal(fault.error, OG_SCOPE);
    og_callback_scope_end(&fake.context, &own, enclosing);
    assert_non_null(OG_PLAIN(og_alloc(outer, int, 1, &fault)));
    og_scope_end(&scopes[0]);
    assert_int_equal(fake.context.depth, 0);
}

static void every_error_has_a_name_and_a_text(void **state)
{
    (void)state;
    for (int error = 0; error < OG_ERROR_COUNT; error++) {
        assert_non_null(og_error_name((enum og_error)error));
        assert_non_null(og_error_text((enum og_error)error));
    }
    assert_string_equal(og_error_name(OG_ERROR_COUNT), "OG_?");
    assert_string_equal(og_error_name((enum og_error) - 1), "OG_?");
    char text[300];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    og_fail(&fault, OG_INVALID, text, 1, text);
    assert_int_equal(strlen(fault.symbol), sizeof(fault.symbol) - 1);
    assert_int_equal(strlen(fault.message), sizeof(fault.message) - 1);
    assert_int_equal(og_fail(NULL, OG_INVALID, NULL, 0, NULL), OG_INVALID);
    assert_int_equal(og_fail_system(&fault, 13, "zlib", 1, NULL), OG_SYSTEM);
    assert_int_equal(fault.error, OG_SYSTEM);
    assert_int_equal(fault.system_error, 13);
    assert_int_equal(og_fail_system(NULL, 13, NULL, 0, NULL), OG_SYSTEM);
    assert_int_equal(og_fail_system(&fault, ENOMEM, "zlib", 1, NULL), OG_NO_MEMORY);
    assert_int_equal(fault.error, OG_NO_MEMORY);
    assert_int_equal(fault.system_error, ENOMEM);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)
    const struct CMUnitTest tests[] = {
        TEST(allocations_are_aligned_zeroed_and_disjoint),
        TEST(dirty_allocations_are_not_zeroed),
        TEST(ending_a_scope_frees_its_allocations_only),
        TEST(reference_kept_past_its_scope_is_refused),
        TEST(ended_scope_is_refused_everywhere),
        TEST(outer_scope_is_refused_while_an_inner_one_is_open),
        TEST(ending_an_outer_scope_ends_the_inner_ones),
        TEST(writing_while_a_value_is_read_is_refused),
        TEST(invoking_while_a_value_is_read_is_refused),
        TEST(scope_begun_while_a_value_is_read_is_born_ended),
        TEST(validating_outside_a_read_section_is_refused),
        TEST(validated_value_is_gone_after_its_read_section),
        TEST(function_of_another_domain_is_refused),
        TEST(poisoned_call_returns_its_reason),
        TEST(allocating_more_than_there_is_fails_and_changes_nothing),
        TEST(scope_begun_again_while_open_starts_anew),
        TEST(scope_left_open_in_memory_that_is_gone_is_not_touched),
        TEST(scope_nested_too_deeply_is_born_ended),
        TEST(call_whose_scope_ended_meanwhile_is_an_error),
        TEST(poisoned_domain_refuses_the_next_call),
        TEST(callback_can_end_neither_its_scope_nor_the_outer_ones),
        TEST(only_outermost_scopes_wait_for_who_resets_the_domain),
        TEST(callback_that_refuses_ends_the_call_with_its_reason),
        TEST(callback_nested_too_deeply_cannot_use_the_outer_scope),
        TEST(every_error_has_a_name_and_a_text),
    };
    return cmocka_run_group_tests_name("core-scope", tests, NULL, NULL);
}
