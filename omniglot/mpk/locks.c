/* The locks of the runtime, in the order in which they are taken, and fork.
 *
 * A thread that holds one of them takes only those further down; of two domains' it never holds the
 * same lock. No foreign code runs, and no thread waits for another to leave a domain, while a lock
 * is held that is not named in the condition it waits on.
 *
 *   resets         for reading: a domain is half-way between two states; for writing: fork
 *   host code      the search of the host's own code (code/host_code.c)
 *   domains        which domains there are, and that their arenas stay (domains.c)
 *   contexts       which context is in which seat, and in which thread's block (contexts.c)
 *   a turn's       whose turn it is in a domain (core/turn.c)
 *   a domain's     thunks, callbacks, the arena's books
 *   signal stacks  whose they are (signal_stack.c)
 *   threads        which thread blocks are taken and ready (threads.c)
 *   keys           which protection keys are taken (keys.c)
 *   deadline       that there is a clock (deadline.c)
 *
 * A signal handler that has interrupted foreign code may take a domain's lock and those below, as
 * system calls do: below the foreign frames there is host code, but none that holds a lock when it
 * calls in. One that has interrupted the host takes none: whatever was interrupted may hold it. So
 * does what records the end of a call (mpk_domain_poison), which both kinds use.
 *
 * fork takes them all, so that the child finds everything in a state that some thread left on
 * purpose; what the threads that it lacks had in hand is then put right. */
#include "mpk.h"

#include <errno.h>

static pthread_rwlock_t resets = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

void mpk_reset_begin(void)
{
    pthread_rwlock_rdlock(&resets);
}

void mpk_reset_end(void)
{
    pthread_rwlock_unlock(&resets);
}

static pthread_mutex_t *(*const before_domains[])(void) = {mpk_host_code_lock, mpk_domains_lock,
                                                           mpk_contexts_mutex};
static pthread_mutex_t *(*const after_domains[])(void) = {
    mpk_signal_stacks_lock,
    mpk_threads_lock,
    mpk_keys_lock,
    mpk_deadline_lock,
};
enum { BEFORE = sizeof(before_domains) / sizeof(before_domains[0]) };
enum { AFTER = sizeof(after_domains) / sizeof(after_domains[0]) };

static void keep_code_back(bool from_children)
{
    for (size_t i = 0; i < MPK_DOMAINS; i++)
        if (mpk_domains[i])
            (void)mpk_arena_keep_back(&mpk_domains[i]->arena, from_children);
}

static void lock_all(void)
{
    pthread_rwlock_wrlock(&resets);
    for (size_t i = 0; i < BEFORE; i++)
        pthread_mutex_lock(before_domains[i]());
    for (size_t i = 0; i < MPK_DOMAINS; i++)
        if (mpk_domains[i])
            og_turn_before_fork(&mpk_domains[i]->turn);
    for (size_t i = 0; i < MPK_DOMAINS; i++)
        if (mpk_domains[i])
            pthread_mutex_lock(&mpk_domains[i]->lock);
    for (size_t i = 0; i < AFTER; i++)
        pthread_mutex_lock(after_domains[i]());
    mpk_contexts_fork();
    keep_code_back(false);
}

static void unlock_lower(void)
{
    for (size_t i = AFTER; i-- > 0;)
        pthread_mutex_unlock(after_domains[i]());
    for (size_t i = 0; i < MPK_DOMAINS; i++)
        if (mpk_domains[i])
            pthread_mutex_unlock(&mpk_domains[i]->lock);
}

static void unlock_upper(void)
{
    for (size_t i = BEFORE; i-- > 0;)
        pthread_mutex_unlock(before_domains[i]());
}

static void in_parent(void)
{
    keep_code_back(true);
    mpk_contexts_have_forked();
    unlock_lower();
    for (size_t i = 0; i < MPK_DOMAINS; i++)
        if (mpk_domains[i])
            og_turn_after_fork(&mpk_domains[i]->turn);
    unlock_upper();
    pthread_rwlock_unlock(&resets);
}

/* A child of fork has the domains as they were, for the one thread it has. Thunks are shared with
 * the parent, so the child makes no new ones. */
static void in_child(void)
{
    keep_code_back(true);
    mpk_host_signals_forked();
    mpk_threads_forked();
    for (size_t i = 0; i < MPK_DOMAINS; i++) {
        struct mpk_domain *domain = mpk_domains[i];
        if (!domain)
            continue;
        domain->thunk_limit = domain->thunk_count;
        pthread_cond_init(&domain->callback_ended, NULL);
        mpk_callbacks_forked(domain);
        mpk_contexts_forked(domain);
    }
    unlock_lower();
    unlock_upper();
    /* It knows its writer by a number that this thread no longer has. */
    resets = (pthread_rwlock_t)PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
    bool has_clock = !mpk_deadline_runs() || mpk_deadline_forked(mpk_thread_self() != NULL);
    mpk_contexts_have_forked();
    for (size_t i = 0; i < MPK_DOMAINS && !has_clock; i++)
        if (mpk_domains[i] && mpk_domains[i]->deadline)
            mpk_contexts_poison(mpk_domains[i],
                                "the deadline's clock could not be started when the "
                                "process forked: reset the domain");
}

/* The code of the domains in which the calling thread has been. It may be in a handler that has
 * interrupted who holds the lock: then the child has none. */
static void keep_own_code_back(bool from_children)
{
    const struct mpk_thread *thread = mpk_thread_if_any();
    for (size_t i = 0; i < MPK_DOMAINS; i++)
        if (thread->contexts[i])
            (void)mpk_arena_keep_back(&thread->contexts[i]->domain->arena, from_children);
}

/* A child that fork's handlers do not run in has domains all the same. No handler of a signal runs
 * in it before. */
__attribute__((visibility("default"))) pid_t _Fork(void)
{
    pid_t (*libcs)(void) = mpk_libc()->fork;
    if (!libcs) {
        errno = ENOSYS;
        return -1;
    }
    uint64_t mask = mpk_mask_block_all();
    bool is_locked = mpk_thread_if_any() && !pthread_mutex_trylock(mpk_contexts_mutex());
    if (is_locked)
        keep_own_code_back(false);
    pid_t child = libcs();
    int number = errno;
    if (is_locked) {
        keep_own_code_back(true);
        pthread_mutex_unlock(mpk_contexts_mutex());
    }
    if (child == 0)
        mpk_thread_in_child();
    mpk_mask_set(mask);
    errno = number;
    return child;
}

enum og_error mpk_locks_open(struct og_fault *fault)
{
    if (pthread_atfork(lock_all, in_parent, in_child))
        return og_out_of_memory(fault);
    return OG_OK;
}
