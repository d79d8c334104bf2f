/* Where the host forks: the locks that are held meanwhile, and what becomes of domains in the
 * child. */
#include "proc.h"

static void before_fork(void)
{
    proc_contexts_fork(PROC_BEFORE_FORK);
    proc_callbacks_fork(PROC_BEFORE_FORK);
    proc_thunks_fork(PROC_BEFORE_FORK);
    proc_objects_fork(PROC_BEFORE_FORK);
    proc_keeper_fork(PROC_BEFORE_FORK);
}

static void after_fork(void)
{
    proc_keeper_fork(PROC_AFTER_FORK);
    proc_objects_fork(PROC_AFTER_FORK);
    proc_thunks_fork(PROC_AFTER_FORK);
    proc_callbacks_fork(PROC_AFTER_FORK);
    proc_contexts_fork(PROC_AFTER_FORK);
}

static void leave_to_parent(struct proc_domain *domain)
{
    proc_callbacks_in_child(domain);
    proc_arena_leave(domain);
    proc_child_leave(domain);
    domain->is_running = false;
}

static void in_child(void)
{
    proc_keeper_fork(PROC_IN_CHILD);
    proc_objects_fork(PROC_IN_CHILD);
    proc_thunks_fork(PROC_IN_CHILD);
    proc_callbacks_fork(PROC_IN_CHILD);
    proc_contexts_in_child(leave_to_parent);
}

enum og_error proc_fork_prepare(struct og_fault *fault)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool is_prepared;
    pthread_mutex_lock(&lock);
    if (!is_prepared)
        is_prepared = !pthread_atfork(before_fork, after_fork, in_child);
    bool done = is_prepared;
    pthread_mutex_unlock(&lock);
    return done ? OG_OK : og_out_of_memory(fault);
}
