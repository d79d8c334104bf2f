/* Filters of system calls, for tests of what is denied or done otherwise. */
#ifndef OMNIGLOT_TESTS_SECCOMP_H
#define OMNIGLOT_TESTS_SECCOMP_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>

/* From now on the kernel does `action` (SECCOMP_RET_...) instead of that system call; with an
 * `argument` of -1 always, or else where the lower half of that argument is `value`. */
static inline bool filter_system_call(long number, int argument, unsigned value, unsigned action)
{
    const unsigned at = (unsigned)offsetof(struct seccomp_data, args[0]);
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at + 8 * (unsigned)(argument < 0 ? 0 : argument)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, argument < 0 ? 0 : 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
    return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
           !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

#endif
