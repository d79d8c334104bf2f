/* Preparing a group's systems side by side, and comparing what each computes
 * with what raw computes, byte for byte. */
#ifndef BENCH_HARNESS_VERIFY_H
#define BENCH_HARNESS_VERIFY_H

#include "bench/harness/failure.h"
#include "bench/harness/groups.h"

/* The states of a group's members, and raw's. */
struct prepared {
    const struct case_group *group;
    void **states;   /* one per member, NULL until prepared */
    void *raw_state; /* raw's; one of `states` where raw is a member */
    bool raw_borrowed;
};

/* Prepares every member, and raw. On failure, which names workload, operation,
 * system and size, nothing is left prepared. A group without a raw case is one: its
 * outputs could not be verified. The caller closes. */
bool prepared_open(struct prepared *prepared, const struct case_group *group,
                   struct failure *failure);

/* Compares every member's output with raw's. A failure names workload, operation,
 * system, size, the first differing byte's offset and both bytes, one line for
 * each member that is wrong. */
bool prepared_verify(struct prepared *prepared, struct failure *failure);

/* Finishes every member; fine on a zeroed struct. */
void prepared_close(struct prepared *prepared);

#endif
