/* The system-call policy: what a domain gets when its code asks the kernel for something. The
 * table in policy.c is the policy; each family of calls is a file of this folder, and what they
 * share is in syscall.c.
 *
 * All of it runs in the signal handler with the host's rights, every signal blocked. Arguments
 * are the domain's and any number; pointers among them are checked before use. */
#ifndef OMNIGLOT_MPK_POLICY_H
#define OMNIGLOT_MPK_POLICY_H

#include "omniglot/mpk/mpk.h"

#include <sys/stat.h>

enum { MPK_FIRST_FILE = 3 /* the domain's number of its first file */ };

struct mpk_syscall {
    struct mpk_context *context;
    struct mpk_domain *domain;
    uint64_t number;
    uint64_t arguments[6];
    bool ends_call;            /* set by the policy: the call does not go on */
    bool again;                /* set by the policy: the same system call is made once more */
    struct og_fault fault;     /* with ends_call: why; OG_OK if it is no fault */
    struct mpk_output *output; /* set by the policy: the host is to hear this before it goes on */
};

/* What the domain gets in rax: a result or a negated errno. */
typedef int64_t mpk_syscall_function(struct mpk_syscall *call);

/* Serves one system call. */
int64_t mpk_policy_serve(struct mpk_syscall *call);

/* The domain's memory at `address`, if it can read and write all `size` bytes of it; or NULL. With
 * the domain's lock held until it is used: another thread of the domain could unmap it. (The host
 * could then touch it all the same, but the memory would count for nobody.) */
void *mpk_policy_memory(const struct mpk_syscall *call, uint64_t address, size_t size);
/* The same, if it can read them. No lock is needed: what can be read once, the host can read until
 * reset. What is there may change at any time. */
const void *mpk_policy_readable(const struct mpk_syscall *call, uint64_t address, size_t size);

/* How much of `size` bytes is read or filled at once: less than was asked for is a result that the
 * caller must expect, and no system call is to take longer than a deadline's tick or two. */
static inline size_t mpk_policy_at_once(uint64_t size)
{
    enum { AT_ONCE = 256 << 10 };
    return size < AT_ONCE ? size : AT_ONCE;
}

/* Copies a result to where the domain wants it, without the lock held. Returns 0 or -EFAULT. */
int64_t mpk_policy_hand_out(const struct mpk_syscall *call, uint64_t address, const void *bytes,
                            size_t size);

/* Ends the call with a fault. */
int64_t mpk_policy_fault(struct mpk_syscall *call, int signal, const char *message);

/* memory.c */
mpk_syscall_function mpk_syscall_brk, mpk_syscall_mmap, mpk_syscall_munmap, mpk_syscall_mprotect,
    mpk_syscall_mremap, mpk_syscall_madvise, mpk_syscall_mlock, mpk_syscall_mlock2,
    mpk_syscall_munlock;
/* file.c */
mpk_syscall_function mpk_syscall_openat, mpk_syscall_open, mpk_syscall_read, mpk_syscall_pread,
    mpk_syscall_lseek, mpk_syscall_close, mpk_syscall_fstat, mpk_syscall_newfstatat,
    mpk_syscall_access, mpk_syscall_faccessat;
void mpk_files_close(struct mpk_domain *domain);
/* The host's descriptor for the domain's, or -1. With the domain's lock held. */
int mpk_file_of(const struct mpk_domain *domain, uint64_t descriptor);
/* write.c */
mpk_syscall_function mpk_syscall_write, mpk_syscall_writev;
/* What a stream is that somebody hears; false: it is none. */
bool mpk_output_stat(const struct mpk_syscall *call, uint64_t descriptor, struct stat *status);
/* clock.c */
mpk_syscall_function mpk_syscall_clock_gettime, mpk_syscall_gettimeofday, mpk_syscall_time,
    mpk_syscall_clock_getres, mpk_syscall_nanosleep, mpk_syscall_clock_nanosleep, mpk_syscall_poll,
    mpk_syscall_ppoll, mpk_syscall_select, mpk_syscall_pselect6, mpk_syscall_pause,
    mpk_syscall_rt_sigsuspend, mpk_syscall_rt_sigtimedwait, mpk_syscall_futex;
/* random.c */
mpk_syscall_function mpk_syscall_getrandom;
/* self.c */
mpk_syscall_function mpk_syscall_arch_prctl, mpk_syscall_identity, mpk_syscall_nothing,
    mpk_syscall_sched_yield, mpk_syscall_prlimit64, mpk_syscall_uname, mpk_syscall_sysinfo;
/* end.c */
mpk_syscall_function mpk_syscall_exit, mpk_syscall_kill, mpk_syscall_booted;

#endif
