/* What a workload shows to the harness, whatever drives it: the native harness
 * (Google Benchmark), the emulated guest, the embedded target.
 *
 * A *workload* is a library with its operations. A *case* is one operation at one
 * size and placement through one system. The workload's source is compiled once
 * per system, with that system's stubs inlined, and exports one table of cases. */
#ifndef BENCH_HARNESS_WORKLOAD_H
#define BENCH_HARNESS_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum placement {
    PLACEMENT_COPIED,  /* input starts and output ends in host memory */
    PLACEMENT_RESIDENT /* produced and consumed where the library can reach it */
};

/* The caller's buffer for one sentence about what went wrong. */
struct case_error {
    char message[256];
};

/* The bytes an operation computed; equal to raw's, or the run fails. They belong
 * to the case's state and live until its next run or finish. */
struct case_output {
    const void *bytes;
    size_t size;
};

/* One case. All functions but `prepare` get the state that `prepare` returned. */
struct workload_case {
    const char *operation; /* "sha256", "invoke-int-3": [a-z0-9-]+ */
    enum placement placement;
    size_t size;        /* bytes the operation works on; 0 where size means nothing */
    uint32_t parameter; /* the workload's own: which variant of a family this is */

    /* Opens domains, allocates, makes the input (deterministic: equal in every
     * system). Returns NULL and fills *error on failure. */
    void *(*prepare)(const struct workload_case *self, struct case_error *error);
    /* Runs the operation `iterations` times. Returns false and fills *error when
     * one of them fails. If `elapsed` is not NULL the harness wants the time; an
     * operation that has untimed work between iterations (self_timed) then sets
     * *elapsed to nanoseconds by the clock `now`, any other leaves it alone. */
    bool (*run)(void *state, uint64_t iterations, uint64_t *elapsed, struct case_error *error);
    /* Runs the operation once more, if need be, and gives the bytes to compare. */
    bool (*output)(void *state, struct case_output *output, struct case_error *error);
    /* Frees everything; `state` may be NULL. */
    void (*finish)(void *state);

    bool self_timed;
};

/* What one compiled (workload, system) pair exports, as `workload_NAME_SYSTEM`
 * with '-' turned into '_': for example workload_sodium_og_none. */
struct workload_table {
    const char *workload; /* "sodium" */
    const char *system;   /* "og-none" */
    const struct workload_case *cases;
    size_t count;
};

/* The harness's clock, for self_timed operations: nanoseconds where figures are
 * measured, instructions where they are emulated. Provided by each driver. */
uint64_t workload_clock(void);

#endif
