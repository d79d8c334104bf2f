/* Resetting a domain, which other threads may be about to enter. */
#include "mpk.h"
#include "omniglot/core/uncancelled.h"
#include "omniglot/mpk/syscall/policy.h" /* mpk_files_close */

/* While nobody is inside and nobody can enter. */
static enum og_error put_back(struct mpk_domain *domain, struct og_fault *fault)
{
    mpk_callbacks_close(domain);
    mpk_files_close(domain);
    /* Who describes a fault looks at the books from any thread (describe/owner.c). */
    pthread_mutex_lock(&domain->lock);
    enum og_error error = mpk_arena_reset(&domain->arena, fault);
    pthread_mutex_unlock(&domain->lock);
    if (!error && domain->deadline) {
        (void)mpk_thread_self(); /* for the clock, which gets the rights of who starts it */
        error = mpk_deadline_watch(domain->index, domain->deadline, fault);
    }
    struct og_fault poison = {.error = OG_OK};
    if (error)
        og_fail(&poison, OG_POISONED, NULL, 0, "an earlier reset failed");
    mpk_contexts_lock();
    domain->turn.poison = poison;
    mpk_seats_reset(domain);
    for (struct mpk_seat *seat = &domain->seats; seat; seat = seat->next) {
        struct mpk_context *context = seat->context;
        if (!context)
            continue;
        mpk_seat_sit(context);
        context->wakes_at = 0;
        context->written = 0;
        mpk_signal_stack_clear(context);
        context->context.fault = poison;
        context->context.poisoned = poison.error;
    }
    mpk_contexts_unlock();
    return error;
}

enum og_error mpk_reset(struct og_domain *handle, struct og_fault *fault)
{
    struct mpk_domain *domain = (struct mpk_domain *)handle;
    struct mpk_context *own = mpk_context_if_any(domain);
    enum og_error error = mpk_process_open(fault);
    if (error)
        return error;
    int cancellation = og_uncancelled_begin();
    mpk_entry_abandon(own);
    mpk_reset_begin();
    error = mpk_host_code_check_loads(fault);
    if (!error)
        error = mpk_vsyscall_check(fault);
    if (!error)
        error = og_turn_shut(&domain->turn, own ? &own->context : NULL, false, fault);
    if (!error) {
        error = put_back(domain, fault);
        og_turn_open_again(&domain->turn);
    }
    mpk_reset_end();
    error = mpk_refused(error, fault);
    og_uncancelled_end(cancellation);
    return error;
}
