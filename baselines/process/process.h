/* The process sandbox, the baseline that isolates a library in a process of its
 * own: a worker, started once, kept to a short list of system calls, that serves
 * calls whose arguments and results are serialized (wire.h). It shares no memory
 * with the host but the bytes of messages, and the host trusts none of those.
 *
 * A worker that dies, hangs or breaks the protocol costs the call in progress an
 * error; it is killed and reaped, and the next call gets a fresh one.
 *
 * Threads: a sandbox is one thread's, the one that opened or last reset it; another
 * gets OG_BUSY. Its worker ends when that thread ends. Resetting or closing it in
 * another thread is for when the first one is not in it. A child of fork has copies of its parent's
 * sandboxes, and none of the workers: it gets OG_BUSY until it resets one. */
#ifndef PROCESS_PROCESS_H
#define PROCESS_PROCESS_H

#include "baselines/process/wire.h"
#include <omniglot/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process_sandbox;

enum process_transport {
    PROCESS_SOCKET, /* a stream socket pair: two system calls and two copies a message */
    PROCESS_RING,   /* shared memory, spinning shortly before waiting on a futex */
    PROCESS_PIPE    /* two pipes; every value is serialized and copied, as Sandcrust does */
};

/* Where host and worker run. The worker is kept there from its start; the host's thread
 * only while process_host_pin says so. */
enum process_placement {
    PROCESS_ANYWHERE,  /* wherever the scheduler puts them */
    PROCESS_ONE_CORE,  /* both on one processor, which they hand to each other */
    PROCESS_TWO_CORES, /* on two, of one cache where there are such: each can spin */
    PROCESS_PLACEMENTS
};

#define PROCESS_NO_SPIN UINT32_MAX

enum { PROCESS_DEFAULT_DEADLINE_MS = 10000 /* of a call, where its sandbox's options say 0 */ };

/* Zero means the default everywhere; only `library` or `worker` is needed. */
struct process_options {
    const char
        *library;       /* "zlib": the worker is og-worker-zlib, beside this program or in ../bin */
    const char *worker; /* or: the worker's path */
    enum process_transport transport;
    enum process_placement placement;
    uint32_t deadline_ms; /* for the worker's part of a call, without what the host is stopped for
                           * (0.2 s or more at once); 0: PROCESS_DEFAULT_DEADLINE_MS. To start it
                           * takes that, or ten seconds, whichever is longer */
    uint32_t spin_us;     /* ring: how long to spin before sleeping; default 50, on two
                           * cores 1000; or PROCESS_NO_SPIN. On one core a side that
                           * waits yields once instead, unless PROCESS_NO_SPIN */
    size_t ring_bytes;    /* ring: a power of two, 4 KiB to 1 GiB; default 32 MiB */
    size_t message_limit; /* longest message either way, bytes; default 64 MiB */
    size_t worker_memory; /* address space of the worker, bytes; default 1 GiB */
    bool refuse_partial_sandbox; /* fail to start rather than run without every namespace */
};

/* What holds the worker that runs now. All but the namespaces and Landlock always hold;
 * those depend on what this system permits. */
struct process_confinement {
    bool no_new_privileges;
    bool system_call_filter;
    bool resource_limits;
    bool landlock;
    bool user_namespace;
    bool mount_namespace;
    bool read_only_mounts;
    bool process_namespace;
    bool network_namespace;
    bool ipc_namespace;
    bool host_name_namespace;
};

/* Starts a worker and waits until it is ready (a few milliseconds).
 *
 * Returns OG_OK, or
 *   OG_BAD_ARGUMENT  an option is out of range, or neither library nor worker given
 *   OG_NOT_FOUND     there is no such worker program (fault->message: where we looked)
 *   OG_UNSUPPORTED   seccomp, or a namespace that must be there, is not permitted; or the
 *                    placement wants more processors than there are
 *   OG_SYSTEM        out of processes, descriptors, ... (fault->system_error)
 *   OG_NO_MEMORY
 *   OG_FAULTED, OG_DEADLINE, OG_CONTRACT   the worker did not start as it should
 * On failure *sandbox is NULL and nothing is left behind. Strings are copied. */
enum og_error process_open(struct process_sandbox **sandbox, const struct process_options *options,
                           struct og_fault *fault);

/* Kills the worker, reaps it, frees everything. NULL is fine. Not from a callback. */
void process_close(struct process_sandbox *sandbox);

/* Kills the worker and starts another: all state in it is gone. Errors as
 * process_open's, and OG_BUSY from inside a callback; the sandbox stays usable. */
enum og_error process_reset(struct process_sandbox *sandbox, struct og_fault *fault);

/* Changes whenever a worker, and with it every handle to an object inside, is
 * lost; never during process_call_begin. A stub that keeps a handle keeps the
 * generation beside it and compares before it uses the handle. */
uint64_t process_generation(const struct process_sandbox *sandbox);

/* The worker's process id, 0 when none runs right now. */
pid_t process_worker_pid(const struct process_sandbox *sandbox);

/* What the current (or else the last) worker is held by. */
struct process_confinement process_confinement(const struct process_sandbox *sandbox);

/* ---- calls ----
 *
 *     struct wire_writer *arguments = process_call_begin(sandbox, FUNCTION);
 *     wire_put_u64(arguments, x);
 *     struct wire_reader results;
 *     enum og_error error = process_call_finish(sandbox, &results, fault);
 *     if (error)
 *         return error;
 *     *result = wire_get_u64(&results);
 *     return process_results_finish(sandbox, &results, fault);
 */

/* Begins a call of the worker's function; starts a worker if the last one was
 * lost. Never NULL: an error shows at process_call_finish. The results of the
 * call before are gone from here on. */
struct wire_writer *process_call_begin(struct process_sandbox *sandbox, uint32_t function);

/* Sends the call, serves callbacks until it returns, and lets *results read what
 * came back (valid until the next process_call_begin, reset or close).
 *
 * Returns OG_OK, or, with the worker still running:
 *   OG_OVERFLOW, OG_NO_MEMORY   the arguments were never sent
 *   OG_BUSY          called from inside a callback: calls do not nest; or it is another
 *                    thread's sandbox
 *   any error from OG_UNSUPPORTED to OG_CONTRACT, or OG_POISONED, that the
 *                    worker's handler returned (fault->message says so)
 * with the worker lost, and process_generation changed:
 *   OG_FAULTED       it died (fault->signal, or an exit status in fault->message)
 *   OG_DEADLINE      it took longer than the deadline, callbacks not counted
 *   OG_CONTRACT      it broke the protocol
 * or, when a fresh worker was due and could not be started, as process_open. */
enum og_error process_call_finish(struct process_sandbox *sandbox, struct wire_reader *results,
                                  struct og_fault *fault);

/* wire_finish for results: what does not decode was no honest answer, so the
 * worker is killed. Returns OG_OK, OG_CONTRACT or OG_NO_MEMORY (worker kept). */
enum og_error process_results_finish(struct process_sandbox *sandbox, struct wire_reader *results,
                                     struct og_fault *fault);

/* For a stub that finds a result no call may have (a size above the buffer's, a
 * handle of zero): kills the worker and returns OG_CONTRACT. `what` is a sentence. */
enum og_error process_distrust(struct process_sandbox *sandbox, const char *what,
                               struct og_fault *fault);

/* ---- placement ---- */

/* What a thread is given back by process_host_unpin; its content is nobody else's. */
struct process_host_place {
    bool pinned;
    uint64_t mask[16];
};

/* Whether this process may use the processors that the placement needs. */
bool process_placement_possible(enum process_placement placement);

/* Keeps the calling thread on the host's processor of that placement, so that it makes a
 * pair with workers opened with the same; PROCESS_ANYWHERE changes nothing. Costs two
 * system calls and perhaps a migration: pin around many calls, not around each. Threads
 * and processes started meanwhile are pinned too. False, with nothing changed, when the
 * placement is not possible. */
bool process_host_pin(enum process_placement placement, struct process_host_place *before);

/* Lets the thread run where it could before; `before` of a pin that failed is fine. */
void process_host_unpin(struct process_host_place *before);

/* ---- callbacks ---- */

/* A host function that the worker may call while it serves a call. Reads its
 * arguments (check them with wire_finish: the worker chose them), puts its
 * results. Anything but OG_OK ends the call with that error and kills the worker,
 * which cannot be asked to unwind. It must not call into, reset or close the
 * same sandbox; other sandboxes are fine. */
typedef enum og_error process_callback(void *user, struct wire_reader *arguments,
                                       struct wire_writer *results);

#define PROCESS_CALLBACKS 64

/* Lets the worker call `function` as callback `id` (below PROCESS_CALLBACKS); a
 * NULL function takes it back. A worker that calls an id which is not registered
 * has broken the protocol. Returns OG_OK, OG_BAD_ARGUMENT, or OG_BUSY: it is another
 * thread's sandbox. */
enum og_error process_callback_register(struct process_sandbox *sandbox, uint32_t id,
                                        process_callback *function, void *user);

#endif
