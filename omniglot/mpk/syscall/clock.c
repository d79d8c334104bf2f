/* Clocks: read, not set. A domain has no vDSO, whose data pages are the host's. */
#include "policy.h"

#include <errno.h>
#include <sys/time.h>
#include <time.h>

/* The clocks that every process has, by number; no other process's CPU clock. */
static bool is_clock(uint64_t clock)
{
    return clock <= CLOCK_BOOTTIME;
}

int64_t mpk_syscall_clock_gettime(struct mpk_syscall *call)
{
    struct timespec now;
    if (!is_clock(call->arguments[0]) || clock_gettime((clockid_t)call->arguments[0], &now))
        return -EINVAL;
    return mpk_policy_hand_out(call, call->arguments[1], &now, sizeof(now));
}

int64_t mpk_syscall_clock_getres(struct mpk_syscall *call)
{
    struct timespec resolution;
    if (!is_clock(call->arguments[0]) || clock_getres((clockid_t)call->arguments[0], &resolution))
        return -EINVAL;
    return call->arguments[1]
               ? mpk_policy_hand_out(call, call->arguments[1], &resolution, sizeof(resolution))
               : 0;
}

int64_t mpk_syscall_gettimeofday(struct mpk_syscall *call)
{
    struct timeval now;
    gettimeofday(&now, NULL);
    return call->arguments[0] ? mpk_policy_hand_out(call, call->arguments[0], &now, sizeof(now))
                              : 0;
}

int64_t mpk_syscall_time(struct mpk_syscall *call)
{
    time_t now = time(NULL);
    int64_t error =
        call->arguments[0] ? mpk_policy_hand_out(call, call->arguments[0], &now, sizeof(now)) : 0;
    return error ? error : now;
}
