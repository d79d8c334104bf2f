/* Writing to foreign memory and copying numbers out of it. */
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

struct pair {
    char letter;
    long number;
    char *text;
};

static void numbers_and_structs_arrive(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct pair og_mut *pair = og_alloc(&scope, struct pair, 1, &fault);
    struct pair value = {'x', -5, NULL};
    long number = 0;
    assert_int_equal(og_write(&scope.access, pair, value, &fault), OG_OK);
    assert_int_equal(og_write(&scope.access, &pair->letter, 'y', &fault), OG_OK);
    assert_int_equal(og_read(&scope.access, &pair->number, &number, &fault), OG_OK);
    assert_int_equal(number, -5);
    assert_int_equal(AS_FOREIGN_CODE(char, og_writable_address(pair)), 'y');
}

static void arrays_arrive_and_come_back(void **state) OG_NO_ANALYSIS
{
    (void)state;
    const int values[3] = {1, 2, 3};
    int copies[3] = {0};
    int og_mut *array = og_alloc(&scope, int, 3, &fault);
    assert_int_equal(og_write_array(&scope.access, array, values, 3, &fault), OG_OK);
    assert_int_equal(og_read_array(&scope.access, array, copies, 3, &fault), OG_OK);
    assert_memory_equal(values, copies, sizeof(values));
}

static void references_are_written_and_pointers_read(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct pair og_mut *pair = og_alloc(&scope, struct pair, 1, &fault);
    char og_mut *text = og_alloc(&scope, char, 10, &fault);
    char og_foreign *read_back = NULL;
    assert_int_equal(og_write_reference(&scope.access, &pair->text, text, &fault), OG_OK);
    assert_int_equal(og_read_pointer(&scope.access, &pair->text, &read_back, &fault), OG_OK);
    assert_int_equal(og_foreign_address(read_back), og_writable_address(text));
}

static void array_past_the_end_is_refused_whole(void **state) OG_NO_ANALYSIS
{
    (void)state;
    static const int values[2 * PART / sizeof(int) + 1] = {1};
    int og_mut *heap = og_upgrade_mut(&scope.access, FOREIGN(int, fake.heap), 1, &fault);
    size_t fits = 2 * PART / sizeof(int);
    assert_int_equal(og_write_array(&scope.access, heap, values, fits + 1, &fault),
                     OG_OUT_OF_BOUNDS);
    assert_int_equal(AS_FOREIGN_CODE(int, fake.heap), 0);
    assert_int_equal(og_write_array(&scope.access, heap, values, fits, &fault), OG_OK);
    assert_int_equal(og_write_array(&scope.access, heap, values, SIZE_MAX / 2, &fault),
                     OG_OVERFLOW);
}

static void reading_past_the_end_is_refused(void **state) OG_NO_ANALYSIS
{
    (void)state;
    int copies[2] = {0};
    int og_mut *last = (int og_mut *)(fake.end - sizeof(int));
    assert_int_equal(og_read_array(&scope.access, last, copies, 1, &fault), OG_OK);
    assert_int_equal(og_read_array(&scope.access, last, copies, 2, &fault), OG_OUT_OF_BOUNDS);
    assert_int_equal(og_read_array(&scope.access, last, copies, SIZE_MAX / 2, &fault), OG_OVERFLOW);
}

static void no_elements_need_no_host_memory(void **state) OG_NO_ANALYSIS
{
    (void)state;
    const int *nothing = NULL;
    int *nowhere = NULL;
    int og_mut *array = og_alloc(&scope, int, 1, &fault);
    assert_int_equal(og_write_array(&scope.access, array, nothing, 0, &fault), OG_OK);
    assert_int_equal(og_read_array(&scope.access, array, nowhere, 0, &fault), OG_OK);
}

static void forged_writable_reference_to_read_only_memory_is_refused(void **state) OG_NO_ANALYSIS
{
    (void)state;
    int og_mut *forged = (int og_mut *)fake.read_only;
    int value = 0;
    assert_int_equal(og_write(&scope.access, forged, 1, &fault), OG_OUT_OF_BOUNDS);
    assert_int_equal(og_read(&scope.access, forged, &value, &fault), OG_OK);
}

static void reference_of_another_domain_is_refused(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct fake_domain other;
    struct og_scope other_scope;
    fake_domain_open(&other);
    og_scope_begin(&other.domain, &other_scope);
    int og_mut *theirs = og_alloc(&other_scope, int, 1, &fault);
    assert_int_equal(og_write(&other_scope.access, theirs, 1, &fault), OG_OK);
    assert_int_equal(og_write(&scope.access, theirs, 1, &fault), OG_OUT_OF_BOUNDS);
    og_scope_end(&other_scope);
    fake_domain_close(&other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(numbers_and_structs_arrive),
        TEST(arrays_arrive_and_come_back),
        TEST(references_are_written_and_pointers_read),
        TEST(array_past_the_end_is_refused_whole),
        TEST(reading_past_the_end_is_refused),
        TEST(no_elements_need_no_host_memory),
        TEST(forged_writable_reference_to_read_only_memory_is_refused),
        TEST(reference_of_another_domain_is_refused),
    };
    return cmocka_run_group_tests_name("core-write", tests, NULL, NULL);
}
