/* Starts a worker: clones a child into namespaces of its own, gives up in it
 * everything a worker does not need, executes the worker's program, and feeds
 * the program its filter before any of the library's code has run. */
#include "baselines/process/launch.h"

#include "baselines/process/launch_child.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 10000 }; /* a worker may take to start, at least, however short its calls */

static const char *const stage_texts[STAGE_COUNT] = {
    [STAGE_LIMITS] = "the worker's limits and privileges could not be set",
    [STAGE_EXEC] = "the worker's program could not be executed",
    [STAGE_BOOTSTRAP] = "the worker did not understand the host: were both built together?",
    [STAGE_RINGS] = "the worker could not map the rings: is its memory limit too small?",
    [STAGE_FILTER] = "the worker could not install its system-call filter",
};

char *launch_find_program(const char *library, struct og_fault *fault)
{
    static const char *const places[] = {"", "../bin/"};
    char own[4096];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    if (length < 0) {
        og_fail(fault, OG_NOT_FOUND, library, 0,
                "/proc/self/exe cannot be read: give the worker's path in the options");
        return NULL;
    }
    own[length] = '\0';
    int folder = (int)(strrchr(own, '/') + 1 - own);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char *program;
        if (asprintf(&program, "%.*s%sog-worker-%s", folder, own, places[i], library) < 0) {
            og_fail(fault, OG_NO_MEMORY, library, 0, NULL);
            return NULL;
        }
        if (access(program, X_OK) == 0)
            return program;
        free(program);
    }
    char message[sizeof fault->message];
    snprintf(message, sizeof message,
             "no program og-worker-%s beside this one or in ../bin: build it, or name its path",
             library);
    og_fail(fault, OG_NOT_FOUND, library, 0, message);
    return NULL;
}

/* Shared memory that nobody can shrink (a host that touches missing pages dies). */
static int make_rings(const struct launch_plan *plan, struct launched_worker *worker)
{
    worker->memory_size = ring_memory_size(plan->ring_bytes);
    int file = memfd_create("process-rings", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0)
        return -1;
    if (ftruncate(file, (off_t)worker->memory_size) == 0 &&
        fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
        worker->memory =
            mmap(NULL, worker->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (worker->memory != MAP_FAILED)
            return file;
        worker->memory = NULL;
    }
    int error = errno;
    close(file);
    errno = error;
    return -1;
}

/* Two pipes, whose ends on the host's side never block. The worker's side is in `given`. */
static int make_pipes(struct launched_worker *worker, int given[2])
{
    int calls[2], answers[2];
    if (pipe2(calls, O_CLOEXEC) != 0)
        return -1;
    worker->calls_kept = calls[0];
    worker->calls = calls[1];
    if (pipe2(answers, O_CLOEXEC) != 0)
        return -1;
    worker->answers = answers[0];
    given[0] = fcntl(calls[0], F_DUPFD_CLOEXEC, 0);
    given[1] = answers[1];
    if (given[0] < 0 || fcntl(worker->calls, F_SETFL, O_NONBLOCK) != 0 ||
        fcntl(worker->answers, F_SETFL, O_NONBLOCK) != 0)
        return -1;
    return 0;
}

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)

/* As fork(), but into the namespaces given. Signals are blocked around it: a
 * handler of the host must not run in the child. */
static pid_t clone_into(unsigned long namespaces, int *process)
{
    return (pid_t)syscall(SYS_clone, namespaces | CLONE_PIDFD | SIGCHLD, NULL, process, NULL, 0);
}

static pid_t clone_child(struct child_plan *plan, bool refuse_partial_sandbox,
                         struct launched_worker *worker)
{
    /* An unprivileged user gets the others together with a user namespace; where
     * those are switched off, root can still have the rest. */
    static const unsigned long attempts[] = {CLONE_NEWUSER | NAMESPACES, NAMESPACES, 0};
    size_t count = refuse_partial_sandbox ? 1 : sizeof attempts / sizeof attempts[0];
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = -1;
    for (size_t i = 0; i < count && pid < 0; i++) {
        plan->own_mounts = attempts[i] & CLONE_NEWNS;
        plan->own_host_name = attempts[i] & CLONE_NEWUTS;
        pid = clone_into(attempts[i], &worker->process);
        if (pid == 0)
            launch_child(plan);
        if (pid < 0 && errno == EAGAIN)
            break;
        worker->confinement = (struct process_confinement){
            .user_namespace = attempts[i] & CLONE_NEWUSER,
            .mount_namespace = attempts[i] & CLONE_NEWNS,
            .process_namespace = attempts[i] & CLONE_NEWPID,
            .network_namespace = attempts[i] & CLONE_NEWNET,
            .ipc_namespace = attempts[i] & CLONE_NEWIPC,
            .host_name_namespace = attempts[i] & CLONE_NEWUTS,
        };
    }
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return pid;
}

static enum og_error start_failed(enum channel_status status, struct og_fault *fault)
{
    switch (status) {
    case CHANNEL_LATE:
        return og_fail(fault, OG_DEADLINE, NULL, 0, "the worker did not start in time");
    case CHANNEL_CLOSED:
        return og_fail(fault, OG_FAULTED, NULL, 0,
                       "the worker ended while it started: is a shared library missing?");
    case CHANNEL_NO_MEMORY:
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "no memory for what is sent to a worker");
    case CHANNEL_SYSTEM:
        return og_fail_system(fault, errno, NULL, 0, "the worker's socket failed while it started");
    default:
        return og_fail(fault, OG_CONTRACT, NULL, 0, "the worker's first words were not a report");
    }
}

/* Receives the worker's reports until its filter is in force. */
static enum og_error follow_start(struct channel *channel, struct launched_worker *worker,
                                  const char *program, struct og_fault *fault)
{
    struct worker_report report;
    do {
        enum channel_status status = channel_receive_bytes(channel, &report, sizeof report);
        if (status)
            return start_failed(status, fault);
        if (report.magic != REPORT_MAGIC || report.stage == 0 || report.stage >= STAGE_COUNT)
            return start_failed(CHANNEL_BROKEN, fault);
        if (report.system_error) {
            og_fail_system(fault, report.system_error, NULL, 0, stage_texts[report.stage]);
            enum og_error error = report.stage == STAGE_FILTER ? OG_UNSUPPORTED
                                  : report.stage == STAGE_EXEC && report.system_error == ENOENT
                                      ? OG_NOT_FOUND
                                      : OG_SYSTEM;
            return og_fail(fault, error, program, 0, stage_texts[report.stage]);
        }
        if (report.stage == STAGE_LIMITS) {
            worker->confinement.read_only_mounts = report.read_only_mounts != 0;
            worker->confinement.landlock = report.landlock != 0;
        }
    } while (report.stage != STAGE_FILTER);
    worker->confinement.no_new_privileges = true;
    worker->confinement.resource_limits = true;
    worker->confinement.system_call_filter = true;
    return OG_OK;
}

static enum og_error introduce(const struct launch_plan *plan, struct launched_worker *worker,
                               struct og_fault *fault)
{
    struct worker_bootstrap bootstrap = {
        .magic = BOOTSTRAP_MAGIC,
        .transport = plan->transport,
        .ring_bytes = (uint32_t)plan->ring_bytes,
        .spin_ns = plan->spin_ns,
        .message_limit = plan->message_limit,
        .generation = plan->generation,
        .filter_length = (uint32_t)plan->filter_length,
        .waiting = plan->waiting,
    };
    struct channel channel;
    channel_init_socket(&channel, worker->socket, true, plan->message_limit);
    uint64_t patience = plan->deadline_ms < START_MS ? START_MS : plan->deadline_ms;
    channel_set_deadline(&channel, patience);
    enum channel_status status = channel_send_bytes(&channel, &bootstrap, sizeof bootstrap);
    if (!status)
        status =
            channel_send_bytes(&channel, plan->filter, plan->filter_length * sizeof *plan->filter);
    enum og_error error = OG_OK;
    /* A child that could not start has said why before its end was closed. */
    if (!status || status == CHANNEL_CLOSED)
        error = follow_start(&channel, worker, plan->program, fault);
    else
        error = start_failed(status, fault);
    channel_free(&channel);
    return error;
}

static void close_end(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

enum og_error launch_start(const struct launch_plan *plan, struct launched_worker *worker,
                           struct og_fault *fault)
{
    int sockets[2] = {-1, -1}, given[2] = {-1, -1};
    enum og_error error;
    *worker = LAUNCHED_NONE;
    worker->host = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        return og_fail_system(fault, errno, NULL, 0, "no socket pair for a worker");
    worker->socket = sockets[0];
    if (plan->transport == PROCESS_RING && (given[0] = make_rings(plan, worker)) < 0) {
        error = og_fail_system(fault, errno, NULL, 0, "no shared memory for a worker's rings");
        goto fail;
    }
    if (plan->transport == PROCESS_PIPE && make_pipes(worker, given) != 0) {
        error = og_fail_system(fault, errno, NULL, 0, "no pipes for a worker");
        goto fail;
    }
    struct child_plan child = {
        .program = plan->program,
        .socket = sockets[1],
        .given = {given[0], given[1]},
        .processor = plan->processor,
        .memory = plan->worker_memory,
    };
    worker->pid = clone_child(&child, plan->refuse_partial_sandbox, worker);
    if (worker->pid < 0) {
        worker->pid = 0;
        worker->process = -1;
        error = og_fail_system(fault, errno, NULL, 0, "no process for a worker");
        if (plan->refuse_partial_sandbox)
            error = og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                            "this system does not permit the worker's namespaces");
        goto fail;
    }
    error = OG_OK;
fail:
    /* The worker's own ends, which it has now. */
    close_end(&sockets[1]);
    close_end(&given[0]);
    close_end(&given[1]);
    if (!error)
        error = introduce(plan, worker, fault);
    if (!error)
        return OG_OK;
    launch_end(worker, 0, NULL);
    return error;
}

/* Does it end within that time? However often the host is interrupted. */
static bool ends_within(int process, int wait_ms)
{
    struct pollfd ended = {.fd = process, .events = POLLIN};
    uint64_t until = ring_clock() + (uint64_t)wait_ms * 1000000u;
    int count;
    while ((count = poll(&ended, 1, wait_ms)) < 0 && errno == EINTR) {
        uint64_t now = ring_clock();
        wait_ms = now < until ? (int)((until - now) / 1000000u) : 0;
    }
    return count == 1;
}

/* Reaps it; `info` is all zero where the kernel has forgotten. */
static void reap(int process, siginfo_t *info)
{
    *info = (siginfo_t){0};
    /* ECHILD: the host ignores SIGCHLD or has reaped it already. */
    while (waitid(P_PIDFD, (id_t)process, info, WEXITED) != 0 && errno == EINTR)
        continue;
}

void launch_end(struct launched_worker *worker, int wait_ms, siginfo_t *end)
{
    bool is_ours = worker->process >= 0 && worker->host == getpid(), by_itself = false;
    if (end)
        *end = (siginfo_t){0};
    if (is_ours) {
        by_itself = ends_within(worker->process, wait_ms);
        syscall(SYS_pidfd_send_signal, worker->process, SIGKILL, NULL, 0);
    }
    /* While the kernel takes the worker apart, which may be on another processor. */
    close_end(&worker->socket);
    close_end(&worker->calls);
    close_end(&worker->calls_kept);
    close_end(&worker->answers);
    if (worker->memory)
        munmap(worker->memory, worker->memory_size);
    if (is_ours) {
        siginfo_t info;
        reap(worker->process, &info);
        if (end && by_itself) {
            *end = info;
            end->si_pid = worker->pid;
        }
    }
    close_end(&worker->process);
    struct process_confinement confinement = worker->confinement;
    *worker = LAUNCHED_NONE;
    worker->confinement = confinement;
}
