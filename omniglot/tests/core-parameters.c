/* Where arguments are, by each target's calling convention. */
#include "cmocka-tests.h"

#include "omniglot/parameters.h"
#include "omniglot/runtime.h"

#define P           OG_PARAMETER
#define FOUR(type)  P(type), P(type), P(type), P(type)
#define EIGHT(type) FOUR(type), FOUR(type)

/* The bytes that this target takes: x86-64 SysV or RV32 ILP32. */
static size_t here(size_t x86_64, size_t rv32)
{
    return sizeof(void *) == 8 ? x86_64 : rv32;
}

static int nothing(void **state)
{
    (void)state;
    return 0;
}

static void few_arguments_take_no_stack(void **state)
{
    (void)state;
    assert_int_equal(OG_STACK_BYTES(P(int)), 0);
    assert_int_equal(OG_STACK_BYTES(FOUR(void *)), 0);
    assert_int_equal(OG_STACK_BYTES(P(double), P(float), P(char), P(uint64_t)), 0);
}

static void integers_beyond_the_registers_are_on_the_stack(void **state)
{
    (void)state;
    assert_int_equal(OG_STACK_BYTES(EIGHT(int)), here(16, 0));
    assert_int_equal(OG_STACK_BYTES(EIGHT(int), P(char), P(short)), here(32, 8));
    assert_int_equal(OG_STACK_BYTES(EIGHT(uint64_t)), here(16, 32));
}

static void floats_have_registers_of_their_own_where_there_are_any(void **state)
{
    (void)state;
    assert_int_equal(OG_STACK_BYTES(EIGHT(double)), here(0, 32));
    assert_int_equal(OG_STACK_BYTES(EIGHT(double), P(double), P(int)), here(8, 44));
    assert_int_equal(OG_STACK_BYTES(FOUR(float), FOUR(int), P(int)), here(0, 4));
}

static void double_words_are_cut_by_registers_and_aligned_on_the_stack(void **state)
{
    (void)state;
    assert_int_equal(OG_STACK_BYTES(FOUR(int), P(int), P(int), P(int), P(uint64_t)), here(16, 4));
    assert_int_equal(OG_STACK_BYTES(EIGHT(int), P(int), P(uint64_t)), here(32, 16));
}

static void assert_registers(struct og_registers registers, size_t integers, size_t floats)
{
    assert_int_equal(registers.integers, integers);
    assert_int_equal(registers.floats, floats);
}

static void registers_in_use_are_counted(void **state)
{
    (void)state;
    assert_registers(og_registers(NULL, 0), 0, 0);
    assert_registers(og_registers(OG_PARAMETERS(P(char), P(void *))), 2, 0);
    assert_registers(og_registers(OG_PARAMETERS(P(double), P(uint64_t), P(float))), here(1, 5),
                     here(2, 0));
    assert_registers(og_registers(OG_PARAMETERS(EIGHT(int), P(int))), here(6, 8), 0);
    assert_registers(og_registers(OG_PARAMETERS(EIGHT(double), P(double))), here(0, 8), here(8, 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, nothing, nothing)
    const struct CMUnitTest tests[] = {
        TEST(few_arguments_take_no_stack),
        TEST(integers_beyond_the_registers_are_on_the_stack),
        TEST(floats_have_registers_of_their_own_where_there_are_any),
        TEST(double_words_are_cut_by_registers_and_aligned_on_the_stack),
        TEST(registers_in_use_are_counted),
    };
    return cmocka_run_group_tests_name("core-parameters", tests, NULL, NULL);
}
