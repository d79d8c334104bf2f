/* Upgrading: every reason for which a number is no reference. */
#include "../core/extent.h"
#include "cmocka-tests.h"
#include "fake-domain.h"

static struct fake_domain fake;
static struct og_scope scope;
static struct og_fault fault;

static int begin(void **state) OG_NO_ANALYSIS
{
    (void)state;
    fake_domain_open(&fake);
    og_scope_begin(&fake.domain, &scope);
    return 0;
}

static int end(void **state) OG_NO_ANALYSIS
{
    (void)state;
    og_scope_end(&scope);
    fake_domain_close(&fake);
    return 0;
}

/* What upgrading `count` aligned ints at `address` gives: OG_OK or the error. */
static enum og_error readable(uintptr_t address, size_t count) OG_NO_ANALYSIS
{
    const int og_ref *reference = og_upgrade(&scope.access, FOREIGN(int, address), count, &fault);
    if (reference)
        assert_int_equal(og_reference_address(reference), address);
    return reference ? OG_OK : fault.error;
}

static enum og_error writable(uintptr_t address, size_t count) OG_NO_ANALYSIS
{
    int og_mut *reference = og_upgrade_mut(&scope.access, FOREIGN(int, address), count, &fault);
    if (reference)
        assert_int_equal(og_writable_address(reference), address);
    return reference ? OG_OK : fault.error;
}

static void whole_regions_can_be_upgraded(void **state)
{
    (void)state;
    assert_int_equal(readable(fake.read_only, PART / sizeof(int)), OG_OK);
    assert_int_equal(readable(fake.data, PART / sizeof(int)), OG_OK);
    assert_int_equal(writable(fake.data, PART / sizeof(int)), OG_OK);
    assert_int_equal(writable(fake.heap, 2 * PART / sizeof(int)), OG_OK);
}

static void one_element_past_a_region_is_out_of_bounds(void **state)
{
    (void)state;
    assert_int_equal(readable(fake.read_only, PART / sizeof(int) + 1), OG_OUT_OF_BOUNDS);
    assert_int_equal(writable(fake.data + sizeof(int), PART / sizeof(int)), OG_OUT_OF_BOUNDS);
    assert_int_equal(writable(fake.heap, 2 * PART / sizeof(int) + 1), OG_OUT_OF_BOUNDS);
    assert_int_equal(writable(fake.end - sizeof(int), 1), OG_OK);
    assert_int_equal(writable(fake.end - sizeof(int), 2), OG_OUT_OF_BOUNDS);
    assert_int_equal(writable(fake.end, 1), OG_OUT_OF_BOUNDS);
}

static void one_element_before_a_region_is_out_of_bounds(void **state)
{
    (void)state;
    assert_int_equal(readable(fake.read_only - sizeof(int), 1), OG_OUT_OF_BOUNDS);
    assert_int_equal(readable(fake.data - sizeof(int), 1), OG_OUT_OF_BOUNDS);
    assert_int_equal(readable(fake.data - sizeof(int), 2), OG_OUT_OF_BOUNDS);
    assert_int_equal(readable(fake.heap - sizeof(int), 1), OG_OUT_OF_BOUNDS);
}

static void gap_and_host_memory_are_out_of_bounds(void **state)
{
    (void)state;
    int host = 0;
    static int host_static;
    assert_int_equal(readable(fake.read_only + PART, 1), OG_OUT_OF_BOUNDS);
    assert_int_equal(readable(fake.data + PART, 1), OG_OUT_OF_BOUNDS);
    assert_int_equal(readable((uintptr_t)&host, 1), OG_OUT_OF_BOUNDS);
    assert_int_equal(readable((uintptr_t)&host_static, 1), OG_OUT_OF_BOUNDS);
    assert_int_equal(readable((uintptr_t)&fake & ~(uintptr_t)3, 1), OG_OUT_OF_BOUNDS);
}

static void unused_allocation_stack_is_out_of_bounds(void **state) OG_NO_ANALYSIS
{
    (void)state;
    assert_int_equal(readable(fake.stack, 1), OG_OUT_OF_BOUNDS);
    int og_mut *memory = og_alloc(&scope, int, 2, &fault);
    assert_int_equal(writable(og_writable_address(memory), 2), OG_OK);
    assert_int_equal(writable(og_writable_address(memory) - sizeof(int), 1), OG_OUT_OF_BOUNDS);
}

static void range_over_two_regions_is_out_of_bounds(void **state)
{
    (void)state;
    assert_int_equal(readable(fake.read_only, 3 * PART / sizeof(int)), OG_OUT_OF_BOUNDS);
    assert_int_equal(readable(fake.data, 6 * PART / sizeof(int)), OG_OUT_OF_BOUNDS);
}

static void read_only_memory_cannot_be_upgraded_to_writable(void **state)
{
    (void)state;
    assert_int_equal(readable(fake.read_only, 1), OG_OK);
    assert_int_equal(writable(fake.read_only, 1), OG_OUT_OF_BOUNDS);
}

static void misaligned_pointer_is_refused(void **state) OG_NO_ANALYSIS
{
    (void)state;
    for (uintptr_t offset = 1; offset < sizeof(int); offset++) {
        assert_int_equal(readable(fake.data + offset, 1), OG_MISALIGNED);
        assert_int_equal(writable(fake.heap + offset, 1), OG_MISALIGNED);
    }
    assert_non_null(OG_PLAIN(og_upgrade(&scope.access, FOREIGN(char, fake.data + 1), 1, &fault)));
}

static void null_pointer_is_refused(void **state)
{
    (void)state;
    assert_int_equal(readable(0, 1), OG_NULL);
    assert_int_equal(readable(0, 0), OG_NULL);
}

static void count_that_overflows_is_refused(void **state)
{
    (void)state;
    assert_int_equal(readable(fake.heap, SIZE_MAX / sizeof(int) + 1), OG_OVERFLOW);
    assert_int_equal(readable(fake.heap, SIZE_MAX / 2), OG_OVERFLOW);
    /* (SIZE_MAX / 4 + 2) * 4 is 4 when it wraps: it must not look like one int. */
    assert_int_equal(readable(fake.heap, SIZE_MAX / sizeof(int) + 2), OG_OVERFLOW);
}

static void end_that_wraps_around_the_address_space_is_refused(void **state)
{
    (void)state;
    assert_int_equal(readable(UINTPTR_MAX - 7, 2), OG_OUT_OF_BOUNDS);
    assert_int_equal(readable(UINTPTR_MAX - 7, 4), OG_OUT_OF_BOUNDS);
    assert_int_equal(readable(fake.heap, SIZE_MAX / sizeof(int)), OG_OUT_OF_BOUNDS);
    assert_int_equal(readable(fake.data, SIZE_MAX / sizeof(int)), OG_OUT_OF_BOUNDS);
}

static void pointer_into_another_domain_is_out_of_bounds(void **state)
{
    (void)state;
    struct fake_domain other;
    fake_domain_open(&other);
    assert_int_equal(readable(other.data, 1), OG_OUT_OF_BOUNDS);
    assert_int_equal(readable(other.heap, 1), OG_OUT_OF_BOUNDS);
    fake_domain_close(&other);
}

static void reading_a_scope_may_upgrade_too(void **state) OG_NO_ANALYSIS
{
    (void)state;
    og_read_begin(&scope.access);
    assert_int_equal(readable(fake.data, 1), OG_OK);
    og_read_end(&scope.access);
}

static void every_region_of_many_is_found(void **state) OG_NO_ANALYSIS
{
    (void)state;
    enum { MANY = 500 };
    static struct og_region regions[MANY];
    for (size_t i = 0; i < MANY; i++)
        regions[i] = (struct og_region){0x10000 + i * 0x100, 0x10000 + i * 0x100 + 0x80, OG_READ};
    fake.domain.regions = regions;
    fake.domain.region_count = MANY;
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(readable(regions[i].start, 0x80 / sizeof(int)), OG_OK);
        assert_int_equal(readable(regions[i].end - sizeof(int), 1), OG_OK);
        assert_int_equal(readable(regions[i].end, 1), OG_OUT_OF_BOUNDS);
    }
    fake.domain.region_count = 0;
    assert_int_equal(readable(regions[0].start, 1), OG_OUT_OF_BOUNDS);
}

static void memory_in_a_gap_has_no_end(void **state)
{
    (void)state;
    assert_int_equal(og_memory_end(&fake.context, fake.data, OG_READ), fake.data + PART);
    assert_int_equal(og_memory_end(&fake.context, fake.data - 1, OG_READ), 0);
    assert_int_equal(og_memory_end(&fake.context, fake.data + PART, OG_READ), 0);
    assert_int_equal(og_memory_end(&fake.context, fake.read_only, OG_WRITE), 0);
    assert_int_equal(og_memory_end(&fake.context, fake.heap, OG_WRITE), fake.end);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(whole_regions_can_be_upgraded),
        TEST(one_element_past_a_region_is_out_of_bounds),
        TEST(one_element_before_a_region_is_out_of_bounds),
        TEST(gap_and_host_memory_are_out_of_bounds),
        TEST(unused_allocation_stack_is_out_of_bounds),
        TEST(range_over_two_regions_is_out_of_bounds),
        TEST(read_only_memory_cannot_be_upgraded_to_writable),
        TEST(misaligned_pointer_is_refused),
        TEST(null_pointer_is_refused),
        TEST(count_that_overflows_is_refused),
        TEST(end_that_wraps_around_the_address_space_is_refused),
        TEST(pointer_into_another_domain_is_out_of_bounds),
        TEST(reading_a_scope_may_upgrade_too),
        TEST(every_region_of_many_is_found),
        TEST(memory_in_a_gap_has_no_end),
    };
    return cmocka_run_group_tests_name("core-upgrade", tests, NULL, NULL);
}
