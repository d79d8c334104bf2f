/* What a domain's process may ask of the kernel. The table is the policy: what is not in it is
 * refused (EPERM). There is no call in it that makes another thread or process, that arranges a
 * signal for later, that opens a file without the host, or that has to do with another process:
 * so a process that waits for the host stands still. Decision 148. */
#include "starter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

/* Headers from before Linux 5.19 lack it. */
#define KILLABLE (1UL << 5) /* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV */

enum what {
    ASK,    /* the host, and wait for it */
    ALLOW,  /* nothing of it can be kept, or reaches anybody */
    SERVE,  /* by the starter's own code */
    DO,     /* the same, which may make the call itself: it is about memory of the process's own */
    OWN,    /* the starter's alone */
    REFUSE, /* with an error that the C library knows what to do with */
    MEMORY_ONLY, /* a futex: waiting and waking */
    LOOK_ONLY,   /* limits of its own, to be read */
};

static const struct {
    short number;
    unsigned char what, error;
} policy[] = {
    {PROC_RETURN, ASK, 0},
    {SYS_openat, ASK, 0},
    {SYS_write, ASK, 0},
    {SYS_writev, ASK, 0},

    {SYS_futex, MEMORY_ONLY, 0},
    {SYS_clock_gettime, ALLOW, 0},
    {SYS_clock_getres, ALLOW, 0},
    {SYS_gettimeofday, ALLOW, 0},
    {SYS_time, ALLOW, 0},
    {SYS_nanosleep, ALLOW, 0},
    {SYS_clock_nanosleep, ALLOW, 0},
    {SYS_pause, ALLOW, 0},
    {SYS_poll, ALLOW, 0},
    {SYS_select, ALLOW, 0},
    {SYS_sched_yield, ALLOW, 0},
    {SYS_getrandom, ALLOW, 0},
    {SYS_getpid, ALLOW, 0},
    {SYS_gettid, ALLOW, 0},
    {SYS_getuid, ALLOW, 0},
    {SYS_geteuid, ALLOW, 0},
    {SYS_getgid, ALLOW, 0},
    {SYS_getegid, ALLOW, 0},
    {SYS_arch_prctl, ALLOW, 0},
    {SYS_rt_sigreturn, ALLOW, 0},
    {SYS_restart_syscall, ALLOW, 0},
    {SYS_prlimit64, LOOK_ONLY, 0},
    /* Of the files that the host has opened: libraries, while they are loaded. */
    {SYS_read, ALLOW, 0},
    {SYS_pread64, ALLOW, 0},
    {SYS_lseek, ALLOW, 0},
    {SYS_close, ALLOW, 0},

    {SYS_mmap, DO, 0},
    {SYS_munmap, DO, 0},
    {SYS_mprotect, DO, 0},
    {SYS_madvise, DO, 0},
    {SYS_fstat, DO, 0}, /* of a file that the host has opened */
    {SYS_exit_group, DO, 0},
    {SYS_brk, SERVE, 0},
    {SYS_exit, SERVE, 0},
    {SYS_kill, SERVE, 0},
    {SYS_tkill, SERVE, 0},
    {SYS_tgkill, SERVE, 0},
    {SYS_newfstatat, SERVE, 0},
    {SYS_sysinfo, SERVE, 0},
    {SYS_set_tid_address, SERVE, 0},
    {SYS_rt_sigaction, SERVE, 0},
    {SYS_rt_sigprocmask, SERVE, 0},
    {SYS_sigaltstack, SERVE, 0},
    {SYS_sendmsg, OWN, 0},

    {SYS_clone, REFUSE, EAGAIN}, /* there can be no more threads or processes now */
    {SYS_fork, REFUSE, EAGAIN},
    {SYS_vfork, REFUSE, EAGAIN},
    {SYS_clone3, REFUSE, ENOSYS}, /* then clone is tried */
    {SYS_rseq, REFUSE, ENOSYS},
    {SYS_set_robust_list, REFUSE, ENOSYS},
    {SYS_readlink, REFUSE, EINVAL},
    {SYS_ioctl, REFUSE, ENOTTY},
};

static struct sock_filter program[512];
static unsigned short length;

static void add(unsigned short code, uint32_t value, unsigned char jump_true,
                unsigned char jump_false)
{
    program[length++] = (struct sock_filter){code, jump_true, jump_false, value};
}

static void load(uint32_t offset)
{
    add(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void answer(uint32_t action)
{
    add(BPF_RET | BPF_K, action, 0, 0);
}

/* Unless the word is `value`: that answer. */
static void insist(uint32_t value, uint32_t otherwise)
{
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
    answer(otherwise);
}

static uint32_t argument(int number, int half)
{
    return (uint32_t)offsetof(struct seccomp_data, args) + 8 * (uint32_t)number +
           4 * (uint32_t)half;
}

/* Addresses below 4 GiB are the starter's. */
static void allow_own(uint32_t otherwise)
{
    load(offsetof(struct seccomp_data, instruction_pointer) + 4);
    insist(0, otherwise);
    answer(SECCOMP_RET_ALLOW);
}

static void add_answer(enum what what, uint32_t error)
{
    const uint32_t refused = SECCOMP_RET_ERRNO | EPERM;
    switch (what) {
    case ASK:
        answer(SECCOMP_RET_USER_NOTIF);
        break;
    case ALLOW:
        answer(SECCOMP_RET_ALLOW);
        break;
    case SERVE:
        answer(SECCOMP_RET_TRAP);
        break;
    case DO:
        allow_own(SECCOMP_RET_TRAP);
        break;
    case OWN:
        allow_own(refused);
        break;
    case REFUSE:
        answer(SECCOMP_RET_ERRNO | error);
        break;
    case MEMORY_ONLY:
        load(argument(1, 0));
        add(BPF_ALU | BPF_AND | BPF_K, FUTEX_CMD_MASK & 0x7f, 0, 0);
        add(BPF_JMP | BPF_JEQ | BPF_K, FUTEX_WAIT, 4, 0);
        add(BPF_JMP | BPF_JEQ | BPF_K, FUTEX_WAKE, 3, 0);
        add(BPF_JMP | BPF_JEQ | BPF_K, FUTEX_WAIT_BITSET, 2, 0);
        add(BPF_JMP | BPF_JEQ | BPF_K, FUTEX_WAKE_BITSET, 1, 0);
        answer(refused);
        answer(SECCOMP_RET_ALLOW);
        break;
    case LOOK_ONLY:
        for (int half = 0; half < 2; half++) {
            load(argument(0, half));
            insist(0, refused);
            load(argument(2, half));
            insist(0, refused);
        }
        answer(SECCOMP_RET_ALLOW);
        break;
    }
}

static void build(void)
{
    load(offsetof(struct seccomp_data, arch));
    insist(AUDIT_ARCH_X86_64, SECCOMP_RET_KILL_PROCESS);
    for (unsigned i = 0; i < sizeof(policy) / sizeof(policy[0]); i++) {
        load(offsetof(struct seccomp_data, nr));
        unsigned short jump = length;
        add(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)policy[i].number, 0, 0);
        add_answer((enum what)policy[i].what, policy[i].error);
        program[jump].jf = (unsigned char)(length - jump - 1);
    }
    answer(SECCOMP_RET_ERRNO | EPERM);
}

long starter_filter(void)
{
    build();
    const struct sock_fprog filter = {length, program};
    long listener =
        starter_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                     SECCOMP_FILTER_FLAG_NEW_LISTENER | (long)KILLABLE, (long)&filter, 0, 0, 0);
    if (listener == -EINVAL)
        listener = starter_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                SECCOMP_FILTER_FLAG_NEW_LISTENER, (long)&filter, 0, 0, 0);
    return listener;
}
