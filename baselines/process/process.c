/* The host's side of a sandbox: options, the worker that is replaced whenever it
 * is lost, and calls with their callbacks. */
#include "baselines/process/process.h"

#include "baselines/process/answer.h"
#include "baselines/process/channel.h"
#include "baselines/process/filter.h"
#include "baselines/process/launch.h"
#include "baselines/process/placement.h"
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { OWN_PAGE = 4096 };

struct registered_callback {
    process_callback *function;
    void *user;
};

struct process_sandbox {
    struct launch_plan plan;
    char *program;
    struct sock_filter *filter;
    struct launched_worker worker;
    struct channel channel; /* in use while a worker runs */
    uint64_t generation;
    uint64_t sequence;
    struct wire_writer arguments;
    struct wire_writer callback_results;
    struct wire_writer refused; /* for calls that cannot begin */
    uint32_t function;
    bool begun;            /* between call_begin and call_finish */
    bool in_callback;      /* a callback of ours is running */
    enum og_error pending; /* why the call that was begun cannot be sent */
    struct og_fault pending_fault;
    struct registered_callback callbacks[PROCESS_CALLBACKS];
    const void *thread; /* whose it is: that thread's refused_here */
    pid_t process;      /* and that process's */
};

/* For calls of a sandbox that is another thread's; its address tells threads apart. */
static __thread struct wire_writer refused_here;

/* This process's number, once it has opened a sandbox: the kernel clears the page in a child, which
 * has its parent's sandboxes in its memory, and its thread where its parent's was. */
static struct {
    _Alignas(OWN_PAGE) _Atomic pid_t process;
} own;
_Static_assert(sizeof own == OWN_PAGE, "the kernel clears pages");

static bool is_anothers(const struct process_sandbox *sandbox)
{
    return sandbox->thread != &refused_here ||
           sandbox->process != atomic_load_explicit(&own.process, memory_order_relaxed);
}

/* Makes it this thread's. */
static enum og_error take_sandbox(struct process_sandbox *sandbox, struct og_fault *fault)
{
    pid_t process = getpid();
    if (atomic_load_explicit(&own.process, memory_order_relaxed) != process) {
        if (madvise(&own, sizeof own, MADV_WIPEONFORK) != 0)
            return og_fail_system(fault, errno, NULL, 0,
                                  "the kernel does not clear memory in a child (Linux 4.14 does)");
        atomic_store_explicit(&own.process, process, memory_order_relaxed);
    }
    sandbox->thread = &refused_here;
    sandbox->process = process;
    return OG_OK;
}

static enum og_error refuse_thread(struct og_fault *fault)
{
    return og_fail(
        fault, OG_BUSY, NULL, 0,
        "the sandbox is another thread's, or process's: process_reset makes it this one's");
}

static bool is_running(const struct process_sandbox *sandbox)
{
    return sandbox->worker.process >= 0;
}

/* Ends the worker; whatever lived in it is gone. */
static void lose_worker(struct process_sandbox *sandbox, int wait_ms, siginfo_t *end)
{
    launch_end(&sandbox->worker, wait_ms, end);
    channel_free(&sandbox->channel);
    /* Arguments may have been under way into a ring that is gone now. */
    wire_writer_refuse(&sandbox->arguments, OG_POISONED);
    sandbox->generation++;
}

static enum og_error fail_ended(struct og_fault *fault, const siginfo_t *end)
{
    char message[sizeof fault->message];
    if (end->si_pid == 0)
        return og_fail(fault, OG_CONTRACT, NULL, 0, "the worker closed its end of the connection");
    if (end->si_code == 0)
        snprintf(message, sizeof message,
                 "the worker ended; how is unknown, as this program ignores or reaps SIGCHLD");
    else if (end->si_code == CLD_EXITED && end->si_status == WORKER_NO_MEMORY)
        snprintf(message, sizeof message,
                 "the worker exited with status %d, as it does when it is out of memory "
                 "(worker_memory)",
                 end->si_status);
    else if (end->si_code == CLD_EXITED)
        snprintf(message, sizeof message, "the worker exited with status %d", end->si_status);
    else if (end->si_status == SIGSYS)
        snprintf(message, sizeof message,
                 "the worker made a system call that is not allowed (abort() makes one, too)");
    else
        snprintf(message, sizeof message, "the worker was ended by signal %d (%s)", end->si_status,
                 sigdescr_np(end->si_status) ? sigdescr_np(end->si_status) : "unknown");
    og_fail(fault, OG_FAULTED, NULL, 0, message);
    if (fault && end->si_code && end->si_code != CLD_EXITED)
        fault->signal = end->si_status;
    return OG_FAULTED;
}

/* Gives up a worker after the channel to it failed, and says why. */
static enum og_error fail_channel(struct process_sandbox *sandbox, enum channel_status status,
                                  struct og_fault *fault)
{
    int system_error = errno;
    siginfo_t end = {0};
    /* Its descriptors close a moment before it can be reaped. */
    lose_worker(sandbox, status == CHANNEL_CLOSED ? 1000 : 0, &end);
    switch (status) {
    case CHANNEL_CLOSED:
        return fail_ended(fault, &end);
    case CHANNEL_LATE:
        return og_fail(fault, OG_DEADLINE, NULL, 0,
                       "the worker did not answer before the deadline");
    case CHANNEL_NO_MEMORY:
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "no memory for the worker's answer");
    case CHANNEL_SYSTEM:
        return og_fail_system(fault, system_error, NULL, 0, "the connection to the worker failed");
    default:
        return og_fail(fault, OG_CONTRACT, NULL, 0,
                       "the worker sent a message of an impossible size");
    }
}

static enum og_error fail_lying(struct process_sandbox *sandbox, const char *what,
                                struct og_fault *fault)
{
    lose_worker(sandbox, 0, NULL);
    return og_fail(fault, OG_CONTRACT, NULL, 0, what);
}

static enum og_error start_worker(struct process_sandbox *sandbox, struct og_fault *fault)
{
    sandbox->plan.generation = sandbox->generation;
    enum og_error error = launch_start(&sandbox->plan, &sandbox->worker, fault);
    if (error)
        return error;
    struct launched_worker *worker = &sandbox->worker;
    const struct ring_patience patience = {.spin_ns = sandbox->plan.spin_ns,
                                           .waiting = sandbox->plan.waiting,
                                           .process = worker->process};
    size_t limit = sandbox->plan.message_limit;
    switch (sandbox->plan.transport) {
    case PROCESS_RING:
        channel_init_rings(&sandbox->channel, worker->memory, sandbox->plan.ring_bytes, true, limit,
                           &patience);
        break;
    case PROCESS_PIPE:
        channel_init_pipes(&sandbox->channel, worker->answers, worker->calls, true, limit);
        break;
    default:
        channel_init_socket(&sandbox->channel, worker->socket, true, limit);
    }
    channel_set_deadline(&sandbox->channel, sandbox->plan.deadline_ms);
    struct message_header header;
    struct wire_reader payload;
    enum channel_status status =
        channel_receive(&sandbox->channel, LANE_ANSWERS, &header, &payload);
    if (status)
        return fail_channel(sandbox, status, fault);
    channel_release(&sandbox->channel, LANE_ANSWERS);
    if (header.kind != MESSAGE_READY || header.sequence != sandbox->generation || header.size)
        return fail_lying(sandbox, "the worker did not say that it is ready", fault);
    return OG_OK;
}

/* ---- opening and closing ---- */

static enum og_error plan_from_options(struct launch_plan *plan,
                                       const struct process_options *options,
                                       struct og_fault *fault)
{
    cpu_set_t processors;
    struct placement_pair pair = {.worker = -1};
    uint32_t spin_us = options->spin_us                          ? options->spin_us
                       : options->placement == PROCESS_TWO_CORES ? 1000
                                                                 : 50;
    /* Spinning on the only processor keeps the other side from running. */
    bool alone = options->placement == PROCESS_ANYWHERE &&
                 sched_getaffinity(0, sizeof processors, &processors) == 0 &&
                 CPU_COUNT(&processors) < 2;
    if ((unsigned)options->placement >= PROCESS_PLACEMENTS)
        return og_fail(fault, OG_BAD_ARGUMENT, "placement", 0,
                       "the placement is none of enum process_placement");
    if (options->placement != PROCESS_ANYWHERE && !placement_here(options->placement, &pair))
        return og_fail(fault, OG_UNSUPPORTED, "placement", 0,
                       "two cores need two processors: this process may use only one");
    *plan = (struct launch_plan){
        .transport = options->transport,
        .deadline_ms = options->deadline_ms ? options->deadline_ms : PROCESS_DEFAULT_DEADLINE_MS,
        .spin_ns = alone || spin_us == PROCESS_NO_SPIN ? 0 : spin_us * 1000,
        .waiting = options->placement == PROCESS_ONE_CORE    ? RING_YIELD
                   : options->placement == PROCESS_TWO_CORES ? RING_SPIN
                                                             : RING_SPIN_AND_YIELD,
        .processor = pair.worker,
        .ring_bytes = options->ring_bytes ? options->ring_bytes : (size_t)32 << 20,
        .message_limit = options->message_limit ? options->message_limit : (size_t)64 << 20,
        .worker_memory = options->worker_memory ? options->worker_memory : (size_t)1 << 30,
        .refuse_partial_sandbox = options->refuse_partial_sandbox,
    };
    if ((unsigned)options->transport > PROCESS_PIPE)
        return og_fail(fault, OG_BAD_ARGUMENT, "transport", 0,
                       "the transport is PROCESS_SOCKET, PROCESS_RING or PROCESS_PIPE");
    if (spin_us != PROCESS_NO_SPIN && spin_us > 1000000)
        return og_fail(fault, OG_BAD_ARGUMENT, "spin_us", 0,
                       "spin at most a second, or PROCESS_NO_SPIN");
    if (plan->ring_bytes < RING_BYTES_MIN || plan->ring_bytes > RING_BYTES_MAX ||
        (plan->ring_bytes & (plan->ring_bytes - 1)))
        return og_fail(fault, OG_BAD_ARGUMENT, "ring_bytes", 0,
                       "a ring has a power of two of bytes, from 4 KiB to 1 GiB");
    if (plan->message_limit < 4096 || plan->message_limit > MESSAGE_LIMIT_MAX)
        return og_fail(fault, OG_BAD_ARGUMENT, "message_limit", 0,
                       "the longest message is between 4 KiB and 1 GiB");
    return OG_OK;
}

static enum og_error find_program(struct process_sandbox *sandbox,
                                  const struct process_options *options, struct og_fault *fault)
{
    struct og_fault found;
    if (options->worker) {
        if (access(options->worker, X_OK) != 0)
            return og_fail(fault, OG_NOT_FOUND, options->worker, 0,
                           "the worker's path names no program that can be executed");
        sandbox->program = strdup(options->worker);
        if (!sandbox->program)
            return og_fail(fault, OG_NO_MEMORY, NULL, 0, NULL);
    } else {
        if (!options->library || strchr(options->library, '/') || !*options->library)
            return og_fail(fault, OG_BAD_ARGUMENT, "library", 0,
                           "name the worker's library, or give the worker's path");
        sandbox->program = launch_find_program(options->library, &found);
        if (!sandbox->program)
            return og_fail(fault, found.error, found.symbol, 0, found.message);
    }
    sandbox->plan.program = sandbox->program;
    return OG_OK;
}

enum og_error process_open(struct process_sandbox **result, const struct process_options *options,
                           struct og_fault *fault)
{
    *result = NULL;
    struct launch_plan plan = {0};
    enum og_error error = plan_from_options(&plan, options, fault);
    if (error)
        return error;
    struct process_sandbox *sandbox = calloc(1, sizeof *sandbox);
    if (!sandbox)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, NULL);
    sandbox->plan = plan;
    sandbox->worker = LAUNCHED_NONE;
    sandbox->generation = 1;
    error = take_sandbox(sandbox, fault);
    if (!error)
        error = find_program(sandbox, options, fault);
    if (error)
        goto fail;
    int system_error = filter_build(plan.transport, &sandbox->filter, &sandbox->plan.filter_length);
    if (system_error) {
        error = system_error == ENOMEM
                    ? og_fail(fault, OG_NO_MEMORY, NULL, 0, "no memory for the worker's filter")
                    : og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                              "libseccomp cannot build the worker's system-call filter here");
        if (fault)
            fault->system_error = system_error;
        goto fail;
    }
    sandbox->plan.filter = sandbox->filter;
    error = start_worker(sandbox, fault);
    if (error)
        goto fail;
    *result = sandbox;
    return OG_OK;
fail:
    process_close(sandbox);
    return error;
}

void process_close(struct process_sandbox *sandbox)
{
    if (!sandbox)
        return;
    lose_worker(sandbox, 0, NULL);
    wire_writer_free(&sandbox->arguments);
    wire_writer_free(&sandbox->callback_results);
    wire_writer_free(&sandbox->refused);
    free(sandbox->filter);
    free(sandbox->program);
    free(sandbox);
}

enum og_error process_reset(struct process_sandbox *sandbox, struct og_fault *fault)
{
    if (sandbox->in_callback)
        return og_fail(fault, OG_BUSY, NULL, 0, "a call is in progress: reset after it");
    enum og_error error = take_sandbox(sandbox, fault);
    if (error)
        return error;
    sandbox->begun = false;
    if (is_running(sandbox))
        lose_worker(sandbox, 0, NULL);
    return start_worker(sandbox, fault);
}

uint64_t process_generation(const struct process_sandbox *sandbox)
{
    return sandbox->generation;
}

pid_t process_worker_pid(const struct process_sandbox *sandbox)
{
    return sandbox->worker.pid;
}

struct process_confinement process_confinement(const struct process_sandbox *sandbox)
{
    return sandbox->worker.confinement;
}

/* ---- calls ---- */

struct wire_writer *process_call_begin(struct process_sandbox *sandbox, uint32_t function)
{
    if (is_anothers(sandbox)) {
        wire_writer_refuse(&refused_here, OG_BUSY);
        return &refused_here;
    }
    if (sandbox->in_callback) {
        wire_writer_refuse(&sandbox->refused, OG_BUSY);
        return &sandbox->refused;
    }
    sandbox->begun = true;
    sandbox->function = function;
    sandbox->pending = OG_OK;
    if (is_running(sandbox))
        channel_release(&sandbox->channel, LANE_ANSWERS);
    else
        sandbox->pending = start_worker(sandbox, &sandbox->pending_fault);
    if (sandbox->pending) {
        wire_writer_refuse(&sandbox->refused, sandbox->pending);
        return &sandbox->refused;
    }
    channel_begin(&sandbox->channel, LANE_CALLS, &sandbox->arguments, true);
    return &sandbox->arguments;
}

static enum og_error fail_writing(enum og_error error, struct og_fault *fault)
{
    switch (error) {
    case OG_OVERFLOW:
        return og_fail(fault, error, NULL, 0, "the arguments are longer than message_limit");
    case OG_NO_MEMORY:
        return og_fail(fault, error, NULL, 0, "no memory for the arguments");
    case OG_POISONED:
        return og_fail(fault, error, NULL, 0, "the worker was lost after the call was begun");
    default:
        return og_fail(fault, error, NULL, 0,
                       "a reserved byte string was not committed, or committed wrongly");
    }
}

/* Runs the host's function for a callback message and sends what it gives back. */
static enum og_error serve_callback(struct process_sandbox *sandbox, uint32_t id,
                                    struct wire_reader *arguments, struct og_fault *fault)
{
    const struct registered_callback *callback = &sandbox->callbacks[id];
    struct channel *channel = &sandbox->channel;
    struct wire_writer *results = &sandbox->callback_results;
    channel_begin(channel, LANE_CALLED_BACK, results, false);
    uint64_t before = ring_clock();
    sandbox->in_callback = true;
    enum og_error error = callback->function(callback->user, arguments, results);
    sandbox->in_callback = false;
    /* In a child that the callback has made: it is the parent that answers. */
    if (is_anothers(sandbox))
        return refuse_thread(fault);
    /* The deadline is the worker's: our own time does not count. */
    channel_put_off_deadline(channel, before);
    if (!error)
        error = wire_writer_error(results);
    if (error) {
        lose_worker(sandbox, 0, NULL);
        return og_fail(fault, error, NULL, 0, "the host's callback refused: the worker was ended");
    }
    channel_release(channel, LANE_ANSWERS);
    struct message_header header = {.kind = MESSAGE_CALLED_BACK, .sequence = sandbox->sequence};
    enum channel_status status = channel_send(channel, LANE_CALLED_BACK, &header, results);
    return status ? fail_channel(sandbox, status, fault) : OG_OK;
}

static enum og_error await_return(struct process_sandbox *sandbox, struct wire_reader *results,
                                  struct og_fault *fault)
{
    for (;;) {
        struct message_header header;
        enum channel_status status =
            channel_receive(&sandbox->channel, LANE_ANSWERS, &header, results);
        if (status)
            return fail_channel(sandbox, status, fault);
        const char *lie = answer_problem(&header, sandbox->sequence);
        if (!lie && header.kind == MESSAGE_CALLBACK && !sandbox->callbacks[header.id].function)
            lie = "the worker called back a function that is not registered";
        if (lie)
            return fail_lying(sandbox, lie, fault);
        if (header.kind == MESSAGE_RETURN)
            return OG_OK;
        if (header.kind == MESSAGE_REFUSED)
            return og_fail(fault, (enum og_error)header.id, NULL, 0,
                           header.id == OG_NOT_FOUND ? "the worker has no such function"
                                                     : "the worker's handler refused the call");
        enum og_error error = serve_callback(sandbox, header.id, results, fault);
        if (error)
            return error;
    }
}

enum og_error process_call_finish(struct process_sandbox *sandbox, struct wire_reader *results,
                                  struct og_fault *fault)
{
    wire_reader_begin(results, "", 0, NULL);
    if (is_anothers(sandbox))
        return refuse_thread(fault);
    if (sandbox->in_callback)
        return og_fail(fault, OG_BUSY, NULL, 0, "a callback cannot call into its own sandbox");
    if (!sandbox->begun)
        return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0, "process_call_begin comes first");
    sandbox->begun = false;
    if (sandbox->pending) {
        if (fault)
            *fault = sandbox->pending_fault;
        return sandbox->pending;
    }
    enum og_error error = wire_writer_error(&sandbox->arguments);
    if (error)
        return fail_writing(error, fault);
    struct message_header header = {
        .kind = MESSAGE_CALL, .id = sandbox->function, .sequence = ++sandbox->sequence};
    channel_set_deadline(&sandbox->channel, sandbox->plan.deadline_ms);
    enum channel_status status =
        channel_send(&sandbox->channel, LANE_CALLS, &header, &sandbox->arguments);
    error = status ? fail_channel(sandbox, status, fault) : await_return(sandbox, results, fault);
    if (error)
        wire_reader_begin(results, "", 0, NULL);
    return error;
}

enum og_error process_results_finish(struct process_sandbox *sandbox, struct wire_reader *results,
                                     struct og_fault *fault)
{
    enum og_error error = wire_finish(results);
    if (!error)
        return OG_OK;
    if (error == OG_CONTRACT)
        return process_distrust(sandbox, results->problem, fault);
    return og_fail(fault, error, NULL, 0, results->problem);
}

enum og_error process_distrust(struct process_sandbox *sandbox, const char *what,
                               struct og_fault *fault)
{
    /* Inside a callback it is the callback's error that ends the worker. */
    if (is_running(sandbox) && !sandbox->in_callback)
        lose_worker(sandbox, 0, NULL);
    return og_fail(fault, OG_CONTRACT, NULL, 0, what);
}

enum og_error process_callback_register(struct process_sandbox *sandbox, uint32_t id,
                                        process_callback *function, void *user)
{
    if (id >= PROCESS_CALLBACKS)
        return OG_BAD_ARGUMENT;
    if (is_anothers(sandbox))
        return OG_BUSY;
    sandbox->callbacks[id] = (struct registered_callback){.function = function, .user = user};
    return OG_OK;
}
