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
 *   a domain's     thunks, callbacks, the arena's books, also while it loads or is reset
 *   signal stacks  whose they are (signal_stack.c)
 *   threads        which thread blocks are taken and ready (threads.c)
 *   keys           which protection keys are taken (keys.c)
 *   deadline       that there is a clock (deadline.c)
 *   handlers       the table of the host's handlers (host_signals.c); with all signals blocked
 *
 * What is read without its lock is atomic, and each place says who reads it so. While a thread is
 * inside a domain what belongs to the domain's turn is its own, without a lock.
 *
 * Thread sanitizer checks all of this, the order too, where threads do at once what they may
 * (tests/hollow; decision 140). Clang's -Wthread-safety knows none of these locks: it checks who
 * may use a domain's memory (OG_REQUIRES).
 *
 * A signal handler that has interrupted foreign code may take a domain's lock and those below, as
 * system calls do: below the foreign frames there is host code, but none that holds a lock when it
 * calls in. One that has interrupted the host takes none: whatever was interrupted may hold it. So
 * does what records the end of a call (mpk_domain_poison), which both kinds use.
 *
 * fork takes them all, so that the child finds everything in a state that some thread left on
 * purpose; what the threads that it lacks had in hand is then put right. Where it cannot, in a
 * handler that has interrupted who holds one, or where that has interrupted who opens a domain, the
 * child is left a copy (process.c). */
#include "mpk.h"

#include <errno.h>
#include <time.h>

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

static uint64_t mask_of_fork;  /* of who forks: no handler of the host's runs meanwhile */
static __thread bool is_blind; /* forks without the locks, and the child stays a copy (process.c) */

/* What is taken, and how long to wait for it. */
struct taken {
    pthread_mutex_t *locks[BEFORE + 2 * MPK_DOMAINS + AFTER];
    size_t count;
    bool resets;
    struct timespec until;
};

static bool take(struct taken *taken, pthread_mutex_t *lock)
{
    if (pthread_mutex_clocklock(lock, CLOCK_MONOTONIC, &taken->until))
        return false;
    taken->locks[taken->count++] = lock;
    return true;
}

static bool take_all(struct taken *taken)
{
    bool done = taken->resets =
        !pthread_rwlock_clockwrlock(&resets, CLOCK_MONOTONIC, &taken->until);
    for (size_t i = 0; i < BEFORE && done; i++)
        done = take(taken, before_domains[i]());
    for (size_t i = 0; i < MPK_DOMAINS && done; i++)
        done = !mpk_domains[i] || take(taken, &mpk_domains[i]->turn.lock);
    for (size_t i = 0; i < MPK_DOMAINS && done; i++)
        done = !mpk_domains[i] || take(taken, &mpk_domains[i]->lock);
    for (size_t i = 0; i < AFTER && done; i++)
        done = take(taken, after_domains[i]());
    return done;
}

static void give_back(struct taken *taken)
{
    while (taken->count)
        pthread_mutex_unlock(taken->locks[--taken->count]);
    if (taken->resets)
        pthread_rwlock_unlock(&resets);
}

/* No lock is held for long, but by who has been interrupted by a handler, and waits for that. */
static void lock_all(void)
{
    uint64_t mask = mpk_mask_block_all();
    struct taken taken = {.count = 0};
    clock_gettime(CLOCK_MONOTONIC, &taken.until);
    taken.until.tv_sec += mpk_host_handler_runs() ? 1 : 10;
    is_blind = mpk_process_is_copy() || !take_all(&taken);
    if (is_blind)
        give_back(&taken);
    else
        mpk_contexts_fork();
    mpk_lock(&mpk_own.handlers);
    mask_of_fork = mask;
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
    uint64_t mask = mask_of_fork;
    mpk_unlock(&mpk_own.handlers);
    if (!is_blind) {
        mpk_contexts_have_forked();
        unlock_lower();
        for (size_t i = 0; i < MPK_DOMAINS; i++)
            if (mpk_domains[i])
                og_turn_after_fork(&mpk_domains[i]->turn);
        unlock_upper();
        pthread_rwlock_unlock(&resets);
    }
    is_blind = false;
    mpk_mask_set(mask);
}

/* A child of fork has the domains as they were, for the one thread it has. */
static void put_right(void)
{
    mpk_host_signals_forked();
    mpk_threads_forked();
    for (size_t i = 0; i < MPK_DOMAINS; i++) {
        struct mpk_domain *domain = mpk_domains[i];
        if (!domain)
            continue;
        og_event_tell(&domain->callback_ended); /* it may wait itself, in a handler */
        mpk_callbacks_forked(domain);
        mpk_contexts_forked(domain);
    }
    unlock_lower();
    unlock_upper();
    /* It knows its writer by a number that this thread no longer has. */
    resets = (pthread_rwlock_t)PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
    bool has_clock = mpk_process_is_copy() || !mpk_deadline_is_set() ||
                     mpk_deadline_forked(mpk_thread_self() != NULL);
    mpk_contexts_have_forked();
    for (size_t i = 0; i < MPK_DOMAINS && !has_clock; i++)
        if (mpk_domains[i] && mpk_domains[i]->deadline)
            mpk_contexts_poison(mpk_domains[i],
                                "the deadline's clock could not be started when the "
                                "process forked: reset the domain");
}

static void in_child(void)
{
    if (!is_blind)
        put_right();
    is_blind = false;
    mpk_mask_set(mask_of_fork);
}

/* A child that fork's handlers do not run in has domains all the same, as far as no lock is needed
 * that another thread has held. No handler of a signal runs in it before. */
__attribute__((visibility("default"))) pid_t _Fork(void)
{
    pid_t (*libcs)(void) = mpk_libc()->fork;
    if (!libcs) {
        errno = ENOSYS;
        return -1;
    }
    uint64_t mask = mpk_mask_block_all();
    mpk_lock(&mpk_own.handlers);
    pid_t child = libcs();
    int number = errno;
    if (child == 0)
        mpk_thread_in_child();
    else
        mpk_unlock(&mpk_own.handlers);
    mpk_mask_set(mask);
    errno = number;
    return child;
}

static bool is_told; /* of forks */

static bool be_told(void)
{
    return is_told = is_told || !pthread_atfork(lock_all, in_parent, in_child);
}

/* Who is told first of all is told last before a fork, and first after it: what the host has to do
 * before it forks may be to wait for a thread that calls in, and in the child it finds the runtime
 * put right. */
__attribute__((constructor(MPK_FIRST_CONSTRUCTORS))) static void begin(void)
{
    (void)be_told();
}

enum og_error mpk_locks_open(struct og_fault *fault)
{
    return be_told() ? OG_OK : mpk_out_of_memory(fault);
}
