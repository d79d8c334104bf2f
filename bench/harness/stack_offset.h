/* Where the stack stands when a sample is taken. The alignment of the stack
 * against the caches and against the library's data can decide which of two equal
 * systems wins; a random offset per sample turns that bias into visible spread. */
#ifndef BENCH_HARNESS_STACK_OFFSET_H
#define BENCH_HARNESS_STACK_OFFSET_H

#include "bench/harness/workload.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { STACK_OFFSET_STEP = 16, STACK_OFFSET_STEPS = 256 }; /* 0 to 4080 bytes: a page */

/* item->run(...) with the stack pointer `offset` bytes lower than otherwise. */
bool stack_offset_run(size_t offset, const struct workload_case *item, void *state,
                      uint64_t iterations, uint64_t *elapsed, struct case_error *error);

#ifdef __cplusplus
}
#endif

#endif
