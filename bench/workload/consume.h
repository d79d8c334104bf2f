/* How a workload uses what a library computed, so that no compiler can leave the
 * work out: the same in every system. */
#ifndef BENCH_WORKLOAD_CONSUME_H
#define BENCH_WORKLOAD_CONSUME_H

#include <stddef.h>

/* The bytes behind `pointer` are needed from here on, and may have changed. */
static inline void consume_bytes(const void *pointer)
{
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

/* Folds a result, used in place, into one byte: its first and last byte, as a program
 * does that looks at what it got without walking through all of it. 0 if there is none. */
static inline unsigned char consume_fold(const unsigned char *bytes, size_t size)
{
    return size ? bytes[0] ^ bytes[size - 1] : 0;
}

#endif
