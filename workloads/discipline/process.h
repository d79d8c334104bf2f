/* The process discipline: the library's instance is a worker process, to which
 * arguments travel as messages and from which results come back. There is no memory
 * that both sides can use, so nothing is resident. */
#ifndef WORKLOADS_DISCIPLINE_PROCESS_H
#define WORKLOADS_DISCIPLINE_PROCESS_H

#include "baselines/process/process.h"
#include "workloads/discipline/consume.h"
#include "workloads/discipline/scopeless.h"

struct instance {
    struct process_sandbox *sandbox;
};

/* Which of the two transports this source is compiled for. */
#ifdef WORKLOAD_SYSTEM_process_ring
#define INSTANCE_TRANSPORT PROCESS_RING
#else
#define INSTANCE_TRANSPORT PROCESS_SOCKET
#endif

/* Starts the worker og-worker-`name`. Errors as process_open's. */
static inline enum og_error instance_open(struct instance *instance, const char *name,
                                          const char *soname, struct og_fault *fault)
{
    (void)soname; /* the worker is linked to it */
    const struct process_options options = {.library = name, .transport = INSTANCE_TRANSPORT};
    return process_open(&instance->sandbox, &options, fault);
}

/* Ends the worker; one that was never started is fine. Nothing can refuse. */
static inline enum og_error instance_close(struct instance *instance, struct og_fault *fault)
{
    (void)fault;
    process_close(instance->sandbox);
    instance->sandbox = NULL;
    return OG_OK;
}

/* Replaces the worker by a fresh one. */
static inline enum og_error instance_reset(struct instance *instance, struct og_fault *fault)
{
    return process_reset(instance->sandbox, fault);
}

#define RESIDENT_PLACEMENT 0

#endif
