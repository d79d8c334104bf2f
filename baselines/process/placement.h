/* Where host and worker run: which processors a sandbox's two sides are kept on.
 *
 * A pair that the scheduler places as it likes costs one of two very different
 * times a call, whether it happens to share a processor or not. A pair on one core
 * hands the processor over and never wakes another one; its messages stay in one
 * cache. A pair on two cores that share a cache can wait by spinning, and then makes
 * no system call at all.
 *
 * The processors are chosen once, when a process first asks: later a thread may be
 * pinned, and its own mask no longer says what is there. */
#ifndef PROCESS_PLACEMENT_H
#define PROCESS_PLACEMENT_H

#include "baselines/process/process.h"

#include <sched.h>

/* A host's and a worker's processor, by the kernel's numbers. */
struct placement_pair {
    int host;
    int worker;
};

/* What a choice needs to know of a processor; numbers are compared for equality only. */
struct placement_processor {
    int number;
    int core;    /* siblings of one physical core have the same */
    int cache;   /* those with the same last-level cache */
    int package; /* those in one socket */
};

/* The best pair of `count` processors for a placement; false when there is none
 * (PROCESS_TWO_CORES of one processor). Two cores are, in this order of preference,
 * two physical cores with one last-level cache, two in one package, any two, and
 * where there is but one core its two siblings. Of equal ones the last: the first
 * processors serve most interrupts. One core is the worker's of two. */
bool placement_choose(const struct placement_processor *processors, size_t count,
                      enum process_placement placement, struct placement_pair *pair);

/* The same for the processors this process could use when it first asked; false too
 * for PROCESS_ANYWHERE, which pins nothing. */
bool placement_here(enum process_placement placement, struct placement_pair *pair);

#endif
