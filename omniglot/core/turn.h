/* Whose turn it is in a domain.
 *
 * A domain is one thread's at a time, from its outermost scope's begin to its end: foreign code
 * does not run on one thread while another reads what it has validated. The thread that was inside
 * last is the *owner*, and enters and leaves by plain loads and stores of its context (scope.c).
 * Every other thread's context is *shut*, and comes here: the owner's is shut too, the processors
 * are made to agree, and if the owner is in no scope the domain passes to the newcomer; if it is,
 * the newcomer waits until the owner, which by then finds its context shut, comes here when it
 * leaves.
 *
 * Those who wait take numbers, and enter in that order; an owner that comes back while somebody
 * waits takes one as well. Decision 074 says what it costs.
 *
 * For runtimes of hosts with threads; the embedded target has one thread, and none of this. */
#ifndef OMNIGLOT_CORE_TURN_H
#define OMNIGLOT_CORE_TURN_H

#include "omniglot/core/event.h"
#include "omniglot/runtime.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Of many who wait few wake for nothing. */
enum { OG_TURN_EVENTS = 64 };

struct og_turn {
    pthread_mutex_t lock;                    /* what follows; never held while foreign code runs */
    struct og_event changed[OG_TURN_EVENTS]; /* each who waits does so for the one of its number */
    struct og_context *owner; /* the only one whose context may be open; NULL: nobody's is */
    struct og_fault poison; /* why no call can be made until reset, where the owner does not know */
    uint64_t next, serving; /* numbers of those who come, and of who is the first */
    uint64_t forks;         /* of the process, to this one: numbers from before are no more */
    enum og_threads threads;
    bool closed; /* the domain is being reset or closed */
    /* What has to be done when the domain passes from one (NULL: nobody) to another; false: it
     * cannot be done, and the domain is nobody's. `to` is NULL, and what is returned not looked at,
     * when `from` is about to be freed, whether it is the owner or not. With the lock held. NULL:
     * nothing has to be done. */
    bool (*pass)(struct og_context *from, struct og_context *to);
};

/* Makes threads agree where they cannot afford a fence: one side uses the light one, which costs
 * nothing, between its store and its load; the other the heavy one, between its own. */
extern bool og_has_heavy_fence; /* else both are fences */
bool og_heavy_fence(void);      /* false: the kernel refuses what it gave before */
static inline void og_light_fence(void)
{
    atomic_signal_fence(memory_order_seq_cst);
    if (!OG_LIKELY(og_has_heavy_fence))
        atomic_thread_fence(memory_order_seq_cst);
}

/* The calling thread's number, which no other thread of the process ever has; not 0. */
uint64_t og_thread_number(void);
/* Is it on the calling thread's stack, as far as the system says? */
bool og_is_on_own_stack(const void *place);

void og_turn_open(struct og_turn *turn, enum og_threads threads,
                  bool (*pass)(struct og_context *from, struct og_context *to));
void og_turn_destroy(struct og_turn *turn);

/* og_runtime.enter and .left. */
struct og_context *og_turn_enter(struct og_turn *turn, struct og_context *context);
void og_turn_left(struct og_turn *turn);
/* og_turn_enter has made the domain the context's, which cannot enter all the same. */
void og_turn_give_up(struct og_turn *turn, struct og_context *context);

/* Lets nobody enter until og_turn_open_again; or OG_BUSY (somebody is inside, or waits and it is
 * `for_good`), and nothing has changed. `own`: the calling thread's context, if it has one. */
enum og_error og_turn_shut(struct og_turn *turn, struct og_context *own, bool for_good,
                           struct og_fault *fault);
/* While it is shut: makes the domain `own`'s, to run foreign code. */
bool og_turn_take(struct og_turn *turn, struct og_context *own);
void og_turn_open_again(struct og_turn *turn);

/* The context's thread exits: it is nobody's from now on. `in_call`: it has left a call behind,
 * which cannot return. */
void og_turn_gone(struct og_turn *turn, struct og_context *context, bool in_call);

/* For pthread_atfork: before, in the parent, and in the child, where `own` is the context of the
 * one thread that there is. */
void og_turn_before_fork(struct og_turn *turn);
void og_turn_after_fork(struct og_turn *turn);
void og_turn_in_child(struct og_turn *turn, struct og_context *own);

#endif
