/* Clocks: read, not set. A domain has no vDSO, whose data pages are the host's. And sleep, in every
 * way in which one waits for what nobody does. */
#include "policy.h"

#include <errno.h>
#include <linux/futex.h>
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
static bool take_time(int64_t seconds, int64_t nanoseconds, uint64_t *time)
{
    const int64_t longest = INT64_C(1) << 33;
    if (seconds < 0 || nanoseconds < 0 || nanoseconds >= (int64_t)SECOND)
        return false;
    *time = (uint64_t)(seconds < longest ? seconds : longest) * SECOND + (uint64_t)nanoseconds;
    return true;
}

static bool read_time(const struct mpk_syscall *call, uint64_t address, uint64_t *time,
                      int64_t *error)
{
    const struct timespec *given = mpk_policy_readable(call, address, sizeof(*given));
    *error = given ? -EINVAL : -EFAULT;
    if (!given)
        return false;
    struct timespec copy = *(const volatile struct timespec *)given;
    return take_time(copy.tv_sec, copy.tv_nsec, time);
}

/* When it is over is noted at the first of its calls. */
static int64_t sleep_so_long(struct mpk_syscall *call, uint64_t time)
{
    if (!call->context->wakes_at)
        call->context->wakes_at = mpk_now(CLOCK_MONOTONIC) + time;
    return sleep_on(call, CLOCK_MONOTONIC, call->context->wakes_at);
}

static int64_t sleep_for(struct mpk_syscall *call, uint64_t address)
{
    uint64_t time;
    int64_t error;
    return read_time(call, address, &time, &error) ? sleep_so_long(call, time) : error;
}

/* Until the call is over its deadline. */
static int64_t sleep_for_ever(struct mpk_syscall *call)
{
    return sleep_on(call, CLOCK_MONOTONIC, UINT64_MAX);
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

/* --- waiting for what nobody does --- */

/* A domain has no descriptor that could become ready, no signal comes to it, and while it waits
 * nobody else is in it who would wake it: what waits with a time sleeps, and what waits without
 * sleeps for ever. */

/* `result` where the time is over; an error stays. */
static int64_t when_over(const struct mpk_syscall *call, int64_t slept, int64_t result)
{
    return slept || call->again ? slept : result;
}

int64_t mpk_syscall_poll(struct mpk_syscall *call)
{
    enum { MILLISECOND = 1000000 };
    int milliseconds = (int)call->arguments[2];
    if ((uint32_t)call->arguments[1])
        return -EPERM;
    return milliseconds < 0 ? sleep_for_ever(call)
                            : sleep_so_long(call, (uint64_t)milliseconds * MILLISECOND);
}

/* A time that the kernel says how much is left of: nothing. That it cannot say so is no error. */
static int64_t poll_for(struct mpk_syscall *call, uint64_t address)
{
    static const struct timespec none;
    if (!address)
        return sleep_for_ever(call);
    int64_t slept = sleep_for(call, address);
    if (!slept && !call->again)
        (void)mpk_policy_hand_out(call, address, &none, sizeof(none));
    return slept;
}

int64_t mpk_syscall_ppoll(struct mpk_syscall *call)
{
    return (uint32_t)call->arguments[1] ? -EPERM : poll_for(call, call->arguments[2]);
}

/* Which descriptors there are at most does not matter where none is asked for. */
static bool selects(const struct mpk_syscall *call)
{
    return call->arguments[1] || call->arguments[2] || call->arguments[3];
}

int64_t mpk_syscall_pselect6(struct mpk_syscall *call)
{
    if ((int)call->arguments[0] < 0)
        return -EINVAL;
    return selects(call) ? -EPERM : poll_for(call, call->arguments[4]);
}

int64_t mpk_syscall_select(struct mpk_syscall *call)
{
    enum { MICROSECONDS = 1000000 };
    static const struct timeval none;
    const uint64_t address = call->arguments[4];
    if ((int)call->arguments[0] < 0)
        return -EINVAL;
    if (selects(call))
        return -EPERM;
    if (!address)
        return sleep_for_ever(call);
    const struct timeval *given = mpk_policy_readable(call, address, sizeof(*given));
    if (!given)
        return -EFAULT;
    struct timeval copy = *(const volatile struct timeval *)given;
    uint64_t time;
    int64_t seconds; /* more than a million microseconds are some, to the kernel */
    if (copy.tv_usec < 0 ||
        __builtin_add_overflow(copy.tv_sec, copy.tv_usec / MICROSECONDS, &seconds) ||
        !take_time(seconds, copy.tv_usec % MICROSECONDS * 1000, &time))
        return -EINVAL;
    int64_t slept = sleep_so_long(call, time);
    if (!slept && !call->again)
        (void)mpk_policy_hand_out(call, address, &none, sizeof(none));
    return slept;
}

int64_t mpk_syscall_pause(struct mpk_syscall *call)
{
    return sleep_for_ever(call);
}

enum { SIGNAL_SET = 8 /* bytes */ };

int64_t mpk_syscall_rt_sigsuspend(struct mpk_syscall *call)
{
    if (call->arguments[1] != SIGNAL_SET)
        return -EINVAL;
    return mpk_policy_readable(call, call->arguments[0], SIGNAL_SET) ? sleep_for_ever(call)
                                                                     : -EFAULT;
}

int64_t mpk_syscall_rt_sigtimedwait(struct mpk_syscall *call)
{
    if (call->arguments[3] != SIGNAL_SET)
        return -EINVAL;
    if (!mpk_policy_readable(call, call->arguments[0], SIGNAL_SET))
        return -EFAULT;
    if (!call->arguments[2])
        return sleep_for_ever(call);
    return when_over(call, sleep_for(call, call->arguments[2]), -EAGAIN);
}

/* Is the word what it was? 0, or a negated errno. */
static int64_t look_at_word(const struct mpk_syscall *call)
{
    const uint64_t address = call->arguments[0];
    if (address % sizeof(uint32_t))
        return -EINVAL;
    const uint32_t *word = mpk_policy_readable(call, address, sizeof(*word));
    if (!word)
        return -EFAULT;
    return *(const volatile uint32_t *)word == (uint32_t)call->arguments[2] ? 0 : -EAGAIN;
}

/* At each of its moments the word is looked at, which the host may have written. FUTEX_WAIT has a
 * time to wait, and FUTEX_WAIT_BITSET the time when to end. */
static int64_t wait_for_word(struct mpk_syscall *call, bool by_end)
{
    const clockid_t clock =
        call->arguments[1] & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    const uint64_t address = call->arguments[3];
    uint64_t time = 0;
    int64_t error = 0;
    if (by_end && !(uint32_t)call->arguments[5])
        return -EINVAL;
    if (address && !read_time(call, address, &time, &error))
        return error;
    error = look_at_word(call);
    if (error)
        return error;
    if (!address)
        return sleep_for_ever(call);
    return when_over(call, by_end ? sleep_on(call, clock, time) : sleep_so_long(call, time),
                     -ETIMEDOUT);
}

int64_t mpk_syscall_futex(struct mpk_syscall *call)
{
    switch (call->arguments[1] & FUTEX_CMD_MASK) {
    case FUTEX_WAKE:
        return 0;
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        return wait_for_word(call, (call->arguments[1] & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET);
    default:
        return -ENOSYS;
    }
}
