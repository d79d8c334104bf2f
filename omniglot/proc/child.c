/* The process of a domain: starting it, ending it, and how it has ended. */
#include "proc.h"

#include "omniglot/proc/inside/starter.h"
#include "omniglot/proc/program_image.h"
#include "omniglot/proc/starter_image.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Headers from before Linux 6.3, 6.6 lack them. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS      SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

static const char loader[] = "/lib64/ld-linux-x86-64.so.2";

/* A file of these bytes, or -1 and errno. */
static int make_file(const char *name, const unsigned char *bytes, size_t size)
{
    int file = memfd_create(name, MFD_CLOEXEC | MFD_EXEC);
    if (file < 0 && errno == EINVAL)
        file = memfd_create(name, MFD_CLOEXEC);
    for (size_t done = 0; file >= 0 && done < size;) {
        ssize_t written = write(file, bytes + done, size - done);
        if (written <= 0) {
            close(file);
            return -1;
        }
        done += (size_t)written;
    }
    return file;
}

/* The listener that the starter sends; or -1: it has ended. */
static int receive_listener(int socket)
{
    char byte;
    struct iovec piece = {&byte, 1};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    ssize_t got;
    int file = -1;
    do
        got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (got == 1 && header && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(&file, CMSG_DATA(header), sizeof(file));
    return file;
}

/* Waits for its end. Its status as waitid tells it, or 0: somebody else has waited for it. */
static siginfo_t bury(struct proc_domain *domain)
{
    siginfo_t info = {0};
    while (domain->process >= 0 && waitid(P_PIDFD, (id_t)domain->process, &info, WEXITED) < 0 &&
           errno == EINTR)
        continue;
    if (domain->process >= 0) {
        /* Where the host ignores SIGCHLD, or waits for all, its end is seen here. */
        struct pollfd end = {.fd = domain->process, .events = POLLIN};
        while (poll(&end, 1, -1) < 0 && errno == EINTR)
            continue;
        close(domain->process);
    }
    if (domain->listener >= 0)
        close(domain->listener);
    domain->process = domain->listener = -1;
    domain->asks = 0;
    return info;
}

void proc_child_end(struct proc_domain *domain)
{
    if (domain->process >= 0)
        syscall(SYS_pidfd_send_signal, domain->process, SIGKILL, NULL, 0);
    bury(domain);
}

void proc_child_leave(struct proc_domain *domain)
{
    if (domain->process >= 0)
        close(domain->process);
    if (domain->listener >= 0)
        close(domain->listener);
    domain->process = domain->listener = -1;
    domain->asks = 0;
}

enum og_error proc_child_tell(struct proc_domain *domain, struct og_fault *fault)
{
    const siginfo_t info = bury(domain);
    bool was_killed = info.si_pid && info.si_code != CLD_EXITED;
    og_fail(fault, OG_FAULTED, NULL, 0,
            was_killed && info.si_status == SIGKILL
                ? "the library's process was killed: by somebody, or for want of memory"
            : was_killed ? "a signal ended the library's process"
                         : "the library's process ended");
    if (fault && was_killed)
        fault->signal = info.si_status;
    return OG_FAULTED;
}

/* Why the starter has ended. */
static enum og_error tell_start(struct proc_domain *domain, struct og_fault *fault)
{
    const siginfo_t info = bury(domain);
    const char *why = "the library's process ended while it started";
    switch (info.si_code == CLD_EXITED ? info.si_status : 0) {
    case STARTER_ARENA_IS_TAKEN:
        return og_fail(fault, OG_BUSY, NULL, 0, "the arena's addresses are taken in the process");
    case STARTER_NO_ARENA:
        return og_fail(fault, OG_NO_MEMORY, NULL, 0,
                       "the library's process cannot map the arena (ulimit -v?)");
    case STARTER_NO_FILTER:
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "the kernel refuses the library's process its seccomp filter");
    case STARTER_HAS_LISTENER:
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "a seccomp filter that this process has inherited (a container's) has a "
                       "supervisor, and there can be but one");
    case STARTER_NO_LISTENER:
        why = "the library's process cannot send its seccomp listener";
        break;
    case STARTER_NO_LIMITS:
        why = "the library's process cannot set its limits";
        break;
    case STARTER_NO_LOADER:
        return og_fail(fault, OG_NO_MEMORY, NULL, 0,
                       "the dynamic loader cannot be mapped into the arena: more heap_size");
    case PROC_NO_DESCRIPTORS:
        why = "there are too few descriptors to start the library's process (ulimit -n)";
        break;
    case PROC_NO_CLOSING:
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "the kernel has no close_range (Linux 5.9 and later have it), or a filter "
                       "of the host's denies it");
    case PROC_NO_EXEC:
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "the kernel executes no file that is in memory alone (vm.memfd_noexec)");
    }
    return og_fail(fault, OG_SYSTEM, NULL, 0, why);
}

static void tell_layout(struct proc_domain *domain)
{
    struct proc_control *control = domain->control;
    control->arena = domain->arena;
    control->alternate = domain->alternate;
    control->code = domain->code;
    control->stack = domain->stack;
    control->heap = domain->heap;
    control->host = (uint64_t)getpid();
    memcpy(control->environment, domain->environment, domain->environment_size);
}

/* The descriptors of the plan but the arena's; -1 and errno. */
static int open_plan(struct proc_plan *plan, int sockets[2])
{
    plan->starter = make_file("omniglot-starter", proc_starter, sizeof(proc_starter));
    plan->program = make_file("omniglot-program", proc_program, sizeof(proc_program));
    plan->loader = open(loader, O_RDONLY | O_CLOEXEC);
    if (plan->starter < 0 || plan->program < 0 || plan->loader < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
        return -1;
    plan->socket = sockets[1];
    return 0;
}

static void close_if_any(int file)
{
    if (file >= 0)
        close(file);
}

static enum og_error start(struct proc_domain *domain, struct og_fault *fault)
{
    struct proc_plan plan = {-1, -1, -1, -1, -1, -1, 0, 0};
    int sockets[2] = {-1, -1};
    enum og_error error = proc_arena_renew(domain, &plan.arena, fault);
    if (!error && open_plan(&plan, sockets))
        error = og_fail_system(fault, errno, NULL, 0,
                               "cannot make what the library's process starts from");
    if (!error) {
        tell_layout(domain);
        int refused = proc_keeper_start(&plan);
        if (refused == EAGAIN) {
            error = og_fail(fault, OG_NO_MEMORY, NULL, 0,
                            "there can be no more threads or processes (ulimit -u)");
            if (fault)
                fault->system_error = refused;
        } else if (refused) {
            error = og_fail_system(fault, refused, NULL, 0, "cannot start the library's process");
        }
        domain->process = plan.process;
        domain->id = plan.id;
    }
    close_if_any(plan.arena);
    close_if_any(plan.starter);
    close_if_any(plan.program);
    close_if_any(plan.loader);
    close_if_any(sockets[1]);
    if (!error) {
        domain->listener = receive_listener(sockets[0]);
        if (domain->listener < 0)
            error = tell_start(domain, fault);
    }
    close_if_any(sockets[0]);
    return error;
}

enum og_error proc_child_start(struct proc_domain *domain, struct og_fault *fault)
{
    uint64_t left = domain->deadline;
    domain->is_loading = true;
    enum og_error error = start(domain, fault);
    if (error)
        return error;
    /* Linux 6.6: who is woken may go on at once on the same processor. */
    ioctl(domain->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
    if (proc_wait(domain, NULL, left ? &left : NULL, fault) != PROC_DONE) {
        proc_child_end(domain);
        return og_fail(fault, OG_SYSTEM, NULL, 0,
                       "the library's process ended in the dynamic loader (more heap_size?)");
    }
    const volatile struct proc_control *control = domain->control;
    domain->stubs = control->stubs;
    domain->stub_size = control->stub_size;
    return OG_OK;
}

/* It is asked where it is, by a signal that a handler of the starter's answers; then it is ended.
 */
enum og_error proc_child_interrupt(struct proc_domain *domain, struct og_fault *fault)
{
    enum { PATIENCE_MS = 50 };
    struct pollfd told = {.fd = domain->listener, .events = POLLIN};
    struct seccomp_notif said = {0};
    uintptr_t instruction = 0;
    const volatile struct proc_control *control = domain->control;
    syscall(SYS_pidfd_send_signal, domain->process, SIGALRM, NULL, 0);
    if (poll(&told, 1, PATIENCE_MS) == 1 && (told.revents & POLLIN) &&
        !ioctl(domain->listener, SECCOMP_IOCTL_NOTIF_RECV, &said) && said.data.nr == PROC_RETURN &&
        said.data.args[0] == PROC_FAULT && control->fault.signal == SIGALRM)
        instruction = control->fault.instruction;
    proc_child_end(domain);
    og_fail(fault, OG_DEADLINE, NULL, 0, NULL);
    if (fault)
        fault->instruction = instruction;
    return OG_DEADLINE;
}
