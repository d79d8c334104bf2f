/* The keeper: a thread of the host's that lives as long as the host. It starts the domains'
 * processes, because the kernel ends a process that dies with its parent (PR_SET_PDEATHSIG) when
 * the thread that has made it ends, and any thread may open a domain. It blocks all signals. */
#include "omniglot/core/event.h"
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of: */
static struct og_event changed;
static struct proc_plan *plan; /* to be started, and who waits for it; NULL: none */
static bool is_there, is_done;

/* --- between clone and exec: with the host's memory, so that nothing of it is changed, and system
 * calls by nothing that does --- */

enum { STARTER = 7, PARKED = 10 };
/* A sanitizer's books are the host's, too. */
#define UNWATCHED __attribute__((no_sanitize("address")))

/* As a new program expects them, whatever the host ignores or blocks. The C library's functions may
 * be replaced, and keep books. */
static UNWATCHED void reset_signals(void)
{
    const unsigned long nothing[4] = {0};
    for (int number = 1; number < NSIG; number++)
        syscall(SYS_rt_sigaction, number, nothing, NULL, sizeof(nothing[0]));
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, nothing, NULL, sizeof(nothing[0]));
}

static UNWATCHED int start(void *of)
{
    const struct proc_plan *start_plan = of;
    const int given[] = {start_plan->arena, start_plan->socket, start_plan->program,
                         start_plan->loader, start_plan->starter};
    char *const nothing[] = {NULL};
    int parked[5];
    reset_signals();
    for (int i = 0; i < 5; i++)
        parked[i] = fcntl(given[i], F_DUPFD, PARKED);
    for (int i = 0; i < 5; i++)
        if (parked[i] < 0 || dup3(parked[i], PROC_ARENA_FILE + i, i == 4 ? O_CLOEXEC : 0) < 0)
            _exit(PROC_NO_DESCRIPTORS);
    /* Nothing to be read, nor to be written, so that no library gets the numbers. */
    for (int i = 0; i <= STDERR_FILENO; i++)
        if (dup3(STARTER, i, 0) < 0)
            _exit(PROC_NO_DESCRIPTORS);
    if (syscall(SYS_close_range, STARTER + 1, ~0U, 0))
        _exit(PROC_NO_CLOSING);
    syscall(SYS_execveat, STARTER, "", nothing, nothing, AT_EMPTY_PATH);
    _exit(PROC_NO_EXEC);
}
_Static_assert(STARTER == PROC_LOADER_FILE + 1, "the fifth");

/* --- the thread --- */

static void carry_out(struct proc_plan *of)
{
    static char stack[32 << 10] __attribute__((aligned(16)));
    of->process = -1;
    of->id = clone(start, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, of,
                   &of->process);
    of->error = of->id < 0 ? errno : 0;
}

static void *keep(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    for (;;) {
        while (!plan || is_done)
            og_event_wait(&changed, &lock);
        carry_out(plan);
        is_done = true;
        og_event_tell(&changed);
    }
    return NULL;
}

/* With the lock held. */
static int make_keeper(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    if (is_there)
        return 0;
    int error = pthread_attr_init(&attributes);
    if (error)
        return error;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    error = pthread_create(&thread, &attributes, keep, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    is_there = !error;
    return error;
}

int proc_keeper_start(struct proc_plan *of)
{
    pthread_mutex_lock(&lock);
    while (plan) /* another thread's */
        og_event_wait(&changed, &lock);
    int error = make_keeper();
    if (!error) {
        plan = of;
        is_done = false;
        og_event_tell(&changed);
        while (!is_done)
            og_event_wait(&changed, &lock);
        plan = NULL;
        og_event_tell(&changed);
        error = of->error;
    }
    pthread_mutex_unlock(&lock);
    return error;
}

void proc_keeper_fork(int when)
{
    if (when == PROC_BEFORE_FORK)
        pthread_mutex_lock(&lock);
    if (when == PROC_IN_CHILD) {
        is_there = false;
        plan = NULL;
    }
    if (when != PROC_BEFORE_FORK)
        pthread_mutex_unlock(&lock);
}
