/* The command line of a bench program. */
#ifndef BENCH_HARNESS_OPTIONS_H
#define BENCH_HARNESS_OPTIONS_H

#include <stdint.h>

#include "bench/harness/failure.h"
#include "bench/harness/groups.h"

struct options {
    const char *run_dir; /* NULL only with `list` or `help` */
    struct selection selection;
    const char *again;    /* systems that are measured twice; NULL: none */
    unsigned repetitions; /* 1 to STATISTICS_SAMPLES_MAX */
    double min_time;      /* seconds per repetition */
    uint64_t seed;
    bool in_order; /* groups in the tables' order rather than shuffled */
    bool list;
    bool help;
};

extern const char options_usage[];

/* Fills *options from the arguments, which must outlive it. A failure names the
 * option and what it takes. */
bool options_parse(struct options *options, int argc, char **argv, struct failure *failure);

#endif
