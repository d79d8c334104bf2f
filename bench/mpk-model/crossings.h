/* Counting how often a program crosses into a domain and out of it, without a change to its
 * code: it is linked with --wrap for the functions that crossings.c stands in for. A function that
 * is looked up gets an entry that counts, a callback a function that counts.
 *
 * One thread only. */
#ifndef BENCH_MPK_MODEL_CROSSINGS_H
#define BENCH_MPK_MODEL_CROSSINGS_H

#include <stdint.h>

/* What happened since the program's start. */
struct crossings {
    uint64_t calls;       /* of a domain's functions; crossings_thunks.S counts them */
    uint64_t stack_words; /* of arguments of these calls, as og_function_takes was told */
    uint64_t callbacks;   /* out of a domain, and back into it */
    uint64_t heap_calls;  /* og_heap_alloc and og_heap_free: calls of the domain's allocator */
    uint64_t lives;       /* domains opened, reset, closed */
};

extern struct crossings crossings;

#endif
