/* The thread's own state, as far as a domain has any: its thread pointer, an identity that says
 * nothing about the host, and the machine that it is told of. */
#include "policy.h"

#include <asm/prctl.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

int64_t mpk_syscall_arch_prctl(struct mpk_syscall *call)
{
    if (call->arguments[0] != ARCH_SET_FS)
        return -EINVAL;
    pthread_mutex_lock(&call->domain->lock);
    bool granted = mpk_policy_memory(call, call->arguments[1], 64) != NULL;
    pthread_mutex_unlock(&call->domain->lock);
    if (granted)
        call->context->foreign_fs = call->arguments[1];
    return granted ? 0 : -EPERM;
}

/* Process and thread have a number of their own in every domain. */
int64_t mpk_syscall_identity(struct mpk_syscall *call)
{
    (void)call;
    return 2;
}

int64_t mpk_syscall_nothing(struct mpk_syscall *call)
{
    (void)call;
    return 0;
}

int64_t mpk_syscall_sched_yield(struct mpk_syscall *call)
{
    (void)call;
    sched_yield();
    return 0;
}

int64_t mpk_syscall_prlimit64(struct mpk_syscall *call)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    if (call->arguments[2])
        return -EPERM;
    if (call->arguments[1] == RLIMIT_STACK)
        limit.rlim_cur = call->context->seat->stack_end - call->context->seat->stack_low;
    if (call->arguments[1] == RLIMIT_MEMLOCK)
        limit.rlim_cur = limit.rlim_max = call->domain->arena.locked_limit * MPK_PAGE;
    return mpk_policy_hand_out(call, call->arguments[3], &limit, sizeof(limit));
}

int64_t mpk_syscall_uname(struct mpk_syscall *call)
{
    static const struct utsname name = {.sysname = "Linux",
                                        .nodename = "domain",
                                        .release = "5.11.0",
                                        .version = "",
                                        .machine = "x86_64"};
    return mpk_policy_hand_out(call, call->arguments[0], &name, sizeof(name));
}

/* The machine is the arena, without what threads that come later add, and idle. glibc's qsort asks
 * how much memory there is and goes on with what was on its stack where it is not told: whether it
 * keeps the order of equals was then chance. What is between the fields is handed out as well. */
int64_t mpk_syscall_sysinfo(struct mpk_syscall *call)
{
    const struct mpk_arena *arena = &call->domain->arena;
    uintptr_t size = arena->stacks - arena->start;
    struct sysinfo info;
    memset(&info, 0, sizeof(info));
    info.totalram = info.freeram = size;
    info.procs = 1;
    info.mem_unit = 1;
    return mpk_policy_hand_out(call, call->arguments[0], &info, sizeof(info));
}
