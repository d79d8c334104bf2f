/* A run: every group that is not in results.csv yet is prepared, verified,
 * measured, verified again and written, and then the next. */
#ifndef BENCH_HARNESS_RUN_H
#define BENCH_HARNESS_RUN_H

#include "bench/harness/groups.h"
#include "bench/harness/options.h"

/* The exit status of a bench program. */
enum run_status {
    RUN_DONE = 0,
    RUN_FAILED = 1,   /* a case failed or computed other bytes than raw; or the disk is full */
    RUN_UNUSABLE = 2, /* the arguments or the run directory cannot be used */
    RUN_STOPPED = 130 /* measure_stop was set; what was measured is written */
};

/* Runs the groups, in this order, into options->run_dir. Progress goes to stdout,
 * errors to stderr. A group that fails is reported and not written; the others go on. */
enum run_status run_groups(const struct options *options, const struct groups *groups);

/* All of a bench program: parses the arguments, selects, lists or runs. */
enum run_status run_main(int argc, char **argv, const struct workload_tables *tables);

#endif
