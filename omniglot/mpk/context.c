/* Contexts: threads' places in domains. A thread gets one at its first scope there, with a seat
 * (seats.c) and a signal stack, and keeps it until it exits or the domain closes. */
#include "mpk.h"
#include "omniglot/core/uncancelled.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static struct og_context no_seat_memory = {
    .poisoned = OG_NO_MEMORY,
    .fault = {.error = OG_NO_MEMORY,
              .message = "the host has no memory, or no mappings (vm.max_map_count), for another "
                         "thread's foreign_stack_size and stack_size"},
};
static struct og_context no_thread = {
    .poisoned = OG_NO_MEMORY,
    .fault = {.error = OG_NO_MEMORY,
              .message = "4,096 threads use domains, or fewer where ulimit -v limits addresses; or "
                         "the host is out of memory: let some threads exit"},
};
_Static_assert(MPK_THREADS == 4096, "no_thread says otherwise");
static struct og_context refused_dispatch = {
    .poisoned = OG_UNSUPPORTED,
    .fault = {.error = OG_UNSUPPORTED,
              .message = "the kernel refuses this thread Syscall User Dispatch: a seccomp filter "
                         "denies prctl(PR_SET_SYSCALL_USER_DISPATCH)"},
};
static struct og_context refused_sequences = {
    .poisoned = OG_UNSUPPORTED,
    .fault = {.error = OG_UNSUPPORTED,
              .message = "this thread's rseq area cannot be unregistered: it is not the C "
                         "library's (an allocator's, librseq's), or a seccomp filter denies it"},
};
static struct og_context refused_shadow_stack = {
    .poisoned = OG_UNSUPPORTED,
    .fault = {.error = OG_UNSUPPORTED,
              .message = "this thread has a shadow stack, on which no domain can call: start the "
                         "program without (GLIBC_TUNABLES=glibc.cpu.x86_shstk=off)"},
};
static struct og_context no_process = {
    .poisoned = OG_UNSUPPORTED,
    .fault = {.error = OG_UNSUPPORTED, .message = MPK_IS_COPY},
};
static struct og_context no_dispatch = {
    .poisoned = OG_NO_MEMORY,
    .fault = {.error = OG_NO_MEMORY,
              .message = "the kernel refuses this child of fork its system call dispatch"},
};
static struct og_context no_memory = {
    .poisoned = OG_NO_MEMORY,
    .fault = {.error = OG_NO_MEMORY, .message = "the host is out of memory"},
};
static struct og_context no_signal_stack = {
    .poisoned = OG_NO_MEMORY,
    .fault = {.error = OG_NO_MEMORY,
              .message =
                  "16,384 signal stacks are in use (one a thread and domain), or fewer where "
                  "ulimit -v limits addresses; or the host is out of memory"},
};
_Static_assert(MPK_SIGNAL_STACKS == 16384, "no_signal_stack says otherwise");

static void find_allocations(struct mpk_context *context)
{
    const struct mpk_arena *arena = &context->domain->arena;
    struct og_context *allocations = &context->context;
    size_t number = context->seat->number;
    allocations->stack_low = mpk_arena_scopes_of(arena, number);
    allocations->live_start = allocations->stack_low + arena->stack_size;
    allocations->live_end = allocations->live_start; /* the heap follows, seen when it enters */
}

static struct og_context *refuse(const struct mpk_context *context, const struct og_fault *why)
{
    struct og_context *refused = &context->thread->refused;
    refused->fault = *why;
    refused->poisoned = why->error;
    return refused;
}

/* It is for want of something, unless a filter denies what that takes. */
static struct og_context *unless_denied(struct og_context *reason)
{
    struct og_context *denied = mpk_denied_context();
    return denied ? denied : reason;
}

static struct og_context *tell_how_many(const struct mpk_context *context)
{
    struct og_fault why;
    char text[sizeof(why.message)];
    snprintf(text, sizeof(text),
             "%zu threads have been in the domain, and there are addresses for no more: less "
             "stack_size or foreign_stack_size makes room, or let some exit",
             context->domain->arena.seat_limit);
    og_fail(&why, OG_NO_MEMORY, NULL, 0, text);
    return refuse(context, &why);
}

/* With the contexts' lock: NULL, or why there is no seat. */
static struct og_context *find_seat(struct mpk_context *context)
{
    if (!context->signal_stack)
        return unless_denied(&no_signal_stack);
    switch (mpk_seat_take(context)) {
    case MPK_NO_SEAT:
        return tell_how_many(context);
    case MPK_NO_SEAT_MEMORY:
        return unless_denied(&no_seat_memory);
    default:
        find_allocations(context);
        return NULL;
    }
}

static struct og_context *refused(void)
{
    switch (mpk_thread_refusal()) {
    case MPK_NO_DISPATCH:
        return &refused_dispatch;
    case MPK_OTHERS_SEQUENCES:
        return &refused_sequences;
    case MPK_SHADOW_STACK:
        return &refused_shadow_stack;
    case MPK_NO_PROCESS:
        return &no_process;
    default:
        return unless_denied(&no_thread);
    }
}

const struct og_context *mpk_context_refused(void)
{
    return refused();
}

/* NULL, and *reason why. */
static struct mpk_context *open_context(struct mpk_domain *domain, struct og_context **reason)
{
    struct mpk_thread *thread = mpk_thread_self();
    *reason = !thread ? refused() : thread->has_no_dispatch ? &no_dispatch : &no_memory;
    struct mpk_context *context = *reason == &no_memory ? mpk_allocate(1, sizeof(*context)) : NULL;
    if (!context && *reason == &no_memory)
        *reason = unless_denied(*reason);
    if (!context)
        return NULL;
    context->domain = domain;
    context->index = domain->index;
    context->thread = thread;
    context->pkru = domain->pkru;
    context->context.domain = &domain->domain;
    context->context.shut = 1;
    context->signal_stack = mpk_signal_stack_take(thread);
    mpk_contexts_lock();
    *reason = find_seat(context);
    if (*reason)
        mpk_context_close(context);
    else
        thread->contexts[domain->index] = context;
    mpk_contexts_unlock();
    return thread->contexts[domain->index];
}

struct mpk_context *mpk_context_open(struct mpk_domain *domain, struct og_fault *fault)
{
    struct og_context *reason;
    struct mpk_context *context = open_context(domain, &reason);
    if (!context)
        og_fail(fault, OG_NO_MEMORY, NULL, 0, reason->fault.message);
    return context;
}

/* --- entering --- */

static struct mpk_context *mpk(struct og_context *context)
{
    return (struct mpk_context *)((char *)context - offsetof(struct mpk_context, context));
}

void mpk_context_show_heap(struct mpk_context *context)
{
    if (!context->seat->number)
        context->context.live_end = context->domain->arena.shown_heap;
}

bool mpk_pass(struct og_context *from, struct og_context *to)
{
    if (to)
        return mpk_signal_stack_lend(mpk(to));
    struct mpk_domain *domain = mpk(from)->domain;
    domain->key_is_lost |= !mpk_signal_stack_give(mpk(from));
    return true;
}

struct og_context *mpk_context(struct og_domain *handle)
{
    struct mpk_domain *domain = (struct mpk_domain *)handle;
    struct og_context *of_fork = mpk_context_of_fork();
    if (of_fork)
        return of_fork;
    const struct mpk_thread *thread = mpk_thread_self();
    if (OG_LIKELY(thread && thread->contexts[domain->index]))
        return &thread->contexts[domain->index]->context;
    if (mpk_process_is_copy())
        return &no_process;
    struct og_context *reason;
    struct mpk_context *context = open_context(domain, &reason);
    return context ? &context->context : reason;
}

struct og_context *mpk_enter(struct og_context *context)
{
    struct mpk_domain *domain = mpk(context)->domain;
    if (mpk_process_is_copy()) /* who is inside may not be there */
        return &no_process;
    int cancellation = og_uncancelled_begin();
    struct og_context *ended = og_turn_enter(&domain->turn, context);
    if (ended && ended->poisoned == OG_SYSTEM)
        ended = unless_denied(ended);
    struct og_fault why;
    if (!ended && mpk_variables_prepare(mpk(context), &why)) {
        og_turn_give_up(&domain->turn, context);
        ended = refuse(mpk(context), &why);
    }
    if (!ended)
        mpk_context_show_heap(mpk(context)); /* as loading, or another thread, has left it */
    og_uncancelled_end(cancellation);
    return ended;
}

/* Handlers that have interrupted foreign code run on the stack in the thread's block. */
static bool is_in_handler(const struct mpk_thread *thread)
{
    return og_is_within((uintptr_t)__builtin_frame_address(0), 1, (uintptr_t)thread,
                        (uintptr_t)thread + MPK_BLOCK_SIZE);
}

void mpk_entry_abandon(struct mpk_context *own)
{
    if (own && own->context.held && !own->context.depth && !is_in_handler(own->thread))
        og_turn_give_up(&own->domain->turn, &own->context);
}

void mpk_left(struct og_context *context)
{
    og_turn_left(&mpk(context)->domain->turn);
}
