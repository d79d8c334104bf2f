/* No thread is cancelled between an entry into a runtime and its end, nor in what is served for
 * foreign code: it would leave with a lock, or from the middle of the foreign code. The host's own
 * code, in callbacks and handlers, is the host's to be cancelled in; a thread that ends there with
 * a call under way poisons the domain (turn.h, og_turn_gone).
 *
 * Around every entry that can wait or that calls a function at which POSIX lets a thread be
 * cancelled, on the host's side of the call: what is on the way into foreign code again is past it.
 * Not around what takes locks and no more, at which no thread is cancelled. Decision 126.
 *
 * For runtimes of hosts with threads. */
#ifndef OMNIGLOT_CORE_UNCANCELLED_H
#define OMNIGLOT_CORE_UNCANCELLED_H

#include <pthread.h>

/* Returns what og_uncancelled_end takes. */
static inline int og_uncancelled_begin(void)
{
    int before;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return before;
}

/* Who has been cancelled meanwhile is so at its next cancellation point, which this is not. */
static inline void og_uncancelled_end(int before)
{
    pthread_setcancelstate(before, NULL);
}

#endif
