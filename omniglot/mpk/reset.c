/* Resetting and closing a domain, which other threads may be about to enter, and poisoning it. */
#include "mpk.h"
#include "policy.h" /* mpk_files_close */

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

static enum og_error busy(struct og_fault *fault)
{
    return og_fail(fault, OG_BUSY, NULL, 0, "a scope of the domain is open: end it first");
}

static void set_shut(struct mpk_domain *domain, int shut)
{
    for (size_t i = 0; i < MPK_ARENA_THREADS; i++)
        if (domain->seats[i].context)
            domain->seats[i].context->context.shut = shut;
}

static void open_again(struct mpk_domain *domain)
{
    set_shut(domain, 0);
    mpk_contexts_unlock();
    pthread_rwlock_unlock(&domain->entry);
}

/* Lets no thread begin a scope until open_again; or OG_BUSY, and nothing has changed. */
static enum og_error shut(struct mpk_domain *domain, struct og_fault *fault)
{
    if (pthread_rwlock_trywrlock(&domain->entry))
        return busy(fault);
    mpk_contexts_lock();
    set_shut(domain, 1);
    /* A thread that has not seen this has made its scope known. */
    bool open_scopes = syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0;
    for (size_t i = 0; i < MPK_ARENA_THREADS; i++)
        open_scopes |= domain->seats[i].context && domain->seats[i].context->context.depth;
    if (!open_scopes)
        return OG_OK;
    open_again(domain);
    return busy(fault);
}

enum og_error mpk_reset(struct og_domain *handle, struct og_fault *fault)
{
    struct mpk_domain *domain = (struct mpk_domain *)handle;
    enum og_error error = shut(domain, fault);
    if (error)
        return error;
    mpk_callbacks_close(domain);
    mpk_files_close(domain);
    error = mpk_arena_reset(&domain->arena, fault);
    domain->poison = error ? (struct og_fault){.error = OG_POISONED} : (struct og_fault){0};
    for (size_t i = 0; i < MPK_ARENA_THREADS; i++) {
        struct mpk_context *context = domain->seats[i].context;
        domain->seats[i].used_fs = 0;
        if (!context)
            continue;
        context->foreign_rsp = domain->seats[i].rsp;
        context->foreign_fs = domain->seats[i].fs;
        mpk_signal_stack_clear(context);
        context->context.fault = domain->poison;
        context->context.poisoned = domain->poison.error;
    }
    open_again(domain);
    return error;
}

enum og_error mpk_close(struct og_domain *handle, struct og_fault *fault)
{
    struct mpk_domain *domain = (struct mpk_domain *)handle;
    enum og_error error = shut(domain, fault);
    if (error)
        return error;
    open_again(domain);
    mpk_libraries_close(domain);
    mpk_domain_destroy(domain);
    return OG_OK;
}

void mpk_domain_poison(struct mpk_domain *domain, const struct og_fault *fault)
{
    if (!domain->poison.error)
        domain->poison = *fault;
    for (size_t i = 0; i < MPK_ARENA_THREADS; i++) {
        struct mpk_context *context = domain->seats[i].context;
        if (context && !context->context.poisoned) {
            context->context.fault = *fault;
            context->context.poisoned = fault->error;
        }
    }
}
