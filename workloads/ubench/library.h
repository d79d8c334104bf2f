/* libogubench: functions that do next to nothing, so that what is measured is the way
 * to them and back. Each combines its arguments so that the result tells every argument,
 * and its place, at the cost of one instruction an argument or two. */
#ifndef WORKLOADS_UBENCH_LIBRARY_H
#define WORKLOADS_UBENCH_LIBRARY_H

#include <stdbool.h>
#include <stdint.h>

/* Integer arguments: result = 2 * result + argument, from the first to the last. */
uint64_t ubench_int_0(void);
uint64_t ubench_int_1(uint64_t a0);
uint64_t ubench_int_3(uint64_t a0, uint64_t a1, uint64_t a2);
uint64_t ubench_int_6(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
uint64_t ubench_int_7(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                      uint64_t a6);
uint64_t ubench_int_10(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                       uint64_t a6, uint64_t a7, uint64_t a8, uint64_t a9);
uint64_t ubench_int_25(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                       uint64_t a6, uint64_t a7, uint64_t a8, uint64_t a9, uint64_t a10,
                       uint64_t a11, uint64_t a12, uint64_t a13, uint64_t a14, uint64_t a15,
                       uint64_t a16, uint64_t a17, uint64_t a18, uint64_t a19, uint64_t a20,
                       uint64_t a21, uint64_t a22, uint64_t a23, uint64_t a24);

/* As many doubles as there are vector registers for arguments. */
double ubench_double_8(double a0, double a1, double a2, double a3, double a4, double a5, double a6,
                       double a7);

/* Narrow and wide integers, floats, doubles and a pointer: on x86-64 six in integer
 * registers, four in vector registers, and the last two on the stack. `cookie` is handed
 * through as a library hands its caller's user data through: never followed. */
uint64_t ubench_mixed(int32_t a0, double a1, const void *cookie, uint64_t a3, float a4, int16_t a5,
                      double a6, uint8_t a7, uint64_t a8, double a9, uint32_t a10, uint64_t a11);

/* Returned in two integer registers. */
struct ubench_pair {
    uint64_t first, second;
};

struct ubench_pair ubench_struct_registers(uint64_t a0, uint64_t a1);

/* Too large for registers: returned in memory that the caller names. */
struct ubench_six {
    uint64_t values[6];
};

struct ubench_six ubench_struct_memory(uint64_t a0, uint64_t a1);

/* Calls function(value) once and returns what it returned. */
uint64_t ubench_call_back(uint64_t (*function)(uint64_t value), uint64_t value);

/* How often it was called since the library was loaded, this call included: tells a fresh
 * instance of the library from a used one. */
uint64_t ubench_count(void);

/* Types that some bytes are no value of: what a host has to validate. The enumerators have
 * gaps, as flags and codes of real libraries do. */
enum ubench_shape { UBENCH_POINT = 1, UBENCH_LINE = 2, UBENCH_TRIANGLE = 4, UBENCH_OTHER = 100 };

struct ubench_position {
    double x, y;
};

struct ubench_record {
    enum ubench_shape shape;
    int32_t layer; /* from UBENCH_LAYER_LOW to UBENCH_LAYER_HIGH */
    bool visible;
    uint16_t weight_count;
    const uint64_t *weights; /* weight_count of them */
    struct ubench_position position;
};

#define UBENCH_LAYER_LOW  (-1000)
#define UBENCH_LAYER_HIGH 1000

#endif
