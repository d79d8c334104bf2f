/* The default policy: memory inside the arena, clocks, sleep, randomness, writes to nowhere, the
 * thread's own state, and the end. Files only where the domain's options name them, and
 * libraries while it loads. All else is refused with EPERM, or ENOSYS where libc then does
 * without. */
#include "policy.h"

#include <errno.h>
#include <sys/syscall.h>

struct entry {
    mpk_syscall_function *function;
    int error; /* where there is no function; 0: EPERM */
};

static const struct entry table[] = {
    [SYS_brk] = {mpk_syscall_brk, 0},
    [SYS_mmap] = {mpk_syscall_mmap, 0},
    [SYS_munmap] = {mpk_syscall_munmap, 0},
    [SYS_mprotect] = {mpk_syscall_mprotect, 0},
    [SYS_mremap] = {mpk_syscall_mremap, 0},
    [SYS_madvise] = {mpk_syscall_madvise, 0},
    [SYS_mlock] = {mpk_syscall_mlock, 0},
    [SYS_mlock2] = {mpk_syscall_mlock2, 0},
    [SYS_munlock] = {mpk_syscall_munlock, 0},

    [SYS_open] = {mpk_syscall_open, 0},
    [SYS_openat] = {mpk_syscall_openat, 0},
    [SYS_read] = {mpk_syscall_read, 0},
    [SYS_pread64] = {mpk_syscall_pread, 0},
    [SYS_lseek] = {mpk_syscall_lseek, 0},
    [SYS_close] = {mpk_syscall_close, 0},
    [SYS_fstat] = {mpk_syscall_fstat, 0},
    [SYS_newfstatat] = {mpk_syscall_newfstatat, 0},
    [SYS_access] = {mpk_syscall_access, 0},
    [SYS_faccessat] = {mpk_syscall_faccessat, 0},
    [SYS_readlink] = {NULL, EINVAL},
    [SYS_ioctl] = {NULL, ENOTTY},
    [SYS_write] = {mpk_syscall_write, 0},
    [SYS_writev] = {mpk_syscall_writev, 0},

    [SYS_clock_gettime] = {mpk_syscall_clock_gettime, 0},
    [SYS_clock_getres] = {mpk_syscall_clock_getres, 0},
    [SYS_gettimeofday] = {mpk_syscall_gettimeofday, 0},
    [SYS_time] = {mpk_syscall_time, 0},
    [SYS_nanosleep] = {mpk_syscall_nanosleep, 0},
    [SYS_clock_nanosleep] = {mpk_syscall_clock_nanosleep, 0},
    [SYS_poll] = {mpk_syscall_poll, 0},
    [SYS_ppoll] = {mpk_syscall_ppoll, 0},
    [SYS_select] = {mpk_syscall_select, 0},
    [SYS_pselect6] = {mpk_syscall_pselect6, 0},
    [SYS_pause] = {mpk_syscall_pause, 0},
    [SYS_rt_sigsuspend] = {mpk_syscall_rt_sigsuspend, 0},
    [SYS_rt_sigtimedwait] = {mpk_syscall_rt_sigtimedwait, 0},
    [SYS_futex] = {mpk_syscall_futex, 0},
    [SYS_getrandom] = {mpk_syscall_getrandom, 0},

    [SYS_arch_prctl] = {mpk_syscall_arch_prctl, 0},
    [SYS_set_tid_address] = {mpk_syscall_identity, 0},
    [SYS_gettid] = {mpk_syscall_identity, 0},
    [SYS_getpid] = {mpk_syscall_identity, 0},
    [SYS_set_robust_list] = {mpk_syscall_nothing, 0},
    [SYS_rt_sigprocmask] = {mpk_syscall_nothing, 0},
    [SYS_rt_sigaction] = {NULL, EPERM},
    [SYS_clone3] = {NULL, ENOSYS}, /* then clone is tried */
    [SYS_clone] = {NULL, EAGAIN},  /* pthread_create's way to say that there can be no more */
    [SYS_fork] = {NULL, EAGAIN},   /* and fork's */
    [SYS_vfork] = {NULL, EAGAIN},
    [SYS_rseq] = {NULL, ENOSYS},
    [SYS_sched_yield] = {mpk_syscall_sched_yield, 0},
    [SYS_prlimit64] = {mpk_syscall_prlimit64, 0},
    [SYS_uname] = {mpk_syscall_uname, 0},
    [SYS_sysinfo] = {mpk_syscall_sysinfo, 0},

    [SYS_exit] = {mpk_syscall_exit, 0},
    [SYS_exit_group] = {mpk_syscall_exit, 0},
    [SYS_kill] = {mpk_syscall_kill, 0},
    [SYS_tkill] = {mpk_syscall_kill, 0},
    [SYS_tgkill] = {mpk_syscall_kill, 0},
};

int64_t mpk_policy_serve(struct mpk_syscall *call)
{
    const struct entry refused = {NULL, EPERM};
    const struct entry *entry = &refused;
    if (call->number == MPK_BOOTED)
        return mpk_syscall_booted(call);
    if (call->number < sizeof(table) / sizeof(table[0]))
        entry = &table[call->number];
    if (entry->function)
        return entry->function(call);
    return -(entry->error ? entry->error : EPERM);
}
