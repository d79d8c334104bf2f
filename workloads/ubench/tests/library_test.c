/* The library's promise that verification rests on: a result tells every argument and its
 * place, so a system that loses, changes or swaps one computes other bytes than raw. */
#include "workloads/ubench/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MOST = 25 };

typedef uint64_t call_with(const uint64_t *a);

static uint64_t int_1(const uint64_t *a)
{
    return ubench_int_1(a[0]);
}

static uint64_t int_3(const uint64_t *a)
{
    return ubench_int_3(a[0], a[1], a[2]);
}

static uint64_t int_6(const uint64_t *a)
{
    return ubench_int_6(a[0], a[1], a[2], a[3], a[4], a[5]);
}

static uint64_t int_7(const uint64_t *a)
{
    return ubench_int_7(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
}

static uint64_t int_10(const uint64_t *a)
{
    return ubench_int_10(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9]);
}

static uint64_t int_25(const uint64_t *a)
{
    return ubench_int_25(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11],
                         a[12], a[13], a[14], a[15], a[16], a[17], a[18], a[19], a[20], a[21],
                         a[22], a[23], a[24]);
}

static uint64_t double_8(const uint64_t *a)
{
    return (uint64_t)ubench_double_8((double)a[0], (double)a[1], (double)a[2], (double)a[3],
                                     (double)a[4], (double)a[5], (double)a[6], (double)a[7]);
}

static uint64_t mixed(const uint64_t *a)
{
    return ubench_mixed((int32_t)a[0], (double)a[1], (const void *)(uintptr_t)a[2], a[3],
                        (float)a[4], (int16_t)a[5], (double)a[6], (uint8_t)a[7], a[8], (double)a[9],
                        (uint32_t)a[10], a[11]);
}

static uint64_t struct_registers(const uint64_t *a)
{
    struct ubench_pair pair = ubench_struct_registers(a[0], a[1]);
    return 1000 * pair.first + pair.second;
}

static const struct {
    call_with *call;
    size_t count;
} functions[] = {
    {int_1, 1},    {int_3, 3},   {int_6, 6},
    {int_7, 7},    {int_10, 10}, {int_25, 25},
    {double_8, 8}, {mixed, 12},  {struct_registers, 2},
};

/* The arguments that the workload passes. */
static void fill(uint64_t *a)
{
    static const uint64_t primes[MOST] = {2,  3,  5,  7,  11, 13, 17, 19, 23, 29, 31, 37, 41,
                                          43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97};
    for (size_t i = 0; i < MOST; i++)
        a[i] = primes[i];
}

static void a_changed_argument_changes_the_result(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof(functions) / sizeof(functions[0]); f++) {
        uint64_t a[MOST];
        fill(a);
        uint64_t right = functions[f].call(a);
        for (size_t i = 0; i < functions[f].count; i++) {
            a[i]++;
            assert_int_not_equal(functions[f].call(a), right);
            fill(a);
        }
    }
}

static void two_arguments_swapped_change_the_result(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof(functions) / sizeof(functions[0]); f++) {
        uint64_t a[MOST];
        fill(a);
        uint64_t right = functions[f].call(a);
        for (size_t i = 0; i < functions[f].count; i++) {
            for (size_t j = i + 1; j < functions[f].count; j++) {
                uint64_t kept = a[i];
                a[i] = a[j];
                a[j] = kept;
                assert_int_not_equal(functions[f].call(a), right);
                fill(a);
            }
        }
    }
}

static void every_word_of_a_struct_in_memory_tells_something_else(void **state)
{
    (void)state;
    const struct ubench_six six = ubench_struct_memory(12, 10);
    const uint64_t due[] = {10, 12, 22, 2, 8, 14};
    assert_memory_equal(six.values, due, sizeof(due));
}

static uint64_t plus_one(uint64_t value)
{
    return value + 1;
}

static void a_callback_gets_the_value_and_gives_the_result(void **state)
{
    (void)state;
    assert_int_equal(ubench_call_back(plus_one, 41), 42);
}

static void a_fresh_instance_counts_from_one(void **state)
{
    (void)state;
    assert_int_equal(ubench_count(), 1);
    assert_int_equal(ubench_count(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_argument_changes_the_result),
        cmocka_unit_test(two_arguments_swapped_change_the_result),
        cmocka_unit_test(every_word_of_a_struct_in_memory_tells_something_else),
        cmocka_unit_test(a_callback_gets_the_value_and_gives_the_result),
        cmocka_unit_test(a_fresh_instance_counts_from_one),
    };
    return cmocka_run_group_tests_name("ubench-library", tests, NULL, NULL);
}
