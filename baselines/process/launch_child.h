/* What the cloned child does before it executes the worker's program. */
#ifndef PROCESS_LAUNCH_CHILD_H
#define PROCESS_LAUNCH_CHILD_H

#include <stdbool.h>
#include <stddef.h>

struct child_plan {
    const char *program;
    int socket;
    int given[2];       /* what becomes WORKER_RINGS, or WORKER_CALLS and WORKER_ANSWERS; else -1 */
    int processor;      /* where the worker is kept, or -1 */
    size_t memory;      /* RLIMIT_AS and RLIMIT_DATA, bytes */
    bool own_mounts;    /* cloned into a mount namespace of its own */
    bool own_host_name; /* cloned into one for the host's name */
};

/* Never returns. The child is a copy of a host that may have many threads, so
 * this makes system calls and nothing else. */
_Noreturn void launch_child(const struct child_plan *plan);

#endif
