/* Contexts: a thread's place in a domain, made at its first scope there. Threads are known by their
 * thread pointers, which the processor has in a register: nearly always it is the thread that asked
 * last which asks again. */
#include "proc.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* contexts of all domains; this list: */
static struct proc_domain *domains;
/* For reading: a domain is half-way between two states; for writing: fork. The first to be taken.
 */
static pthread_rwlock_t changes = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static pthread_key_t exit_key;
static bool started;

static struct og_context no_room = {
    .poisoned = OG_NO_MEMORY,
    .fault = {.error = OG_NO_MEMORY, .message = "the host is out of memory"},
};

/* With the lock held. */
static struct og_thread_context *find(const struct proc_domain *domain, const void *thread)
{
    return og_thread_context_find(domain->contexts, thread);
}

/* The same. */
static struct og_thread_context *make(struct proc_domain *domain)
{
    const struct og_context fresh = {
        .domain = &domain->domain,
        .shut = 1,
        .stack_low = domain->scopes,
        .live_start = domain->heap.start,
        .live_end = domain->heap.end,
    };
    return og_thread_context_make(&domain->contexts, &fresh);
}

static __attribute__((noinline)) struct og_context *find_or_make(struct proc_domain *domain)
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

struct og_context *proc_context(struct og_domain *handle)
{
    struct proc_domain *domain = (struct proc_domain *)handle;
    struct og_thread_context *last = __atomic_load_n(&domain->last, __ATOMIC_ACQUIRE);
    if (OG_LIKELY(og_thread_context_is_own(last)))
        return &last->context;
    return find_or_make(domain);
}

struct og_context *proc_context_if_any(struct proc_domain *domain)
{
    pthread_mutex_lock(&lock);
    struct og_thread_context *context = find(domain, __builtin_thread_pointer());
    pthread_mutex_unlock(&lock);
    return context ? &context->context : NULL;
}

/* With the lock held. */
static void poison(struct proc_domain *domain, const struct og_fault *fault)
{
    domain->turn.poison = *fault;
    og_thread_contexts_poison(domain->contexts, fault);
}

void proc_contexts_poison(struct proc_domain *domain, const struct og_fault *fault)
{
    pthread_mutex_lock(&lock);
    poison(domain, fault);
    pthread_mutex_unlock(&lock);
}

/* --- threads and processes that end and begin --- */

static void leave(void *unused)
{
    const void *self = __builtin_thread_pointer();
    (void)unused;
    pthread_mutex_lock(&lock);
    for (struct proc_domain *domain = domains; domain; domain = domain->next) {
        struct og_thread_context *context = find(domain, self);
        if (!context)
            continue;
        const bool in_call = context->context.floor != 0;
        proc_callbacks_end(domain, in_call);
        og_turn_gone(&domain->turn, &context->context, in_call);
        og_thread_context_set(context, NULL);
    }
    pthread_mutex_unlock(&lock);
}

void proc_change_begin(void)
{
    pthread_rwlock_rdlock(&changes);
}

void proc_change_end(void)
{
    pthread_rwlock_unlock(&changes);
}

void proc_contexts_fork(int when)
{
    if (when == PROC_BEFORE_FORK) {
        pthread_rwlock_wrlock(&changes);
        pthread_mutex_lock(&lock);
    }
    for (struct proc_domain *domain = domains; domain && when != PROC_IN_CHILD;
         domain = domain->next)
        (when == PROC_BEFORE_FORK ? og_turn_before_fork : og_turn_after_fork)(&domain->turn);
    if (when == PROC_AFTER_FORK) {
        pthread_mutex_unlock(&lock);
        pthread_rwlock_unlock(&changes);
    }
}

/* The thread that forked is the one that there is, and its thread pointer is the same. The domains'
 * processes are the parent's, and so is their memory: a reset makes new ones. */
void proc_contexts_in_child(void (*leave_to_parent)(struct proc_domain *domain))
{
    const void *self = __builtin_thread_pointer();
    struct og_fault fault;
    og_fail(
        &fault, OG_POISONED, NULL, 0,
        "the library's process is the parent's still when the process forked: reset the domain");
    for (struct proc_domain *domain = domains; domain; domain = domain->next) {
        struct og_thread_context *own = find(domain, self);
        leave_to_parent(domain);
        og_turn_in_child(&domain->turn, own ? &own->context : NULL);
        og_thread_contexts_leave_but(domain->contexts, own);
        poison(domain, &fault);
    }
    pthread_mutex_unlock(&lock);
    /* It knows its writer by a number that this thread no longer has. */
    changes = (pthread_rwlock_t)PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
}

/* With the lock held. */
static bool start(void)
{
    if (!started)
        started = !pthread_key_create(&exit_key, leave);
    return started;
}

enum og_error proc_contexts_open(struct proc_domain *domain, struct og_fault *fault)
{
    pthread_mutex_lock(&lock);
    if (start() && make(domain)) {
        domain->next = domains;
        domains = domain;
        domain->last = domain->contexts;
    }
    pthread_mutex_unlock(&lock);
    if (!domain->last || pthread_setspecific(exit_key, domain))
        return og_out_of_memory(fault);
    return OG_OK;
}

void proc_contexts_close(struct proc_domain *domain)
{
    pthread_mutex_lock(&lock);
    for (struct proc_domain **at = &domains; *at; at = &(*at)->next)
        if (*at == domain) {
            *at = domain->next;
            break;
        }
    pthread_mutex_unlock(&lock);
    og_thread_contexts_free(&domain->contexts);
}
