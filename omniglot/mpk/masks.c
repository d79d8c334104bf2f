/* Signal masks: the kernel's, and those of threads that enter domains, in which the signals that
 * end or serve foreign code must never be blocked.
 *
 * While a handler of the host's runs the kernel does block what the host wants blocked: no domain
 * is armed then, and arming one looks after it. */
#include "mpk.h"

#include <sys/syscall.h>
#include <unistd.h>

enum { MASK_SIZE = 8 };

int mpk_deadline_signal(void)
{
    return SIGRTMAX - 3;
}

/* One that is never blocked; and of those one that comes again by itself if the library raises it
 * while it is pending, when the kernel drops it: a trapped system call or a step would be lost. */
int mpk_unqueued_signal(void)
{
    return SIGFPE;
}

uint64_t mpk_mask_of(int signal)
{
    return UINT64_C(1) << (signal - 1);
}

uint64_t mpk_mask_needed(void)
{
    return mpk_mask_of(SIGSEGV) | mpk_mask_of(SIGBUS) | mpk_mask_of(SIGILL) | mpk_mask_of(SIGFPE) |
           mpk_mask_of(SIGTRAP) | mpk_mask_of(SIGSYS) | mpk_mask_of(mpk_deadline_signal());
}

uint64_t mpk_mask_of_libc(void)
{
    enum { SIGNAL_CANCEL = 32, SIGNAL_SETXID = 33 };
    return mpk_mask_of(SIGNAL_CANCEL) | mpk_mask_of(SIGNAL_SETXID);
}

int mpk_mask_exchange(int how, const uint64_t *set, uint64_t *before)
{
    return (int)syscall(SYS_rt_sigprocmask, how, set, before, MASK_SIZE);
}

static uint64_t change_mask(int how, uint64_t set)
{
    uint64_t before = 0;
    mpk_mask_exchange(how, &set, &before);
    return before;
}

uint64_t mpk_mask_block_all(void)
{
    return change_mask(SIG_SETMASK, UINT64_MAX);
}

uint64_t mpk_mask_block_hosts(void)
{
    return change_mask(SIG_SETMASK, ~mpk_mask_of_libc());
}

uint64_t mpk_mask_block_handlers(void)
{
    return change_mask(SIG_BLOCK, ~mpk_mask_needed());
}

void mpk_mask_set(uint64_t mask)
{
    mpk_mask_exchange(SIG_SETMASK, &mask, NULL);
}

/* --- threads that enter domains --- */

void mpk_masks_join(struct mpk_thread *thread, uint64_t mask)
{
    const uint64_t needed = mpk_mask_needed();
    syscall(SYS_sigaltstack, NULL, &thread->host_stack);
    thread->host_stack.ss_flags &= ~SS_ONSTACK;
    thread->blocked = mask & needed;
    mpk_mask_set(mask & ~needed);
}

void mpk_masks_settle(struct mpk_thread *thread)
{
    const uint64_t needed = mpk_mask_needed();
    uint64_t before = 0;
    mpk_mask_exchange(SIG_UNBLOCK, &needed, &before);
    thread->blocked |= before & needed;
    thread->is_mask_unsure = false;
}

static siginfo_t *info_of(struct mpk_thread *thread, int signal)
{
    return &thread->held_info[__builtin_popcountll(mpk_mask_needed() & (mpk_mask_of(signal) - 1))];
}

bool mpk_mask_holds(struct mpk_thread *thread, int signal, const siginfo_t *info)
{
    uint64_t mask = mpk_mask_of(signal) & thread->blocked;
    if (mask & ~thread->held)
        *info_of(thread, signal) = *info;
    thread->held |= mask;
    return mask != 0;
}

/* They come again, with what they said. */
static void send_again(struct mpk_thread *thread, uint64_t signals)
{
    const pid_t process = getpid(), own = (pid_t)syscall(SYS_gettid);
    thread->held &= ~signals;
    for (int signal = 1; signals && signal < _NSIG; signal++)
        if (signals & mpk_mask_of(signal) &&
            syscall(SYS_rt_tgsigqueueinfo, process, own, signal, info_of(thread, signal)))
            syscall(SYS_tgkill, process, own, signal);
}

void mpk_masks_let_go(struct mpk_thread *thread)
{
    uint64_t ready = thread->held & ~thread->blocked;
    if (ready)
        send_again(thread, ready);
}

/* Who leaves what it is lent for, cancelled or by longjmp, does not settle: so arming does, which
 * every way into a domain comes to. */
void mpk_masks_lend(struct mpk_thread *thread)
{
    thread->is_mask_unsure = true;
    atomic_store(&thread->armed, MPK_NO_DOMAIN);
    mpk_mask_exchange(SIG_BLOCK, &thread->blocked, NULL);
    if (thread->held)
        send_again(thread, thread->held);
}

static uint64_t *mask_in(void *context)
{
    return (uint64_t *)&((ucontext_t *)context)->uc_sigmask;
}

void mpk_mask_begin_handler(struct mpk_thread *thread, struct mpk_masks *masks, void *context,
                            uint64_t blocked)
{
    uint64_t *mask = mask_in(context);
    masks->was_unsure = false;
    masks->kernels = 0; /* of a thread that enters its first domain in the handler nothing stays */
    blocked |= *mask;
    if (thread) {
        masks->kernels = *mask;
        masks->was_unsure = thread->is_mask_unsure;
        thread->is_mask_unsure |= (blocked & mpk_mask_needed()) != 0;
        *mask |= thread->blocked;
    }
    mpk_mask_set(blocked);
}

void mpk_mask_end_handler(struct mpk_thread *thread, const struct mpk_masks *masks, void *context)
{
    uint64_t *mask = mask_in(context);
    mpk_mask_block_all();
    if (!thread)
        return;
    /* It may have changed what is blocked when it returns. */
    uint64_t kept = mpk_mask_needed() & ~masks->kernels;
    thread->blocked = *mask & kept;
    *mask &= ~kept;
    thread->is_mask_unsure = masks->was_unsure;
    mpk_masks_let_go(thread);
}
