/* libogubench: see library.h. Compiled as any library is, and unaware of who calls it. */
#include "workloads/ubench/library.h"

static inline uint64_t fold(uint64_t result, uint64_t argument)
{
    return 2 * result + argument;
}

static inline uint64_t fold_five(uint64_t result, uint64_t a0, uint64_t a1, uint64_t a2,
                                 uint64_t a3, uint64_t a4)
{
    return fold(fold(fold(fold(fold(result, a0), a1), a2), a3), a4);
}

uint64_t ubench_int_0(void)
{
    return 1;
}

uint64_t ubench_int_1(uint64_t a0)
{
    return a0;
}

uint64_t ubench_int_3(uint64_t a0, uint64_t a1, uint64_t a2)
{
    return fold(fold(a0, a1), a2);
}

uint64_t ubench_int_6(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    return fold_five(a0, a1, a2, a3, a4, a5);
}

uint64_t ubench_int_7(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                      uint64_t a6)
{
    return fold(fold_five(a0, a1, a2, a3, a4, a5), a6);
}

uint64_t ubench_int_10(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                       uint64_t a6, uint64_t a7, uint64_t a8, uint64_t a9)
{
    return fold_five(fold_five(0, a0, a1, a2, a3, a4), a5, a6, a7, a8, a9);
}

uint64_t ubench_int_25(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                       uint64_t a6, uint64_t a7, uint64_t a8, uint64_t a9, uint64_t a10,
                       uint64_t a11, uint64_t a12, uint64_t a13, uint64_t a14, uint64_t a15,
                       uint64_t a16, uint64_t a17, uint64_t a18, uint64_t a19, uint64_t a20,
                       uint64_t a21, uint64_t a22, uint64_t a23, uint64_t a24)
{
    uint64_t result = fold_five(0, a0, a1, a2, a3, a4);
    result = fold_five(result, a5, a6, a7, a8, a9);
    result = fold_five(result, a10, a11, a12, a13, a14);
    result = fold_five(result, a15, a16, a17, a18, a19);
    return fold_five(result, a20, a21, a22, a23, a24);
}

/* A tree rather than a chain: additions of doubles wait four cycles for each other. */
double ubench_double_8(double a0, double a1, double a2, double a3, double a4, double a5, double a6,
                       double a7)
{
    double low = (a0 + 2 * a1) + 4 * (a2 + 2 * a3);
    double high = (a4 + 2 * a5) + 4 * (a6 + 2 * a7);
    return low + 16 * high;
}

uint64_t ubench_mixed(int32_t a0, double a1, const void *cookie, uint64_t a3, float a4, int16_t a5,
                      double a6, uint8_t a7, uint64_t a8, double a9, uint32_t a10, uint64_t a11)
{
    double floats = (a1 + 2 * (double)a4) + 4 * (a6 + 2 * a9);
    uint64_t result = fold_five((uint64_t)a0, (uintptr_t)cookie, a3, (uint64_t)a5, a7, a8);
    result = fold(fold(result, a10), a11);
    return result + (uint64_t)(int64_t)(256 * floats); /* the integers take weights up to 128 */
}

struct ubench_pair ubench_struct_registers(uint64_t a0, uint64_t a1)
{
    return (struct ubench_pair){a1, a0};
}

struct ubench_six ubench_struct_memory(uint64_t a0, uint64_t a1)
{
    return (struct ubench_six){{a1, a0, a0 + a1, a0 - a1, a0 & a1, a0 | a1}};
}

uint64_t ubench_call_back(uint64_t (*function)(uint64_t value), uint64_t value)
{
    return function(value);
}

/* Starts from data, not from zeroed memory: a reset has to put both back. */
static uint64_t count = 1;

uint64_t ubench_count(void)
{
    return count++;
}
