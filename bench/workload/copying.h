/* What workloads have in the copying discipline: nothing is used where the library has it. */
#ifndef BENCH_WORKLOAD_COPYING_H
#define BENCH_WORKLOAD_COPYING_H

#include <omniglot/domain.h>

/* As og.h's. */
#define CASE_OPTIONS(...) (&(const struct og_options){.isolation = WORKLOAD_ISOLATION, __VA_ARGS__})

#define RESIDENT_PLACEMENT 0

#endif
