/* The host's handlers. From the first domain on the kernel's handler of every signal that has one
 * is the gate's entry, on a stack that the runtime chooses: any other would be started with foreign
 * code's stack pointer, which points wherever the library likes. So the C library's functions that
 * install handlers are defined here, and take its place in the program and in the libraries it
 * loads: what the host asks for is kept in a table, told when it asks, and called when the signal
 * is not a domain's.
 *
 * They must work in handlers, in copies of the process, whose table is a copy as well, and in a
 * child of vfork, which shares this memory and not the kernel's table: such a child's are set in
 * the kernel alone. */
#include "mpk.h"
#include "omniglot/core/uncancelled.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define IN_ITS_PLACE __attribute__((visibility("default")))

/* The C library's own, which its functions do not let anybody handle. */
enum { SIGNAL_CANCEL = 32, SIGNAL_SETXID = 33 };
enum { KERNEL_RESTORER = 0x04000000, INTERRUPTS = 0x20000000, MASK_SIZE = 8 };
/* What of the host's flags the kernel must know of: the others shape the handler's call. */
enum { KERNEL_FLAGS = SA_RESTART | SA_NOCLDSTOP | SA_NOCLDWAIT };

struct kernel_action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

static struct sigaction actions[_NSIG]; /* what the host has asked for, once started */
static atomic_bool started;
static _Atomic uint64_t interrupting;  /* by siginterrupt */
static __thread unsigned handlers_run; /* now, and those that have left by longjmp */
static pthread_mutex_t first_cancel = PTHREAD_MUTEX_INITIALIZER;

void og_mpk_signal_entry(int, siginfo_t *, void *);
void og_mpk_restore(void);

/* How a handler returns. Unwinders and debuggers know the frame by these bytes; the nop keeps them
 * from taking it for the end of what lies before. */
__asm__(".text\n.balign 16\nnop\n"
        ".globl og_mpk_restore\n.hidden og_mpk_restore\n.type og_mpk_restore, @function\n"
        "og_mpk_restore:\n  mov $15, %rax\n  syscall\n"
        ".size og_mpk_restore, . - og_mpk_restore\n");

bool mpk_is_fault(int signal)
{
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
           signal == SIGTRAP || signal == SIGSYS;
}

bool mpk_is_fault_of_code(int signal, const siginfo_t *info)
{
    enum { TRAP_OF_COUNTER = 6 /* TRAP_PERF */ };
    bool comes_of_itself = (signal == SIGBUS && info->si_code == BUS_MCEERR_AO) ||
                           (signal == SIGTRAP && info->si_code == TRAP_OF_COUNTER);
    return mpk_is_fault(signal) && info->si_code > 0 && !comes_of_itself;
}

static bool is_needed(int signal)
{
    return mpk_is_fault(signal) || signal == mpk_deadline_signal();
}

/* --- the kernel's table --- */

static bool exchange(int signal, const struct sigaction *set, struct sigaction *before)
{
    struct kernel_action new, old;
    if (set) {
        new = (struct kernel_action){.handler = set->sa_handler,
                                     .flags = (unsigned)set->sa_flags | KERNEL_RESTORER,
                                     .restorer = og_mpk_restore};
        memcpy(&new.mask, &set->sa_mask, MASK_SIZE);
    }
    if (syscall(SYS_rt_sigaction, signal, set ? &new : NULL, before ? &old : NULL, MASK_SIZE))
        return false;
    if (before) {
        memset(before, 0, sizeof(*before));
        before->sa_handler = old.handler;
        before->sa_flags = (int)old.flags;
        before->sa_restorer = old.restorer;
        memcpy(&before->sa_mask, &old.mask, MASK_SIZE);
    }
    return true;
}

static bool is_handler(const struct sigaction *action)
{
    return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

/* Makes the kernel do what the table says. */
static bool settle(int signal)
{
    const struct sigaction *action = &actions[signal];
    if (!is_needed(signal) && !is_handler(action))
        return exchange(signal, action, NULL);
    struct sigaction entry = {.sa_sigaction = og_mpk_signal_entry,
                              .sa_flags = SA_SIGINFO | SA_ONSTACK};
    entry.sa_flags |= action->sa_flags & KERNEL_FLAGS;
    if ((signal == mpk_deadline_signal() || signal == mpk_unqueued_signal()) && !is_handler(action))
        entry.sa_flags |= SA_RESTART; /* it may come late, when the host is waiting */
    memset(&entry.sa_mask, 0xff, MASK_SIZE);
    return exchange(signal, &entry, NULL);
}

static uint64_t enter(void)
{
    uint64_t before = mpk_mask_block_all();
    mpk_lock(&mpk_own.handlers);
    return before;
}

static void leave(uint64_t mask)
{
    mpk_unlock(&mpk_own.handlers);
    mpk_mask_set(mask);
}

/* With the lock held: what the kernel knows becomes the table's. */
static bool adopt(int signal)
{
    struct sigaction now;
    if (!exchange(signal, NULL, &now))
        return false;
    if (now.sa_sigaction == og_mpk_signal_entry)
        return true;
    actions[signal] = now;
    return (!is_needed(signal) && !is_handler(&now)) || settle(signal);
}

static bool adopt_all(void)
{
    bool done = true;
    for (int signal = 1; signal < _NSIG; signal++)
        if (signal != SIGKILL && signal != SIGSTOP)
            done &= adopt(signal);
    return done;
}

/* --- what the host's program calls --- */

/* A sanitizer's, which is what the C library's place is taken by already. */
extern int __interceptor_sigaction(int signal, const struct sigaction *set,
                                   struct sigaction *before) __attribute__((weak));

static bool change(int signal, const struct sigaction *set, struct sigaction *before)
{
    struct sigaction old, new;
    bool done = true;
    if (set)
        new = *set; /* which may be *before */
    uint64_t mask = enter();
    if (!started) {
        done = exchange(signal, set ? &new : NULL, &old);
    } else if (mpk_process_shares()) {
        old = actions[signal];
        done = !set || exchange(signal, &new, NULL);
    } else {
        old = actions[signal];
        if (set) {
            actions[signal] = new;
            done = settle(signal);
            if (!done)
                actions[signal] = old;
        }
    }
    int error = errno;
    leave(mask);
    errno = error;
    if (done && before)
        *before = old;
    return done;
}

IN_ITS_PLACE int sigaction(int signal, const struct sigaction *restrict set,
                           struct sigaction *restrict before)
{
    if (signal <= 0 || signal >= _NSIG || signal == SIGNAL_CANCEL || signal == SIGNAL_SETXID) {
        errno = EINVAL;
        return -1;
    }
    if (!started && __interceptor_sigaction)
        return __interceptor_sigaction(signal, set, before);
    return change(signal, set, before) ? 0 : -1;
}

int __sigaction(int signal, const struct sigaction *set, struct sigaction *before);
IN_ITS_PLACE int __sigaction(int signal, const struct sigaction *set, struct sigaction *before)
{
    return sigaction(signal, set, before);
}

static sighandler_t install(int signal, sighandler_t handler, int flags, bool blocks)
{
    struct sigaction set = {.sa_handler = handler, .sa_flags = flags}, before;
    if (handler == SIG_ERR || signal <= 0 || signal >= _NSIG) {
        errno = EINVAL;
        return SIG_ERR;
    }
    sigemptyset(&set.sa_mask);
    if (blocks)
        sigaddset(&set.sa_mask, signal);
    return sigaction(signal, &set, &before) ? SIG_ERR : before.sa_handler;
}

IN_ITS_PLACE sighandler_t signal(int number, sighandler_t handler)
{
    bool interrupts =
        number > 0 && number < _NSIG && atomic_load(&interrupting) & mpk_mask_of(number);
    return install(number, handler, interrupts ? 0 : SA_RESTART, true);
}

sighandler_t bsd_signal(int number, sighandler_t handler);
IN_ITS_PLACE sighandler_t bsd_signal(int number, sighandler_t handler)
{
    return signal(number, handler);
}

IN_ITS_PLACE sighandler_t ssignal(int number, sighandler_t handler)
{
    return signal(number, handler);
}

IN_ITS_PLACE sighandler_t __sysv_signal(int number, sighandler_t handler)
{
    return install(number, handler, (int)SA_RESETHAND | SA_NODEFER | INTERRUPTS, false);
}

IN_ITS_PLACE sighandler_t sysv_signal(int number, sighandler_t handler)
{
    return __sysv_signal(number, handler);
}

IN_ITS_PLACE int siginterrupt(int number, int interrupt)
{
    struct sigaction action;
    if (sigaction(number, NULL, &action))
        return -1;
    if (interrupt) {
        atomic_fetch_or(&interrupting, mpk_mask_of(number));
        action.sa_flags &= ~SA_RESTART;
    } else {
        atomic_fetch_and(&interrupting, ~mpk_mask_of(number));
        action.sa_flags |= SA_RESTART;
    }
    return sigaction(number, &action, NULL);
}

IN_ITS_PLACE int sigignore(int number)
{
    return install(number, SIG_IGN, 0, false) == SIG_ERR ? -1 : 0;
}

/* SIG_HOLD blocks the signal and leaves its handler; all else unblocks it. */
IN_ITS_PLACE sighandler_t sigset(int number, sighandler_t handler)
{
    struct sigaction before;
    sigset_t set, old;
    if (handler == SIG_ERR || sigemptyset(&set) || sigaddset(&set, number)) {
        errno = EINVAL;
        return SIG_ERR;
    }
    if (handler == SIG_HOLD) {
        if (sigprocmask(SIG_BLOCK, &set, &old) || sigaction(number, NULL, &before))
            return SIG_ERR;
    } else {
        before.sa_handler = install(number, handler, 0, false);
        if (before.sa_handler == SIG_ERR || sigprocmask(SIG_UNBLOCK, &set, &old))
            return SIG_ERR;
    }
    return sigismember(&old, number) == 1 ? SIG_HOLD : before.sa_handler;
}

/* --- the C library's own signals --- */

static void *nothing(void *unused)
{
    return unused;
}

static void *wait_for_the_end(void *unused)
{
    (void)unused;
    for (;;)
        pause();
    return NULL;
}

/* 0, or an error number. With `cancel` null: only starts and ends. The first thread has the C
 * library handle SETXID, the first that is cancelled CANCEL. */
static int run_thread(int (*cancel)(pthread_t))
{
    pthread_t thread;
    uint64_t mask = mpk_mask_block_hosts();
    int failed = mpk_make_thread(&thread, NULL, cancel ? wait_for_the_end : nothing, NULL);
    if (!failed && cancel)
        cancel(thread);
    if (!failed)
        pthread_join(thread, NULL);
    mpk_mask_set(mask);
    return failed;
}

/* The first makes the C library's handler of CANCEL the kernel's, and sends the signal at once: it
 * must have been adopted before. Not done ahead of time: cancelling loads the unwinder's library.
 */
IN_ITS_PLACE int pthread_cancel(pthread_t thread)
{
    static atomic_bool adopted;
    int (*cancel)(pthread_t) = mpk_libc()->cancel_thread;
    bool ready = true;
    void *here;
    if (started && !adopted)
        (void)backtrace(&here, 1); /* loads that library, with no lock of ours held */
    int cancellation = og_uncancelled_begin();
    pthread_mutex_lock(&first_cancel);
    if (started && !adopted) {
        ready = !run_thread(cancel);
        uint64_t mask = enter();
        adopted = ready = ready && adopt(SIGNAL_CANCEL);
        leave(mask);
    }
    pthread_mutex_unlock(&first_cancel);
    og_uncancelled_end(cancellation);
    return ready ? cancel(thread) : EAGAIN;
}

/* --- the runtime's side --- */

/* Do the host's libraries find these functions by their names? Asked when the program starts, as
 * libc.c says. */
static enum { NOT_ASKED, ARE_FOUND, ARE_HIDDEN } names;

__attribute__((constructor(MPK_FIRST_CONSTRUCTORS))) static void find_names(void)
{
    bool are_found = dlsym(RTLD_DEFAULT, "sigaction") == (void *)(uintptr_t)sigaction &&
                     dlsym(RTLD_DEFAULT, "signal") == (void *)(uintptr_t)signal &&
                     dlsym(RTLD_DEFAULT, "pthread_sigmask") == (void *)(uintptr_t)pthread_sigmask &&
                     dlsym(RTLD_DEFAULT, "sigaltstack") == (void *)(uintptr_t)sigaltstack &&
                     dlsym(RTLD_DEFAULT, "execve") == (void *)(uintptr_t)execve;
    names = are_found ? ARE_FOUND : ARE_HIDDEN;
}

enum og_error mpk_host_signals_open(struct og_fault *fault)
{
    if (names == NOT_ASKED)
        find_names();
    if (names == ARE_HIDDEN)
        return og_fail(fault, OG_UNSUPPORTED, NULL, 0,
                       "the host's libraries would install handlers past og-mpk: link it into a "
                       "dynamic program, not a library loaded later, and do not hide its symbols");
    int failed = run_thread(NULL);
    if (failed)
        return mpk_cannot_start_thread(fault, failed, "the C library's signals");
    uint64_t mask = enter();
    bool done = adopt_all();
    started = done;
    leave(mask);
    return done ? OG_OK : og_fail_system(fault, errno, NULL, 0, "cannot install a signal handler");
}

bool mpk_host_handler_runs(void)
{
    return handlers_run != 0;
}

bool mpk_host_handler_stays(int signal)
{
    const struct sigaction *action = &actions[signal];
    return is_handler(action) && !(action->sa_flags & SA_ONSTACK);
}

void mpk_host_signals_forked(void)
{
    pthread_mutex_init(&first_cancel, NULL);
}

enum og_error og_mpk_signal_adopt(int signal, struct og_fault *fault)
{
    bool done = signal > 0 && signal < _NSIG && signal != SIGKILL && signal != SIGSTOP;
    if (done) {
        uint64_t mask = enter();
        done = !started || adopt(signal);
        leave(mask);
    }
    return done ? OG_OK : og_fail(fault, OG_BAD_ARGUMENT, NULL, 0, "no signal that can be handled");
}

void og_mpk_signal_chain(int signal, const struct sigaction *action, struct sigaction *before)
{
    change(signal, action, before);
}

/* What the host wants done with a signal that has come, which SA_RESETHAND does only once. */
static struct sigaction action_for(int signal)
{
    mpk_lock(&mpk_own.handlers);
    struct sigaction action = actions[signal];
    if ((unsigned)action.sa_flags & SA_RESETHAND && is_handler(&action)) {
        actions[signal].sa_handler = SIG_DFL;
        settle(signal);
    }
    mpk_unlock(&mpk_own.handlers);
    return action;
}

/* Without a handler of ours the signal comes again, with what it says, when this one returns:
 * where the host was. */
static void leave_to_the_kernel(int signal, siginfo_t *info)
{
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    exchange(signal, &standard, NULL);
    const long thread = syscall(SYS_gettid);
    if (syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, signal, info))
        syscall(SYS_tgkill, getpid(), thread, signal);
}

static void call(const struct sigaction *action, int signal, siginfo_t *info, void *context)
{
    if (action->sa_flags & SA_SIGINFO)
        action->sa_sigaction(signal, info, context);
    else
        action->sa_handler(signal);
}

void mpk_host_signal(int signal, siginfo_t *info, void *context)
{
    struct mpk_thread *thread = mpk_thread_if_any();
    bool is_forced = mpk_is_fault_of_code(signal, info); /* cannot be ignored */
    if (mpk_deadline_is_own(signal, info)) {
        mpk_deadline_heard(thread);
        return;
    }
    if (thread && !is_forced && mpk_mask_holds(thread, signal, info))
        return;
    struct sigaction action = action_for(signal);
    if (action.sa_handler == SIG_IGN && !is_forced)
        return;
    if (!is_handler(&action)) {
        leave_to_the_kernel(signal, info);
        return;
    }
    uint64_t blocked;
    memcpy(&blocked, &action.sa_mask, sizeof(blocked));
    if (!(action.sa_flags & SA_NODEFER))
        blocked |= mpk_mask_of(signal);
    struct mpk_masks masks;
    const stack_t stack = thread ? thread->host_stack : (stack_t){0};
    mpk_mask_begin_handler(thread, &masks, context, blocked);
    handlers_run++;
    call(&action, signal, info, context);
    handlers_run--;
    if (thread) /* who returns from a handler has the alternate stack that it had before */
        thread->host_stack = stack;
    mpk_mask_end_handler(mpk_thread_if_any(), &masks, context);
}
