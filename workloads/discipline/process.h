/* The process discipline: the library's instance is a worker process, to which
 * arguments travel as messages and from which results come back. There is no memory
 * that both sides can use, so nothing is resident. */
#ifndef WORKLOADS_DISCIPLINE_PROCESS_H
#define WORKLOADS_DISCIPLINE_PROCESS_H

#include "baselines/process/process.h"
#include "workloads/discipline/consume.h"

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

/* Ends the worker; one that was never started is fine. */
static inline void instance_close(struct instance *instance)
{
    process_close(instance->sandbox);
    instance->sandbox = NULL;
}

/* An int among the results; one out of range fails the reader. */
static inline int result_int(struct wire_reader *results)
{
    int64_t value = wire_get_i64(results);
    if (value == (int)value)
        return (int)value;
    wire_reader_fail(results, "an int is out of range");
    return 0;
}

#define RESIDENT_PLACEMENT 0

#endif
