/* Contexts: a thread's place in a domain, made at its first scope there. Threads are known by their
 * thread pointers, which the processor has in a register: nearly always it is the thread that asked
 * last which asks again. */
#include "none.h"

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

/* With the lock held. */
static struct og_thread_context *find(const struct none_domain *domain, const void *thread)
{
    return og_thread_context_find(domain->contexts, thread);
}

/* The same. */
static struct og_thread_context *make(struct none_domain *domain)
{
    const uintptr_t arena = (uintptr_t)domain->arena;
    const struct og_context fresh = {
        .domain = &domain->domain,
        .shut = 1,
        .stack_low = arena,
        .live_start = arena + domain->stack_size,
        .live_end = arena + domain->arena_size,
    };
    return og_thread_context_make(&domain->contexts, &fresh);
}

static __attribute__((noinline)) struct og_context *find_or_make(struct none_domain *domain)
{
    pthread_mutex_lock(&lock);
    struct og_thread_context *context = find(domain, __builtin_thread_pointer());
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
    struct og_thread_context *last = __atomic_load_n(&domain->last, __ATOMIC_ACQUIRE);
    if (OG_LIKELY(og_thread_context_is_own(last)))
        return &last->context;
    return find_or_make(domain);
}

struct og_context *none_context_if_any(struct none_domain *domain)
{
    pthread_mutex_lock(&lock);
    struct og_thread_context *context = find(domain, __builtin_thread_pointer());
    pthread_mutex_unlock(&lock);
    return context ? &context->context : NULL;
}

void none_contexts_poison(struct none_domain *domain, const struct og_fault *fault)
{
    pthread_mutex_lock(&lock);
    domain->turn.poison = *fault;
    og_thread_contexts_poison(domain->contexts, fault);
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
        struct og_thread_context *context = domains[i] ? find(domains[i], self) : NULL;
        if (!context)
            continue;
        if (context->context.floor)
            none_callbacks_leave(&domains[i]->domain);
        og_turn_gone(&domains[i]->turn, &context->context, context->context.floor != 0);
        og_thread_context_set(context, NULL);
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
        struct og_thread_context *own = find(domains[i], self);
        og_turn_in_child(&domains[i]->turn, own ? &own->context : NULL);
        og_thread_contexts_leave_but(domains[i]->contexts, own);
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
    og_thread_contexts_free(&domain->contexts);
}
