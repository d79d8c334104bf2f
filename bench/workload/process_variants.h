/* The systems that are a process sandbox: over what messages go, and where host and worker
 * run. Who opens a sandbox and who keeps the host's thread in place both look here. */
#ifndef BENCH_WORKLOAD_PROCESS_VARIANTS_H
#define BENCH_WORKLOAD_PROCESS_VARIANTS_H

#include "baselines/process/process.h"

#include <string.h>

struct process_variant {
    const char *system;
    enum process_transport transport;
    enum process_placement placement;
};

static const struct process_variant process_variants[] = {
    {"process-ring-one", PROCESS_RING, PROCESS_ONE_CORE},
    {"process-ring-two", PROCESS_RING, PROCESS_TWO_CORES},
    {"process-socket", PROCESS_SOCKET, PROCESS_ANYWHERE},
    {"process-pipe", PROCESS_PIPE, PROCESS_ONE_CORE},
};

/* NULL for a system that is no process sandbox of this kind. */
static inline const struct process_variant *process_variant_of(const char *system)
{
    for (size_t i = 0; i < sizeof(process_variants) / sizeof(process_variants[0]); i++)
        if (!strcmp(process_variants[i].system, system))
            return &process_variants[i];
    return NULL;
}

#endif
