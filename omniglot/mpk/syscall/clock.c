/* Clocks: read, not set. A domain has no vDSO, whose data pages are the host's. And sleep. */
#include "policy.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

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

/* --- sleep --- */

#define SECOND UINT64_C(1000000000)

/* Sleeps for a moment, in which the host's signals wait, and has the call made again until it is
 * `end`: in between they come, and the deadline is looked at. */
static int64_t sleep_on(struct mpk_syscall *call, clockid_t clock, uint64_t end)
{
    enum { MOMENT = 1000000 };
    uint64_t now = mpk_now(clock), left = now < end ? end - now : 0;
    struct timespec moment = {0, (long)(left < MOMENT ? left : MOMENT)};
    syscall(SYS_nanosleep, &moment, NULL); /* no point at which the thread can be cancelled */
    call->again = left > MOMENT;
    return 0;
}

/* False: it is no time. `time` is in nanoseconds, or as good as for ever. */
static bool read_time(const struct mpk_syscall *call, uint64_t address, uint64_t *time,
                      int64_t *error)
{
    const uint64_t longest = UINT64_C(1) << 33; /* seconds */
    const struct timespec *given = mpk_policy_readable(call, address, sizeof(*given));
    *error = given ? -EINVAL : -EFAULT;
    if (!given)
        return false;
    struct timespec copy = *(const volatile struct timespec *)given;
    if (copy.tv_sec < 0 || copy.tv_nsec < 0 || copy.tv_nsec >= (long)SECOND)
        return false;
    uint64_t seconds = (uint64_t)copy.tv_sec < longest ? (uint64_t)copy.tv_sec : longest;
    *time = seconds * SECOND + (uint64_t)copy.tv_nsec;
    return true;
}

/* When it is over is noted at the first of its calls. */
static int64_t sleep_for(struct mpk_syscall *call, uint64_t address)
{
    uint64_t time;
    int64_t error;
    if (!read_time(call, address, &time, &error))
        return error;
    if (!call->context->wakes_at)
        call->context->wakes_at = mpk_now(CLOCK_MONOTONIC) + time;
    return sleep_on(call, CLOCK_MONOTONIC, call->context->wakes_at);
}

int64_t mpk_syscall_nanosleep(struct mpk_syscall *call)
{
    return sleep_for(call, call->arguments[0]);
}

int64_t mpk_syscall_clock_nanosleep(struct mpk_syscall *call)
{
    clockid_t clock = (clockid_t)call->arguments[0];
    uint64_t time;
    int64_t error;
    if (call->arguments[0] != CLOCK_REALTIME && call->arguments[0] != CLOCK_MONOTONIC)
        return -EINVAL;
    if (!(call->arguments[1] & TIMER_ABSTIME))
        return sleep_for(call, call->arguments[2]);
    return read_time(call, call->arguments[2], &time, &error) ? sleep_on(call, clock, time) : error;
}
