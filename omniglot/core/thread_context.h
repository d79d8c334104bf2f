/* Contexts of a domain's threads, for runtimes that know a thread by its thread pointer, which the
 * processor has in a register. Each domain has a list, under a lock of its runtime's; an entry is
 * never taken out: it stays when its thread has exited, for another.
 *
 * For runtimes of hosts with threads. */
#ifndef OMNIGLOT_CORE_THREAD_CONTEXT_H
#define OMNIGLOT_CORE_THREAD_CONTEXT_H

#include <omniglot/context.h>
#include <stdlib.h>

/* A thread's place in a domain. */
struct og_thread_context {
    struct og_context context; /* first */
    const void *thread;        /* whose: its thread pointer; NULL: nobody's; atomic */
    struct og_thread_context *next;
};

/* Is it the calling thread's? Without the lock, too. */
static inline int og_thread_context_is_own(const struct og_thread_context *context)
{
    return __atomic_load_n(&context->thread, __ATOMIC_RELAXED) == __builtin_thread_pointer();
}

static inline void og_thread_context_set(struct og_thread_context *context, const void *thread)
{
    __atomic_store_n(&context->thread, thread, __ATOMIC_RELAXED);
}

/* With the lock held, as all below. NULL: it has none. */
static inline struct og_thread_context *og_thread_context_find(struct og_thread_context *list,
                                                               const void *thread)
{
    while (list && __atomic_load_n(&list->thread, __ATOMIC_RELAXED) != thread)
        list = list->next;
    return list;
}

/* Makes `fresh` the calling thread's, in what an exited thread has left, or else in memory of its
 * own. NULL: there is none. */
static inline struct og_thread_context *og_thread_context_make(struct og_thread_context **list,
                                                               const struct og_context *fresh)
{
    struct og_thread_context *context = og_thread_context_find(*list, NULL);
    if (!context) {
        context = malloc(sizeof(*context));
        if (!context)
            return NULL;
        context->next = *list;
        *list = context;
    }
    context->context = *fresh;
    og_thread_context_set(context, __builtin_thread_pointer());
    return context;
}

static inline void og_thread_contexts_poison(struct og_thread_context *list,
                                             const struct og_fault *fault)
{
    for (; list; list = list->next) {
        list->context.fault = *fault;
        list->context.poisoned = fault->error;
    }
}

/* In a child of fork: the others' threads are not there. `own` may be NULL. */
static inline void og_thread_contexts_leave_but(struct og_thread_context *list,
                                                const struct og_thread_context *own)
{
    for (; list; list = list->next)
        if (list != own)
            og_thread_context_set(list, NULL);
}

/* Nobody has the domain any more. */
static inline void og_thread_contexts_free(struct og_thread_context **list)
{
    while (*list) {
        struct og_thread_context *context = *list;
        *list = context->next;
        free(context);
    }
}

#endif
