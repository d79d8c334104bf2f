/* Processes that are made of this one, and what is true in them.
 *
 *   made by                  memory   what the runtime does
 *   fork                     a copy   takes all locks before, puts the child right (locks.c)
 *   _Fork                    a copy   puts right what needs no lock (threads.c)
 *   clone, SYS_fork, fork    a copy   nothing: nobody tells it
 *     of another C library,
 *     fork in a handler that
 *     has interrupted the
 *     runtime (locks.c)
 *   all of them in a handler a copy   nothing: it would go on with what it shares with its maker,
 *     that has interrupted            a domain that is loaded (arena.c)
 *     og_domain_open
 *   vfork, posix_spawn       shared   nothing, and the child lives for execve and _exit
 *
 * In each the kernel has turned the dispatch of system calls off, and the one thread there is has
 * the registers, GS base, rights, signal mask and alternate stack of its maker.
 *
 * A copy is closed until somebody has put it right. The kernel clears in it what is in two places:
 * this file's page and each thread's (`armed`). So in a copy, before anybody has done anything:
 *
 *   - mpk_own.process is 0, which is how it is known to be one;
 *   - no lock of the host's table of handlers is held, and there is no clock: their threads are
 * gone;
 *   - no domain is armed. Every way into foreign code asks that, or says it (signal_stack.c): calls
 *     and callbacks that return come to og_mpk_arm, which refuses; who goes on after a handler that
 *     made the copy comes to signal.c. Nothing else that the runtime has in memory is asked.
 *
 * Who puts it right turns the dispatch on first, and sets mpk_own.process last.
 *
 * What shares the memory is not its own: what it asks of its signals, mask and stacks is for the
 * kernel alone (host_signals.c, host_masks.c). */
#include "mpk.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct mpk_own mpk_own;
_Static_assert(sizeof(mpk_own) == MPK_PAGE, "the kernel clears pages");

static bool is_cleared; /* in copies, by the kernel */

bool mpk_process_is_copy(void)
{
    return atomic_load_explicit(&mpk_own.process, memory_order_relaxed) == 0;
}

bool mpk_process_shares(void)
{
    pid_t process = atomic_load_explicit(&mpk_own.process, memory_order_relaxed);
    return process != 0 && process != getpid();
}

bool mpk_process_clear_in_copies(void *page)
{
    return !madvise(page, MPK_PAGE, MADV_WIPEONFORK);
}

bool mpk_process_trap_calls(struct mpk_thread *thread)
{
    return !prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &thread->selector);
}

void mpk_process_put_right(const struct mpk_thread *thread)
{
    if (thread && atomic_load(&thread->armed) != MPK_NO_DOMAIN)
        __builtin_trap(); /* it has been in foreign code */
    /* Where the kernel has not cleared it there are no domains. */
    atomic_store(&mpk_own.handlers, 0);
    mpk_own.has_clock = false;
    atomic_store(&mpk_own.process, getpid());
}

enum og_error mpk_process_open(struct og_fault *fault)
{
    if (mpk_process_is_copy())
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0, MPK_IS_COPY);
    if (!is_cleared)
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "the kernel lacks MADV_WIPEONFORK (Linux 4.14 and later have it)");
    return OG_OK;
}

/* Before the host's own constructors, which may fork. */
__attribute__((constructor(MPK_FIRST_CONSTRUCTORS))) static void begin(void)
{
    is_cleared = mpk_process_clear_in_copies(&mpk_own);
    atomic_store(&mpk_own.process, getpid());
}

/* --- a lock --- */

/* It has to work in handlers, in copies and in what shares the memory, whatever the priorities are
 * and whoever is killed: the kernel knows whose it is, lends that thread the priority of who waits,
 * and says when there is no such thread. */
void mpk_lock(_Atomic uint32_t *lock)
{
    const uint32_t own = (uint32_t)syscall(SYS_gettid);
    uint32_t owner = 0;
    while (!atomic_compare_exchange_strong(lock, &owner, own)) {
        if (!syscall(SYS_futex, lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0))
            return;
        /* Of a child of vfork that was killed. */
        if (errno == ESRCH && atomic_compare_exchange_strong(lock, &owner, own))
            return;
        if (errno != EAGAIN && errno != EINTR && errno != ESRCH)
            usleep(100);
        owner = 0;
    }
}

void mpk_unlock(_Atomic uint32_t *lock)
{
    uint32_t owner = (uint32_t)syscall(SYS_gettid);
    if (!atomic_compare_exchange_strong(lock, &owner, 0))
        syscall(SYS_futex, lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
}
