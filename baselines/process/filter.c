/* The allow-list. Each entry is here because a worker that computes, allocates
 * and talks over its own descriptors cannot do without it. */
#include "baselines/process/filter.h"

#include "baselines/process/message.h"
#include <errno.h>
#include <linux/futex.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define ALLOW(name, ...)                                                                           \
    allow(filter, SCMP_SYS(name), (struct scmp_arg_cmp[]){__VA_ARGS__},                            \
          sizeof((struct scmp_arg_cmp[]){__VA_ARGS__}) / sizeof(struct scmp_arg_cmp))
/* Argument number `index` is `value`; argument number `index`, masked, is `value`. */
#define IS(index, value)                                                                           \
    {                                                                                              \
        (index), SCMP_CMP_EQ, (value), 0                                                           \
    }
#define MASKED(index, mask, value)                                                                 \
    {                                                                                              \
        (index), SCMP_CMP_MASKED_EQ, (mask), (value)                                               \
    }
#define ALLOW_ANY(name) allow(filter, SCMP_SYS(name), NULL, 0)

static int allow(scmp_filter_ctx filter, int call, const struct scmp_arg_cmp *arguments,
                 size_t count)
{
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, (unsigned)count, arguments);
}

static int allow_messages(scmp_filter_ctx filter, enum process_transport transport)
{
    /* With the flags that we use: others, as out-of-band data, are another part of the kernel, one
     * that sandboxes were left through (CVE-2025-38236). */
    scmp_datum_t unused = ~(scmp_datum_t)MSG_WAITALL & UINT32_MAX;
    int error = ALLOW(recvfrom, IS(0, WORKER_SOCKET), MASKED(3, unused, 0));
    if (!error)
        error = ALLOW(sendmsg, IS(0, WORKER_SOCKET), MASKED(2, UINT32_MAX, MSG_NOSIGNAL));
    /* Waiting and waking, on shared or private words. */
    scmp_datum_t others = ~(scmp_datum_t)(FUTEX_WAIT | FUTEX_WAKE | FUTEX_PRIVATE_FLAG);
    if (!error)
        error = ALLOW(futex, MASKED(1, others & UINT32_MAX, 0));
    if (!error)
        error = ALLOW_ANY(sched_yield);
    if (!error && transport == PROCESS_PIPE)
        error = ALLOW(read, IS(0, WORKER_CALLS));
    if (!error && transport == PROCESS_PIPE)
        error = ALLOW(write, IS(0, WORKER_ANSWERS));
    return error;
}

/* Anonymous memory that is never executable. */
static int allow_memory(scmp_filter_ctx filter)
{
    int error = ALLOW(mmap, MASKED(2, PROT_EXEC, 0), MASKED(3, MAP_ANONYMOUS, MAP_ANONYMOUS));
    if (!error)
        error = ALLOW(mprotect, MASKED(2, PROT_EXEC, 0));
    if (!error)
        error = ALLOW_ANY(brk);
    if (!error)
        error = ALLOW_ANY(munmap);
    if (!error)
        error = ALLOW_ANY(mremap);
    if (!error)
        error = ALLOW_ANY(madvise);
    return error;
}

static int allow_values(scmp_filter_ctx filter)
{
    int error = ALLOW_ANY(exit_group);
    if (!error)
        error = ALLOW_ANY(exit);
    if (!error)
        error = ALLOW_ANY(getrandom);
    /* Where the vDSO cannot read the clock it falls back to these. */
    if (!error)
        error = ALLOW_ANY(clock_gettime);
    if (!error)
        error = ALLOW_ANY(gettimeofday);
    return error;
}

/* AddressSanitizer's own needs; none lets the worker reach anything new but
 * signals to itself and text on standard error, which is /dev/null. */
static int allow_sanitizer(scmp_filter_ctx filter)
{
    int error = ALLOW(write, IS(0, STDERR_FILENO));
    if (!error)
        error = ALLOW_ANY(sigaltstack);
    if (!error)
        error = ALLOW_ANY(rt_sigaction);
    if (!error)
        error = ALLOW_ANY(rt_sigprocmask);
    if (!error)
        error = ALLOW_ANY(getpid);
    if (!error)
        error = ALLOW_ANY(gettid);
    if (!error)
        error = ALLOW_ANY(sched_yield);
    return error;
}

/* libseccomp writes programs to descriptors only. */
static int export_program(scmp_filter_ctx filter, struct sock_filter **instructions, size_t *count)
{
    int file = memfd_create("process-filter", MFD_CLOEXEC);
    if (file < 0)
        return errno;
    int error = -seccomp_export_bpf(filter, file);
    off_t size = error ? 0 : lseek(file, 0, SEEK_END);
    *count = size > 0 ? (size_t)size / sizeof **instructions : 0;
    *instructions = NULL;
    if (!error && (*count == 0 || *count > FILTER_LENGTH_MAX))
        error = EINVAL;
    if (!error && !(*instructions = malloc((size_t)size)))
        error = ENOMEM;
    if (!error && pread(file, *instructions, (size_t)size, 0) != size) {
        free(*instructions);
        *instructions = NULL;
        error = EIO;
    }
    close(file);
    return error;
}

int filter_build(enum process_transport transport, struct sock_filter **instructions, size_t *count)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return ENOMEM;
    int error = -seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (!error)
        error = -allow_messages(filter, transport);
    if (!error)
        error = -allow_memory(filter);
    if (!error)
        error = -allow_values(filter);
    if (!error && PROCESS_SANITIZED)
        error = -allow_sanitizer(filter);
    if (!error)
        error = export_program(filter, instructions, count);
    seccomp_release(filter);
    return error;
}
