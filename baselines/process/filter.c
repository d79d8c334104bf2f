/* The calls a worker may make, those it is refused, and by silence those that end it.
 *
 * Allowed is what a worker that computes, allocates and talks over its own descriptors cannot do
 * without, and what tells it nothing but of itself, the time and the machine. Refused is what
 * ordinary libraries do by the way and go on without: they get an error that the C library takes
 * for an answer. All else no honest library has use for here. docs/process-sandbox.md names each.
 */
#include "baselines/process/filter.h"

#include "baselines/process/message.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is done about one call, where all of `arguments` (up to the first without an operation)
 * are so. No two rules for a call may match at once. */
struct rule {
    int call;
    uint32_t action;
    struct scmp_arg_cmp arguments[2];
};

/* clang-format off */
#define ALLOW(name)                 {SCMP_SYS(name), SCMP_ACT_ALLOW, {{0}}}
#define ALLOW_IF(name, ...)         {SCMP_SYS(name), SCMP_ACT_ALLOW, {__VA_ARGS__}}
/* The call is not made, and returns `error`. */
#define REFUSE(error, name)         {SCMP_SYS(name), SCMP_ACT_ERRNO(error), {{0}}}
#define REFUSE_IF(error, name, ...) {SCMP_SYS(name), SCMP_ACT_ERRNO(error), {__VA_ARGS__}}
/* Argument number `index`: is `value`; is not; is at least; is at most; masked, is `value`. */
#define IS(index, value)            {(index), SCMP_CMP_EQ, (value), 0}
#define IS_NOT(index, value)        {(index), SCMP_CMP_NE, (value), 0}
#define FROM(index, value)          {(index), SCMP_CMP_GE, (value), 0}
#define UP_TO(index, value)         {(index), SCMP_CMP_LE, (value), 0}
#define MASKED(index, mask, value)  {(index), SCMP_CMP_MASKED_EQ, (mask), (value)}
/* clang-format on */
/* Of an int's bits, none but `bits` is set. */
#define ONLY(index, bits) MASKED((index), ~(scmp_datum_t)(bits)&UINT32_MAX, 0)
/* An open that only reads (O_TMPFILE has to write). */
#define READS(index) MASKED((index), O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY)

static const struct rule messages[] = {
    /* With the flags that we use: others, as out-of-band data, are another part of the kernel, one
     * that sandboxes were left through (CVE-2025-38236). */
    ALLOW_IF(recvfrom, IS(0, WORKER_SOCKET), ONLY(3, MSG_WAITALL)),
    ALLOW_IF(sendmsg, IS(0, WORKER_SOCKET), MASKED(2, UINT32_MAX, MSG_NOSIGNAL)),
    /* Waiting and waking, on shared or private words; and waiting until a time. */
    ALLOW_IF(futex, ONLY(1, FUTEX_WAIT | FUTEX_WAKE | FUTEX_PRIVATE_FLAG)),
    ALLOW_IF(futex,
             MASKED(1, ~(scmp_datum_t)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME) & UINT32_MAX,
                    FUTEX_WAIT_BITSET)),
    ALLOW(sched_yield),
};

static const struct rule pipe_messages[] = {
    ALLOW_IF(read, IS(0, WORKER_CALLS)),
    ALLOW_IF(write, IS(0, WORKER_ANSWERS)),
};

/* Anonymous memory that is never executable. */
static const struct rule memory[] = {
    ALLOW_IF(mmap, MASKED(2, PROT_EXEC, 0), MASKED(3, MAP_ANONYMOUS, MAP_ANONYMOUS)),
    ALLOW_IF(mprotect, MASKED(2, PROT_EXEC, 0)),
    ALLOW(brk),
    ALLOW(munmap),
    ALLOW(mremap),
    ALLOW(madvise),
};

/* Descriptors 0, 1 and 2 are /dev/null: what is printed goes nowhere, and nothing is to be read. */
static const struct rule standard_streams[] = {
    ALLOW_IF(read, IS(0, STDIN_FILENO)),    ALLOW_IF(write, IS(0, STDOUT_FILENO)),
    ALLOW_IF(write, IS(0, STDERR_FILENO)),  ALLOW_IF(writev, IS(0, STDOUT_FILENO)),
    ALLOW_IF(writev, IS(0, STDERR_FILENO)), ALLOW_IF(close, UP_TO(0, STDERR_FILENO)),
    ALLOW_IF(fcntl, IS(1, F_GETFD)),        ALLOW_IF(fcntl, IS(1, F_GETFL)),
};

/* The deadline goes on meanwhile. Who was stopped while asleep, or frozen with the machine, is made
 * to go on by a call of the kernel's own. */
static const struct rule sleeping[] = {
    ALLOW(restart_syscall),       ALLOW(nanosleep),          ALLOW(clock_nanosleep),
    ALLOW_IF(poll, IS(1, 0)),     ALLOW_IF(ppoll, IS(1, 0)), ALLOW_IF(select, IS(0, 0)),
    ALLOW_IF(pselect6, IS(0, 0)),
};

static const struct rule values[] = {
    ALLOW(exit_group),
    ALLOW(exit),
    ALLOW(getrandom),
    /* Where the vDSO cannot read the clock it falls back to these. */
    ALLOW(clock_gettime),
    ALLOW(clock_getres),
    ALLOW(gettimeofday),
    ALLOW(time),
    ALLOW(getcpu),
    ALLOW(times),
    ALLOW(getrusage),
    /* The C library does not look whether these two fail, and goes on with what was on its stack:
     * qsort asks how much memory there is before it sorts more than a kilobyte. */
    ALLOW(sysinfo),
    ALLOW(uname),
    ALLOW_IF(sched_getaffinity, IS(0, 0)),
    ALLOW_IF(prlimit64, IS(0, 0), IS(2, 0)),
    ALLOW(getrlimit),
    ALLOW(getpid),
    ALLOW(getppid),
    ALLOW(gettid),
    ALLOW(getuid),
    ALLOW(geteuid),
    ALLOW(getgid),
    ALLOW(getegid),
    /* Nobody sends it any but SIGKILL. */
    ALLOW(rt_sigprocmask),
};

/* Files that are read are not there. Those that are written, made or taken away end the worker. */
static const struct rule files[] = {
    REFUSE_IF(ENOENT, open, READS(1)),
    REFUSE_IF(ENOENT, openat, READS(2)),
    REFUSE(ENOENT, stat),
    REFUSE(ENOENT, lstat),
    REFUSE(ENOENT, newfstatat),
    REFUSE(ENOENT, statx),
    REFUSE(ENOENT, access),
    REFUSE(ENOENT, faccessat),
    REFUSE(ENOENT, faccessat2),
    REFUSE(ENOENT, readlink),
    REFUSE(ENOENT, readlinkat),
    REFUSE(ENOENT, getcwd),
    REFUSE(EBADF, fstat),
    REFUSE_IF(EBADF, close, FROM(0, WORKER_ANSWERS + 1)),
    REFUSE(ENOTTY, ioctl),
    REFUSE(ESPIPE, lseek),
    REFUSE(EMFILE, dup), /* perror, which then does without */
};

/* As pthread_create makes a thread. It is told that there is no room for one; of clone3, whose
 * flags are in memory, that it is not there, for then it tries clone. */
enum {
    THREAD_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND |
                   CLONE_THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID
};
static const struct rule threads[] = {
    REFUSE(ENOSYS, clone3),
    REFUSE_IF(EAGAIN, clone, IS(0, THREAD_FLAGS)),
    REFUSE_IF(EPERM, sched_getaffinity, IS_NOT(0, 0)),
    REFUSE(EPERM, sched_setaffinity),
    REFUSE(ENOSYS, membarrier),
};

static const struct rule memory_hints[] = {
    REFUSE(EPERM, mlock),          REFUSE(EPERM, mlock2),         REFUSE(EPERM, munlock),
    REFUSE(EPERM, mlockall),       REFUSE(EPERM, munlockall),     REFUSE(ENOSYS, mincore),
    REFUSE(ENOSYS, get_mempolicy), REFUSE(ENOSYS, set_mempolicy), REFUSE(ENOSYS, mbind),
};

static const struct rule signals[] = {
    REFUSE(EPERM, rt_sigaction),
    REFUSE(EPERM, sigaltstack),
};
/* AddressSanitizer handles the signals of faults. */
static const struct rule sanitizer_signals[] = {
    ALLOW(rt_sigaction),
    ALLOW(sigaltstack),
};

struct rules {
    const struct rule *rules;
    size_t count;
};
#define RULES(of) ((struct rules){(of), sizeof(of) / sizeof((of)[0])})

static int add(scmp_filter_ctx filter, struct rules added)
{
    int error = 0;
    for (size_t i = 0; !error && i < added.count; i++) {
        const struct rule *rule = &added.rules[i];
        unsigned arguments = 0;
        while (arguments < 2 && rule->arguments[arguments].op)
            arguments++;
        error =
            seccomp_rule_add_array(filter, rule->action, rule->call, arguments, rule->arguments);
    }
    return error;
}

static int add_rules(scmp_filter_ctx filter, enum process_transport transport)
{
    const struct rules all[] = {
        RULES(messages),
        transport == PROCESS_PIPE ? RULES(pipe_messages) : (struct rules){NULL, 0},
        RULES(memory),
        RULES(standard_streams),
        RULES(sleeping),
        RULES(values),
        RULES(files),
        RULES(threads),
        RULES(memory_hints),
        PROCESS_SANITIZED ? RULES(sanitizer_signals) : RULES(signals),
    };
    int error = 0;
    for (size_t i = 0; !error && i < sizeof(all) / sizeof(all[0]); i++)
        error = add(filter, all[i]);
    return error;
}

/* The kernel goes through the program from its start at each call: those of messages come first. */
static int put_messages_first(scmp_filter_ctx filter)
{
    static const int first[] = {SCMP_SYS(recvfrom), SCMP_SYS(sendmsg),     SCMP_SYS(read),
                                SCMP_SYS(write),    SCMP_SYS(sched_yield), SCMP_SYS(futex)};
    int error = 0;
    for (size_t i = 0; !error && i < sizeof first / sizeof first[0]; i++)
        error = seccomp_syscall_priority(filter, first[i], UINT8_MAX);
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
        error = -put_messages_first(filter);
    if (!error)
        error = -add_rules(filter, transport);
    if (!error)
        error = export_program(filter, instructions, count);
    seccomp_release(filter);
    return error;
}
