/* Calls that end the call: exit, a signal to oneself, and the boot program's word that the
 * loader is done. */
#include "policy.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

int64_t mpk_syscall_exit(struct mpk_syscall *call)
{
    return mpk_policy_fault(call, 0, "the foreign code called exit");
}

/* A domain that loads cannot do so twice. */
int64_t mpk_syscall_booted(struct mpk_syscall *call)
{
    struct mpk_domain *domain = call->domain;
    if (domain->booted || !domain->arena.loading)
        return -ENOSYS;
    const void *functions = mpk_policy_readable(call, call->arguments[0], sizeof(domain->boot));
    if (!functions)
        return -EFAULT;
    memcpy(&domain->boot, functions, sizeof(domain->boot));
    domain->booted = true;
    call->ends_call = true;
    call->fault.error = OG_OK;
    return 0;
}

int64_t mpk_syscall_kill(struct mpk_syscall *call)
{
    bool by_thread = call->number == SYS_tgkill; /* tgkill: the signal is the third argument */
    int signal = (int)call->arguments[by_thread ? 2 : 1];
    if (signal == SIGABRT)
        return mpk_policy_fault(call, SIGABRT, "the foreign code called abort");
    if (signal)
        return mpk_policy_fault(call, signal, "the foreign code sent itself a signal");
    return -EPERM;
}
