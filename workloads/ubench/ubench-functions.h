/* The library's functions by number: what a process sandbox and its worker name them by,
 * and where an og domain's stubs keep them. */
#ifndef WORKLOADS_UBENCH_UBENCH_FUNCTIONS_H
#define WORKLOADS_UBENCH_UBENCH_FUNCTIONS_H

enum ubench_function {
    UBENCH_INT_0,
    UBENCH_INT_1,
    UBENCH_INT_3,
    UBENCH_INT_6,
    UBENCH_INT_7,
    UBENCH_INT_10,
    UBENCH_INT_25,
    UBENCH_DOUBLE_8,
    UBENCH_MIXED,
    UBENCH_STRUCT_REGISTERS,
    UBENCH_STRUCT_MEMORY,
    UBENCH_CALL_BACK,
    UBENCH_COUNT,
    UBENCH_FUNCTIONS
};

/* Host functions that a worker can call, by number. */
enum ubench_callback {
    UBENCH_FUNCTION /* the argument of ubench_call_back */
};

#endif
