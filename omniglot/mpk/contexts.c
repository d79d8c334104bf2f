/* Which thread has which context, in which seat; how its last call ended. */
#include "mpk.h"

#include <stdlib.h>

/* Who is in which seat, and which context is whose. */
static pthread_mutex_t contexts = PTHREAD_MUTEX_INITIALIZER;

void mpk_contexts_lock(void)
{
    pthread_mutex_lock(&contexts);
}

void mpk_contexts_unlock(void)
{
    pthread_mutex_unlock(&contexts);
}

pthread_mutex_t *mpk_contexts_mutex(void)
{
    return &contexts;
}

/* --- fork --- */

static __thread bool forks;

/* In a child there is no dispatch before the runtime's handler of fork has turned it on; the host's
 * code may run before that, in handlers that it has given pthread_atfork before the first domain,
 * and in those of signals. And who forks holds the runtime's locks. */
static struct og_context of_fork = {
    .poisoned = OG_POISONED,
    .fault = {.error = OG_POISONED,
              .message = "the process forks: what runs while it does, as handlers that were given "
                         "pthread_atfork before the first domain was opened, cannot call in"},
};

struct og_context *mpk_context_of_fork(void)
{
    return forks ? &of_fork : NULL;
}

void mpk_contexts_fork(void)
{
    const struct mpk_thread *thread = mpk_thread_if_any();
    forks = true;
    for (size_t i = 0; thread && i < MPK_DOMAINS; i++) {
        struct mpk_context *context = thread->contexts[i];
        if (!context || context->context.poisoned)
            continue;
        context->forks = true;
        context->context.fault = of_fork.fault;
        context->context.poisoned = OG_POISONED;
    }
    atomic_signal_fence(memory_order_seq_cst);
}

void mpk_contexts_have_forked(void)
{
    const struct mpk_thread *thread = mpk_thread_if_any();
    forks = false;
    for (size_t i = 0; thread && i < MPK_DOMAINS; i++) {
        struct mpk_context *context = thread->contexts[i];
        if (!context || !context->forks)
            continue;
        context->forks = false;
        context->context.poisoned = OG_OK;
    }
}

void mpk_contexts_forked(struct mpk_domain *domain)
{
    struct mpk_context *own = NULL;
    const struct mpk_seat *seat = &domain->seats;
    do
        if (seat->context && seat->context->thread == mpk_thread_if_any())
            own = seat->context;
    while ((seat = seat->next));
    og_turn_in_child(&domain->turn, own ? &own->context : NULL);
    /* Callbacks under way are all the domain's owner's. */
    for (size_t i = 0; i < MPK_CALLBACKS && !(own && own->context.floor); i++)
        domain->slots[i].running = 0;
    for (struct mpk_seat *left = &domain->seats; left; left = left->next) {
        struct mpk_context *context = left->context;
        if (!context || context == own)
            continue;
        mpk_seat_give(left);
        domain->key_is_lost |= !mpk_signal_stack_forked(context);
        mpk_release(context);
    }
}

void mpk_contexts_poison(struct mpk_domain *domain, const char *message)
{
    struct mpk_context *own = mpk_context_if_any(domain);
    if (!domain->turn.poison.error)
        og_fail(&domain->turn.poison, OG_POISONED, NULL, 0, message);
    if (own)
        mpk_domain_poison(domain, &domain->turn.poison);
}

void mpk_domain_poison(struct mpk_domain *domain, const struct og_fault *fault)
{
    struct og_context *context = &mpk_thread_if_any()->contexts[domain->index]->context;
    if (context->poisoned)
        return;
    context->fault = *fault;
    context->poisoned = fault->error;
}

struct mpk_context *mpk_context_if_any(const struct mpk_domain *domain)
{
    const struct mpk_thread *thread = mpk_thread_if_any();
    return thread ? thread->contexts[domain->index] : NULL;
}

void mpk_context_close(struct mpk_context *context)
{
    if (!context)
        return;
    struct mpk_domain *domain = context->domain;
    struct mpk_thread *thread = context->thread;
    if (thread->contexts[domain->index] == context)
        thread->contexts[domain->index] = NULL;
    /* Which of the thread's calls are in this domain is on its stack, as it was left. */
    og_turn_gone(&domain->turn, &context->context,
                 __atomic_load_n(&thread->frame, __ATOMIC_RELAXED) != NULL);
    if (context->seat)
        mpk_seat_give(context->seat);
    mpk_release(context);
}
