/* The life of a worker process, from finding its program to reaping it. */
#ifndef PROCESS_LAUNCH_H
#define PROCESS_LAUNCH_H

#include "baselines/process/channel.h"
#include "baselines/process/process.h"
#include <linux/filter.h>
#include <signal.h>

/* What a worker is started with; every field is set. */
struct launch_plan {
    const char *program;
    enum process_transport transport;
    uint32_t deadline_ms;
    uint32_t spin_ns;
    enum ring_waiting waiting;
    int processor; /* where the worker is kept, or -1 */
    size_t ring_bytes;
    size_t message_limit;
    size_t worker_memory;
    uint64_t generation;
    bool refuse_partial_sandbox;
    const struct sock_filter *filter;
    size_t filter_length;
};

/* A worker that was started. The host's only hold on it: nothing else of the
 * host is inherited. */
struct launched_worker {
    pid_t host; /* who started it */
    pid_t pid;
    int process; /* pidfd */
    int socket;
    int calls;      /* the pipe to the worker, or -1 */
    int calls_kept; /* its other end: so that no write to it raises SIGPIPE */
    int answers;    /* the pipe from the worker, or -1 */
    void *memory;   /* of the rings, or NULL */
    size_t memory_size;
    struct process_confinement confinement;
};

#define LAUNCHED_NONE                                                                              \
    ((struct launched_worker){                                                                     \
        .process = -1, .socket = -1, .calls = -1, .calls_kept = -1, .answers = -1})

/* The path of og-worker-LIBRARY, to be freed; NULL and OG_NOT_FOUND in *fault, or
 * OG_NO_MEMORY. */
char *launch_find_program(const char *library, struct og_fault *fault);

/* Starts the worker, hands over its filter, and waits until that is in force.
 * Errors are process_open's; on failure nothing is left behind. */
enum og_error launch_start(const struct launch_plan *plan, struct launched_worker *worker,
                           struct og_fault *fault);

/* Kills the worker if it still runs, reaps it, closes and unmaps everything; in a child of the
 * host's it only closes and unmaps, since the worker is the host's. When it had ended by itself (or
 * does so within wait_ms) *end tells how, with si_code 0 if the host ignores SIGCHLD, which makes
 * the kernel forget; else its si_pid is 0. `end` may be NULL. No worker is fine. */
void launch_end(struct launched_worker *worker, int wait_ms, siginfo_t *end);

#endif
