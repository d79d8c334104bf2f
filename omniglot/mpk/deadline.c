/* Deadlines: one clock thread looks at the threads that are inside domains, and tells one that
 * has been in the same call for too long by a signal; the thread itself knows which domain's
 * deadline counts. A call costs one increment for it, and no system call. */
#include "mpk.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { TICK = 1000000 /* nanoseconds */ };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool running;
static _Atomic uint64_t shortest =
    UINT64_MAX; /* of the domains' deadlines; nobody is disturbed before */

/* What the clock last saw of each thread: the number of its call, and since when. */
static struct {
    uint64_t calls, since;
} seen[MPK_THREADS];

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void visit(struct mpk_thread *thread)
{
    uint64_t calls = atomic_load(&thread->calls), time = now();
    if (calls != seen[thread->index].calls || !thread->frame) {
        seen[thread->index].calls = calls;
        seen[thread->index].since = time;
        return;
    }
    uint64_t elapsed = time - seen[thread->index].since;
    if (elapsed < 2 * (uint64_t)TICK || elapsed < atomic_load(&shortest))
        return;
    atomic_store(&thread->overdue_by, elapsed);
    atomic_store(&thread->overdue, calls);
    syscall(SYS_tgkill, getpid(), thread->id, mpk_deadline_signal());
}

static void *watch(void *unused)
{
    const struct timespec tick = {0, TICK};
    (void)unused;
    for (;;) {
        nanosleep(&tick, NULL);
        mpk_threads_visit(visit);
    }
    return NULL;
}

enum og_error mpk_deadline_watch(uint64_t deadline, struct og_fault *fault)
{
    sigset_t all, before;
    pthread_t clock;
    pthread_attr_t attributes;
    int failed = 0;
    sigfillset(&all);
    pthread_mutex_lock(&lock);
    if (deadline < atomic_load(&shortest))
        atomic_store(&shortest, deadline);
    if (!running) {
        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        /* The host's handlers are not to run on the clock's thread. */
        pthread_sigmask(SIG_SETMASK, &all, &before);
        failed = pthread_create(&clock, &attributes, watch, NULL);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        pthread_attr_destroy(&attributes);
        running = !failed;
    }
    pthread_mutex_unlock(&lock);
    if (failed)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "cannot start the deadline's clock");
    return OG_OK;
}

void mpk_deadline_forked(void)
{
    bool was_running = running;
    running = false;
    if (was_running && mpk_deadline_watch(UINT64_MAX, NULL))
        running = false;
}

pthread_mutex_t *mpk_deadline_lock(void)
{
    return &lock;
}
