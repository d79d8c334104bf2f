/* What threads wait for that hold a lock: a condition that is as good in a child of fork as it was
 * before. The C library's keeps who waits in it, which in a child nobody can put right where the
 * thread that forked waits itself: in a handler, which then goes back to waiting. Decision 127.
 *
 * For runtimes of hosts with threads. */
#ifndef OMNIGLOT_CORE_EVENT_H
#define OMNIGLOT_CORE_EVENT_H

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

struct og_event {
    _Atomic uint32_t count; /* how often it has happened; nothing else is known of it */
};

/* With the lock, which is let go of meanwhile. No point at which the thread is cancelled. Returns
 * when it has happened, or by chance. */
static inline void og_event_wait(struct og_event *event, pthread_mutex_t *lock)
{
    uint32_t seen = atomic_load(&event->count);
    pthread_mutex_unlock(lock);
    syscall(SYS_futex, &event->count, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    pthread_mutex_lock(lock);
}

/* With the lock: wakes all who wait. */
static inline void og_event_tell(struct og_event *event)
{
    atomic_fetch_add(&event->count, 1);
    syscall(SYS_futex, &event->count, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

#endif
