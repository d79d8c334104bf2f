/* The places that registered callbacks have in a runtime, which foreign code knows by their
 * numbers. What foreign code runs reads of a slot without a lock; everything else is under a lock
 * of the runtime's, with an event that says that a callback that was closed has returned.
 *
 * For runtimes of hosts with threads. */
#ifndef OMNIGLOT_CORE_SLOT_H
#define OMNIGLOT_CORE_SLOT_H

#include "omniglot/core/event.h"
#include "omniglot/core/turn.h"

enum { OG_SLOT_NOBODY = 0 };
#define OG_SLOT_ANY_THREAD UINT64_MAX

/* A registered callback. What is another thread's is not followed. */
struct og_slot {
    og_callback_function *function; /* NULL: closed */
    void *user;
    struct og_domain *domain;
    uint64_t thread;  /* whose: og_thread_number; OG_SLOT_NOBODY, OG_SLOT_ANY_THREAD */
    unsigned running; /* calls of it under way, all on one stack: */
    uint64_t runner;  /* whose */
    uint64_t uses;    /* how often it has been given to somebody, or taken back by reset */
    struct og_callback *callback; /* who has the slot; NULL: it is free */
};

/* May thread number `self` call what is `thread`'s? */
static inline bool og_slot_is_for(uint64_t thread, uint64_t self)
{
    return thread == self || thread == OG_SLOT_ANY_THREAD;
}

/* A call of it begins, without the lock. NULL: it is closed. */
static inline og_callback_function *og_slot_begin(struct og_slot *slot, uint64_t self)
{
    /* Who closes the slot says so first, and looks for calls then. */
    __atomic_store_n(&slot->running, slot->running + 1, __ATOMIC_RELAXED);
    slot->runner = self;
    og_light_fence();
    return __atomic_load_n(&slot->function, __ATOMIC_ACQUIRE);
}

/* It ends. False: somebody has closed the slot meanwhile, and may be waiting: the event is to be
 * told. */
static inline bool og_slot_end(struct og_slot *slot)
{
    __atomic_store_n(&slot->running, slot->running - 1, __ATOMIC_RELEASE);
    og_light_fence();
    return OG_LIKELY(__atomic_load_n(&slot->function, __ATOMIC_RELAXED) != NULL);
}

/* With the lock held, as all below. No call of it starts any more. */
static inline void og_slot_shut(struct og_slot *slot)
{
    slot->callback = NULL;
    __atomic_store_n(&slot->thread, OG_SLOT_NOBODY, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->function, NULL, __ATOMIC_RELAXED);
}

/* From here on no call of it starts, and none is under way but on the calling thread's own stack.
 */
static inline void og_slot_close(struct og_slot *slot, struct og_event *ended,
                                 pthread_mutex_t *lock)
{
    uint64_t uses = slot->uses;
    og_slot_shut(slot);
    og_heavy_fence();
    /* Who wakes late may find calls of who has the slot by then: those nobody would tell it of. */
    while (slot->uses == uses && __atomic_load_n(&slot->running, __ATOMIC_ACQUIRE) &&
           slot->runner != og_thread_number())
        og_event_wait(ended, lock);
}

/* A slot that was closed in a call of its callback is still in use. */
static inline bool og_slot_is_free(const struct og_slot *slot)
{
    return !slot->callback && !__atomic_load_n(&slot->running, __ATOMIC_ACQUIRE);
}

/* Finds one for the callback, which loses those that it has, and makes it the calling thread's.
 * Returns its number; `count`: none is free. */
static inline unsigned og_slot_take(struct og_slot *slots, unsigned count, struct og_domain *domain,
                                    struct og_callback *callback, struct og_event *ended,
                                    pthread_mutex_t *lock)
{
    unsigned number = 0;
    for (unsigned i = 0; i < count; i++)
        if (slots[i].callback == callback)
            og_slot_close(&slots[i], ended, lock);
    while (number < count && !og_slot_is_free(&slots[number]))
        number++;
    if (number < count) {
        struct og_slot *slot = &slots[number];
        slot->callback = callback;
        slot->uses++;
        slot->user = callback->user;
        slot->domain = domain;
        __atomic_store_n(&slot->function, callback->function, __ATOMIC_RELEASE);
        __atomic_store_n(&slot->thread, og_thread_number(), __ATOMIC_RELEASE);
        callback->domain = domain;
        callback->slot = number;
    }
    return number;
}

/* Any thread may call it from now on, if it is still open. */
static inline void og_slot_open_to_all(struct og_slot *slot, const struct og_callback *callback)
{
    if (slot->callback == callback && slot->function)
        __atomic_store_n(&slot->thread, OG_SLOT_ANY_THREAD, __ATOMIC_RELEASE);
}

/* Its callback has none any more. */
static inline void og_slot_take_back(struct og_slot *slot)
{
    /* The domain may be gone when its owner closes it; and the callback, as soon as the owner sees
     * that it has none. */
    __atomic_store_n(&slot->callback->address, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->callback->domain, NULL, __ATOMIC_RELEASE);
    *slot = (struct og_slot){.uses = slot->uses + 1};
}

/* In a child of fork: nobody can call what was a thread's that the child lacks. It may be on that
 * thread's stack, which the next one gets: nothing is to be written there any later. */
static inline void og_slot_leave_in_child(struct og_slot *slot)
{
    if (slot->callback && !og_slot_is_for(slot->thread, og_thread_number()))
        og_slot_take_back(slot);
}

#endif
