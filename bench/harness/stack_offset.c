/* Lowers the stack by an allocation that the callee runs below. */
#include "bench/harness/stack_offset.h"

#include <alloca.h>

__attribute__((noinline)) bool stack_offset_run(size_t offset, const struct workload_case *item,
                                                void *state, uint64_t iterations, uint64_t *elapsed,
                                                struct case_error *error)
{
    char *room = alloca(offset + STACK_OFFSET_STEP);
    /* The compiler must believe that the room is used, during the call too. */
    __asm__ volatile("" : : "r"(room) : "memory");
    bool done = item->run(state, iterations, elapsed, error);
    __asm__ volatile("" : : "r"(room) : "memory");
    return done;
}
