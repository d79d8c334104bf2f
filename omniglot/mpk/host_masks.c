/* The host's signal masks, waits and alternate stacks, and programs, which inherit masks. In a
 * thread that enters domains the signals that end or serve foreign code must never be blocked, and
 * the alternate stack is the runtime's. So the C library's functions for both are defined here and
 * take its place: the kernel's state stays what the runtime needs, and the host is told what it has
 * asked for. */
#include "mpk.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define IN_ITS_PLACE __attribute__((visibility("default")))

/* The calling thread's block. A child of vfork has its parent's, and is none of ours. */
static struct mpk_thread *own_thread(void)
{
    struct mpk_thread *thread = mpk_thread_if_any();
    return thread && !mpk_process_shares() ? thread : NULL;
}

/* --- what the host's program calls --- */

static uint64_t changed(int how, uint64_t mask, uint64_t set)
{
    return how == SIG_BLOCK ? mask | set : how == SIG_UNBLOCK ? mask & ~set : set;
}

/* 0, or an error number. */
static int change(int how, const uint64_t *set, uint64_t *before)
{
    struct mpk_thread *thread = own_thread();
    uint64_t mask = 0, old = 0, needed = thread ? mpk_mask_needed() : 0;
    if (set) {
        mask = *set & ~mpk_mask_of_libc();
        if (how != SIG_UNBLOCK)
            mask &= ~needed;
    }
    if (mpk_mask_exchange(how, set ? &mask : NULL, &old))
        return errno;
    if (thread) {
        old |= thread->blocked;
        if (set)
            thread->blocked = changed(how, thread->blocked, *set & needed);
        mpk_masks_let_go(thread);
    }
    if (before)
        *before = old;
    return 0;
}

IN_ITS_PLACE int pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict before)
{
    int number = errno;
    uint64_t mask = 0, old = 0;
    if (set)
        memcpy(&mask, set, sizeof(mask));
    int error = change(how, set ? &mask : NULL, &old);
    errno = number;
    if (!error && before) {
        memset(before, 0, sizeof(*before));
        memcpy(before, &old, sizeof(old));
    }
    return error;
}

IN_ITS_PLACE int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict before)
{
    int error = pthread_sigmask(how, set, before);
    if (error)
        errno = error;
    return error ? -1 : 0;
}

/* The first 32 signals, as BSD had them. */
static int change_first(int how, int mask)
{
    uint64_t set = (uint32_t)mask, old = 0;
    return change(how, &set, &old) ? -1 : (int)(uint32_t)old;
}

IN_ITS_PLACE int sigblock(int mask)
{
    return change_first(SIG_BLOCK, mask);
}

IN_ITS_PLACE int sigsetmask(int mask)
{
    return change_first(SIG_SETMASK, mask);
}

IN_ITS_PLACE int siggetmask(void)
{
    return change_first(SIG_BLOCK, 0);
}

static int change_one(int how, int signal)
{
    sigset_t set;
    return sigemptyset(&set) || sigaddset(&set, signal) ? -1 : sigprocmask(how, &set, NULL);
}

IN_ITS_PLACE int sighold(int signal)
{
    return change_one(SIG_BLOCK, signal);
}

IN_ITS_PLACE int sigrelse(int signal)
{
    return change_one(SIG_UNBLOCK, signal);
}

/* What the kernel would refuse. 0, or an error number. */
static int check(const stack_t *stack)
{
    enum { LEAST = 2048 /* the kernel's MINSIGSTKSZ, which is not the C library's */ };
    int flags = stack->ss_flags & ~(int)MPK_SS_AUTODISARM;
    if (flags != 0 && flags != SS_ONSTACK && flags != SS_DISABLE)
        return EINVAL;
    return flags != SS_DISABLE && stack->ss_size < LEAST ? ENOMEM : 0;
}

/* Handlers that ask for it get the runtime's stack for handlers while a domain's signal stack is
 * armed; otherwise the host's own. */
IN_ITS_PLACE int sigaltstack(const stack_t *restrict set, stack_t *restrict before)
{
    struct mpk_thread *thread = own_thread();
    if (!thread)
        return (int)syscall(SYS_sigaltstack, set, before);
    stack_t old = thread->host_stack;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0), start = (uintptr_t)old.ss_sp;
    bool is_on_it =
        !(old.ss_flags & SS_DISABLE) && og_is_within(here, 1, start, start + old.ss_size);
    if (set) {
        stack_t new = *set;
        int error = is_on_it ? EPERM : check(&new);
        new.ss_flags &= ~SS_ONSTACK;
        if (!error && atomic_load(&thread->armed) == MPK_NO_DOMAIN &&
            syscall(SYS_sigaltstack, &new, NULL))
            error = errno;
        if (error) {
            errno = error;
            return -1;
        }
        thread->host_stack = new.ss_flags &SS_DISABLE ? (stack_t){.ss_flags = SS_DISABLE} : new;
    }
    if (is_on_it)
        old.ss_flags |= SS_ONSTACK;
    if (before)
        *before = old;
    return 0;
}

/* --- waiting for signals --- */

/* How much of `whole` is left after what has passed since `start`. */
static struct timespec left_of(const struct timespec *whole, uint64_t start)
{
    if (whole->tv_sec > INT32_MAX || whole->tv_sec < 0)
        return *whole;
    int64_t left = (int64_t)whole->tv_sec * 1000000000 + whole->tv_nsec -
                   (int64_t)(mpk_now(CLOCK_MONOTONIC) - start);
    if (left < 0)
        left = 0;
    return (struct timespec){(time_t)(left / 1000000000), (long)(left % 1000000000)};
}

/* The deadlines' clock is nobody the host waits for, though its signal may come when the call is
 * over. */
static int wait_for(const sigset_t *set, siginfo_t *info, const struct timespec *whole)
{
    mpk_wait_for_signal *wait_for_signal = mpk_libc()->wait_for_signal;
    struct timespec left;
    const uint64_t start = mpk_now(CLOCK_MONOTONIC);
    int signal = wait_for_signal(set, info, whole);
    while (signal > 0 && mpk_deadline_is_own(signal, info)) {
        mpk_deadline_heard(own_thread());
        if (whole)
            left = left_of(whole, start);
        signal = wait_for_signal(set, info, whole ? &left : NULL);
    }
    return signal;
}

IN_ITS_PLACE int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info,
                              const struct timespec *restrict whole)
{
    struct mpk_thread *thread = own_thread();
    siginfo_t came;
    uint64_t mask;
    if (!mpk_libc()->wait_for_signal) {
        errno = ENOSYS;
        return -1;
    }
    memcpy(&mask, set, sizeof(mask));
    if (thread && !(thread->blocked & mask))
        thread = NULL;
    if (thread)
        mpk_masks_lend(thread);
    int signal = wait_for(set, &came, whole);
    if (thread)
        mpk_masks_settle(thread);
    if (signal > 0 && info)
        *info = came;
    return signal;
}

IN_ITS_PLACE int sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info)
{
    return sigtimedwait(set, info, NULL);
}

IN_ITS_PLACE int sigwait(const sigset_t *restrict set, int *restrict signal)
{
    int before = errno, came;
    do
        came = sigwaitinfo(set, NULL);
    while (came < 0 && errno == EINTR);
    int error = came < 0 ? errno : 0;
    errno = before;
    if (!error)
        *signal = came;
    return error;
}

/* What has come and waits for the host, here and in the kernel. */
IN_ITS_PLACE int sigpending(sigset_t *set)
{
    const struct mpk_thread *thread = own_thread();
    uint64_t mask = 0;
    if (syscall(SYS_rt_sigpending, &mask, sizeof(mask)))
        return -1;
    mask |= thread ? thread->held : 0;
    memset(set, 0, sizeof(*set));
    memcpy(set, &mask, sizeof(mask));
    return 0;
}

/* --- threads that the host makes --- */

/* A sanitizer's, which is what the C library's place is taken by already. */
extern mpk_create_thread __interceptor_pthread_create __attribute__((weak));

/* A new thread blocks what the kernel blocks in its creator: for the moment that is all that the
 * host has asked for there. Handlers that come meanwhile change what that is: so afterwards it is
 * not put back as it was. Returns who is to settle it, or NULL. */
static struct mpk_thread *block_all_asked_for(void)
{
    struct mpk_thread *thread = own_thread();
    if (!thread || !thread->blocked)
        return NULL;
    mpk_masks_lend(thread);
    return thread;
}

static void block_as_ever(struct mpk_thread *thread)
{
    if (thread)
        mpk_masks_settle(thread);
}

int mpk_make_thread(pthread_t *made, const pthread_attr_t *attributes, void *(*start)(void *),
                    void *argument)
{
    mpk_create_thread *create = __interceptor_pthread_create;
    if (!create)
        create = mpk_libc()->create_thread;
    return create ? create(made, attributes, start, argument) : EAGAIN;
}

IN_ITS_PLACE int pthread_create(pthread_t *restrict made, const pthread_attr_t *restrict attributes,
                                void *(*start)(void *), void *restrict argument)
{
    struct mpk_thread *thread = block_all_asked_for();
    int error = mpk_make_thread(made, attributes, start, argument);
    block_as_ever(thread);
    return error;
}

IN_ITS_PLACE int thrd_create(thrd_t *made, thrd_start_t start, void *argument)
{
    mpk_create_standard_thread *create = mpk_libc()->create_standard_thread;
    struct mpk_thread *thread = block_all_asked_for();
    int error = create ? create(made, start, argument) : thrd_error;
    block_as_ever(thread);
    return error;
}
