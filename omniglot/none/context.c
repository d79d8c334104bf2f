/* Contexts: a thread's place in a domain, made at its first scope there. Threads are known by their
 * thread pointers, which the processor has in a register: nearly always it is the thread that asked
 * last which asks again. */
#include "none.h"

#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* contexts of all domains; this list: */
static struct none_domain *domains[NONE_DOMAINS];
/* For reading: a domain is half-way between two states; for writing: fork. The first to be taken.
 */
static pthread_rwlock_t resets = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static pthread_key_t exit_key;
static bool started;

static struct og_context no_room = {
    .poisoned = OG_NO_MEMORY,
    .fault = {.error = OG_NO_MEMORY, .message = "the host is out of memory"},
};

static const void *thread_of(const struct none_context *context)
{
    return __atomic_load_n(&context->thread, __ATOMIC_RELAXED);
}

static void set_thread(struct none_context *context, const void *thread)
{
    __atomic_store_n(&context->thread, thread, __ATOMIC_RELAXED);
}

/* With the lock held. */
static struct none_context *find(const struct none_domain *domain, const void *thread)
{
    struct none_context *context = domain->contexts;
    while (context && thread_of(context) != thread)
        context = context->next;
    return context;
}

/* The same; what an exited thread has left is used again. */
static struct none_context *make(struct none_domain *domain)
{
    struct none_context *context = find(domain, NULL);
    if (!context) {
        context = malloc(sizeof(*context));
        if (!context)
            return NULL;
        context->next = domain->contexts;
        domain->contexts = context;
    }
    const uintptr_t arena = (uintptr_t)domain->arena;
    context->context = (struct og_context){
        .domain = &domain->domain,
        .shut = 1,
        .stack_low = arena,
        .live_start = arena + domain->stack_size,
        .live_end = arena + domain->arena_size,
    };
    set_thread(context, __builtin_thread_pointer());
    return context;
}

static __attribute__((noinline)) struct og_context *find_or_make(struct none_domain *domain)
{
    pthread_mutex_lock(&lock);
    struct none_context *context = find(domain, __builtin_thread_pointer());
    if (!context)
        context = make(domain);
    if (context && pthread_setspecific(exit_key, context))
        context = NULL; /* it is the thread's, which comes here again */
    if (context)
        __atomic_store_n(&domain->last, context, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&lock);
    return context ? &context->context : &no_room;
}

struct og_context *none_context(struct og_domain *handle)
{
    struct none_domain *domain = (struct none_domain *)handle;
    struct none_context *last = __atomic_load_n(&domain->last, __ATOMIC_ACQUIRE);
    if (OG_LIKELY(thread_of(last) == __builtin_thread_pointer()))
        return &last->context;
    return find_or_make(domain);
}

struct og_context *none_context_if_any(struct none_domain *domain)
{
    pthread_mutex_lock(&lock);
    struct none_context *context = find(domain, __builtin_thread_pointer());
    pthread_mutex_unlock(&lock);
    return context ? &context->context : NULL;
}

void none_contexts_poison(struct none_domain *domain, const struct og_fault *fault)
{
    pthread_mutex_lock(&lock);
    domain->turn.poison = *fault;
    for (struct none_context *context = domain->contexts; context; context = context->next) {
        context->context.fault = *fault;
        context->context.poisoned = fault->error;
    }
    pthread_mutex_unlock(&lock);
}

/* --- threads and processes that end and begin --- */

static void leave(void *unused)
{
    const void *self = __builtin_thread_pointer();
    (void)unused;
    none_callbacks_end();
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < NONE_DOMAINS; i++) {
        struct none_context *context = domains[i] ? find(domains[i], self) : NULL;
        if (!context)
            continue;
        if (context->context.floor)
            none_callbacks_leave(&domains[i]->domain);
        og_turn_gone(&domains[i]->turn, &context->context, context->context.floor != 0);
        set_thread(context, NULL);
    }
    pthread_mutex_unlock(&lock);
}

void none_reset_begin(void)
{
    pthread_rwlock_rdlock(&resets);
}

void none_reset_end(void)
{
    pthread_rwlock_unlock(&resets);
}

static void before_fork(void)
{
    pthread_rwlock_wrlock(&resets);
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < NONE_DOMAINS; i++)
        if (domains[i])
            og_turn_before_fork(&domains[i]->turn);
    none_callbacks_fork(NONE_BEFORE_FORK);
    none_allocations_fork(NONE_BEFORE_FORK);
}

static void after_fork(void)
{
    none_allocations_fork(NONE_AFTER_FORK);
    none_callbacks_fork(NONE_AFTER_FORK);
    for (size_t i = 0; i < NONE_DOMAINS; i++)
        if (domains[i])
            og_turn_after_fork(&domains[i]->turn);
    pthread_mutex_unlock(&lock);
    pthread_rwlock_unlock(&resets);
}

/* The thread that forked is the one that there is, and its thread pointer is the same. */
static void in_child(void)
{
    const void *self = __builtin_thread_pointer();
    none_allocations_fork(NONE_IN_CHILD);
    none_callbacks_fork(NONE_IN_CHILD);
    for (size_t i = 0; i < NONE_DOMAINS; i++) {
        if (!domains[i])
            continue;
        struct none_context *own = find(domains[i], self), *context;
        og_turn_in_child(&domains[i]->turn, own ? &own->context : NULL);
        for (context = domains[i]->contexts; context; context = context->next)
            if (context != own)
                set_thread(context, NULL);
    }
    pthread_mutex_unlock(&lock);
    /* It knows its writer by a number that this thread no longer has. */
    resets = (pthread_rwlock_t)PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
}

/* With the lock held. */
static bool start(void)
{
    if (!started)
        started = !pthread_key_create(&exit_key, leave) &&
                  !pthread_atfork(before_fork, after_fork, in_child);
    return started;
}

enum og_error none_contexts_open(struct none_domain *domain, struct og_fault *fault)
{
    pthread_mutex_lock(&lock);
    if (start() && make(domain)) {
        domains[domain->slot] = domain;
        domain->last = domain->contexts;
    }
    pthread_mutex_unlock(&lock);
    if (!domain->last || pthread_setspecific(exit_key, domain))
        return og_out_of_memory(fault);
    return OG_OK;
}

void none_contexts_close(struct none_domain *domain)
{
    pthread_mutex_lock(&lock);
    if (domain->slot < NONE_DOMAINS && domains[domain->slot] == domain)
        domains[domain->slot] = NULL;
    pthread_mutex_unlock(&lock);
    while (domain->contexts) {
        struct none_context *context = domain->contexts;
        domain->contexts = context->next;
        free(context);
    }
}
