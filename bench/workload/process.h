/* What workloads have in the process discipline: there is no memory that both sides can use, so
 * nothing is resident. */
#ifndef BENCH_WORKLOAD_PROCESS_H
#define BENCH_WORKLOAD_PROCESS_H

#include "bench/workload/process_variants.h"

/* Those of the variant that the system is, if it is one. */
static inline struct process_options process_options_of(const char *system)
{
    const struct process_variant *variant = process_variant_of(system);
    struct process_options options = {0};
    if (variant) {
        options.transport = variant->transport;
        options.placement = variant->placement;
    }
    return options;
}

/* What else a workload asks for is for domains. */
#define CASE_OPTIONS(...)                                                                          \
    ((const struct process_options[]){process_options_of(WORKLOAD_SYSTEM_NAME)})

#define RESIDENT_PLACEMENT 0

#endif
