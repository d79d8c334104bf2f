/* A thread that has entered domains exits: it leaves them, and gives back what it had for them. */
#include "mpk.h"

#include <asm/prctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* It may exit from a callback. */
static void leave_domain(struct mpk_context *context)
{
    if (context && context->context.floor)
        mpk_callbacks_leave(context->domain);
    mpk_context_close(context);
}

static bool end_callbacks(struct mpk_domain *domain, void *unused)
{
    (void)unused;
    mpk_callbacks_end(domain);
    return false;
}

void mpk_thread_exit(void *memory)
{
    struct mpk_thread *block = memory;
    unsigned index = block->index;
    uint64_t mask = mpk_mask_block_all();
    mpk_threads_set_ready(index, false);
    mpk_domains_visit(end_callbacks, NULL);
    mpk_contexts_lock();
    for (unsigned i = 0; i < MPK_DOMAINS; i++)
        leave_domain(block->contexts[i]);
    mpk_contexts_unlock();
    bool has_left = mpk_signal_stacks_leave(block);
    prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 0, 0);
    syscall(SYS_arch_prctl, ARCH_SET_GS, 0);
    mpk_thread_own = NULL;
    mpk_mask_set(has_left ? mask | block->blocked : UINT64_MAX);
    mpk_threads_give(index);
}
