/* The workload tables compiled into a program: one per (workload, system) pair
 * of workloads/build.mk, workloads in its order and systems in its order. */
#ifndef BENCH_HARNESS_TABLES_H
#define BENCH_HARNESS_TABLES_H

#include "bench/harness/workload.h"

/* A pair that a workload's build.mk leaves out, and why: one sentence. */
struct workload_gap {
    const char *workload, *system, *why;
};

struct workload_tables {
    const struct workload_table *const *items;
    size_t count;
    /* Whether this machine can run the system; if not, `why` gets one sentence. NULL: it can
     * run all of them. */
    bool (*can_run)(const char *system, struct case_error *why);
    /* What a driver does around each sample of a system, outside of what it measures: goes
     * where the system is to be measured, which concerns the calling thread only, and back.
     * NULL: nothing to do. `arrive` may fail, and then there is nothing to leave. */
    bool (*arrive)(const char *system, struct case_error *why);
    void (*leave)(void);
    /* The pairs that there are not on any machine. */
    const struct workload_gap *gaps;
    size_t gap_count;
};

extern const struct workload_tables workload_tables;

#endif
