/* What a driver provides: the way samples of a group are taken. The native
 * driver (bench.cc) has Google Benchmark take times; a driver in an emulated guest
 * counts instructions. A program links one driver; all else is shared. A driver
 * also provides workload_clock (workload.h). */
#ifndef BENCH_HARNESS_MEASURE_H
#define BENCH_HARNESS_MEASURE_H

#include <signal.h>
#include <stdint.h>

#include "bench/harness/failure.h"
#include "bench/harness/groups.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What stands in the rows' columns: "x86_64-linux", "measured", "ns". */
extern const char measure_target[];
extern const char measure_kind[];
extern const char measure_unit[];

/* How to measure, for all groups of a run. */
struct plan {
    unsigned repetitions;
    double min_time; /* seconds per repetition, for a driver that measures time */
    uint64_t seed;
};

struct measurement {
    double *samples; /* [member * repetitions + repetition], per operation; the caller's */
    char *record;    /* a JSON text to keep beside the rows, or NULL; the caller frees it */
    size_t record_size;
};

/* Called once, before any group. */
bool measure_start(const struct plan *plan, struct failure *failure);

/* Takes plan->repetitions samples of each member, whose prepared states are
 * `states`, in random interleaving, each sample at a random stack offset. A case
 * that fails is a failure that names it. When measure_stop becomes nonzero it
 * returns false soon, whatever *failure then says. */
bool measure_group(const struct case_group *group, void *const *states,
                   struct measurement *measurement, struct failure *failure);

/* Set by the program's signal handler: end as soon as nothing is torn by it.
 * Defined in run.c. */
extern volatile sig_atomic_t measure_stop;

#ifdef __cplusplus
}
#endif

#endif
