/* Contexts and seats. A domain has a fixed number of seats, each a stack and a TLS block, made
 * while it loads; a thread takes one at its first scope there, and keeps it until it exits or
 * the domain closes. The first seat is the thread's that opens the domain. */
#include "mpk.h"
#include "omniglot/core/uncancelled.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static struct og_context no_seat = {
    .poisoned = OG_NO_MEMORY,
    .fault = {.error = OG_NO_MEMORY,
              .message = "16 threads have been in the domain, and none of them has exited"},
};
_Static_assert(MPK_ARENA_THREADS == 16, "no_seat says otherwise");
static struct og_context no_thread = {
    .poisoned = OG_NO_MEMORY,
    .fault = {.error = OG_NO_MEMORY,
              .message = "256 threads use domains, or the host is out of memory"},
};
_Static_assert(MPK_THREADS == 256, "no_thread says otherwise");
static struct og_context refused_dispatch = {
    .poisoned = OG_UNSUPPORTED,
    .fault = {.error = OG_UNSUPPORTED,
              .message = "the kernel refuses this thread Syscall User Dispatch: a seccomp filter "
                         "denies it"},
};
static struct og_context refused_sequences = {
    .poisoned = OG_UNSUPPORTED,
    .fault = {.error = OG_UNSUPPORTED,
              .message = "this thread's rseq area cannot be unregistered: it is not the C "
                         "library's (an allocator's, librseq's), or a seccomp filter denies it"},
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
                  "all 2,048 signal stacks are in use (one a thread and domain), or the host "
                  "is out of memory"},
};
_Static_assert(MPK_SIGNAL_STACKS == 2048, "no_signal_stack says otherwise");

/* glibc's thread descriptor on x86-64: the words that _dl_allocate_tls leaves to its caller. */
enum {
    TCB_ITSELF = 0,
    TCB_SELF = 16,
    TCB_MULTIPLE_THREADS = 24,
    TCB_STACK_GUARD = 40,
    TCB_POINTER_GUARD = 48
};
enum { TCB_THREAD_ID = 720, MAIN_THREAD_ID = 2 /* what set_tid_address returned */ };

enum og_error mpk_seats_make_stacks(struct mpk_domain *domain, struct og_fault *fault)
{
    for (size_t i = 0; i < MPK_ARENA_THREADS; i++) {
        struct mpk_seat *seat = &domain->seats[i];
        uintptr_t stack = mpk_arena_map_stack(&domain->arena, MPK_FOREIGN_STACK);
        if (!stack)
            return og_fail(fault, OG_NO_MEMORY, NULL, 0, "no room for the foreign stacks");
        seat->stack_low = stack;
        seat->stack_end = stack + MPK_FOREIGN_STACK - MPK_PAGE;
        seat->rsp = seat->stack_end - 64;
    }
    return OG_OK;
}

/* Fills in what _dl_allocate_tls has left out. False if `tcb` is no memory of the domain. */
static bool fill_tcb(const struct mpk_domain *domain, uintptr_t tcb, size_t number)
{
    const struct mpk_arena *arena = &domain->arena;
    uintptr_t first = domain->seats[0].fs;
    int id = MAIN_THREAD_ID + (int)number, multiple = 1;
    if (!mpk_arena_is_writable(arena, tcb, TCB_THREAD_ID + 4))
        return false;
    memcpy((void *)(tcb + TCB_ITSELF), &tcb, sizeof(tcb));
    memcpy((void *)(tcb + TCB_SELF), &tcb, sizeof(tcb));
    memcpy((void *)(tcb + TCB_STACK_GUARD), (void *)(first + TCB_STACK_GUARD), 16);
    memcpy((void *)(tcb + TCB_MULTIPLE_THREADS), &multiple, sizeof(multiple));
    memcpy((void *)(tcb + TCB_THREAD_ID), &id, sizeof(id));
    return true;
}

/* A thread that takes another's seat gets thread variables of its own, as a new thread does. */
static void renew_tls(struct mpk_context *context)
{
    struct mpk_domain *domain = context->domain;
    uintptr_t tcb = og_mpk_call(domain->index, domain->boot.allocate_tls, 0, 0, 0, 0);
    if (context->context.poisoned ||
        !fill_tcb(domain, tcb, (size_t)(context->seat - domain->seats)))
        return;
    context->foreign_fs = tcb;
    og_mpk_call(domain->index, domain->boot.ctype_init, 0, 0, 0, 0);
}

enum og_error mpk_seats_make_tls(struct mpk_context *context, struct og_fault *fault)
{
    struct mpk_domain *domain = context->domain;
    const struct mpk_arena *arena = &domain->arena;
    uintptr_t first = context->foreign_fs;
    if (!mpk_arena_is_writable(arena, first, TCB_THREAD_ID + 4) ||
        *(const int *)(first + TCB_THREAD_ID) != MAIN_THREAD_ID)
        return og_fail(fault, OG_UNSUPPORTED, NULL, first,
                       "this C library's thread descriptors are not laid out as glibc 2.36's");
    for (size_t i = 1; i < MPK_ARENA_THREADS; i++) {
        struct mpk_seat *seat = &domain->seats[i];
        uintptr_t tcb = og_mpk_call(domain->index, domain->boot.allocate_tls, 0, 0, 0, 0);
        if (context->context.poisoned || !fill_tcb(domain, tcb, i))
            return og_fail(fault, OG_NO_MEMORY, NULL, tcb, "no room for another thread's TLS");
        seat->fs = context->foreign_fs = tcb;
        og_mpk_call(domain->index, domain->boot.ctype_init, 0, 0, 0, 0);
        context->foreign_fs = first;
    }
    return OG_OK;
}

/* With the contexts' lock. */
static struct mpk_seat *take_seat(struct mpk_context *context)
{
    struct mpk_domain *domain = context->domain;
    for (size_t i = 0; i < MPK_ARENA_THREADS; i++) {
        struct mpk_seat *seat = &domain->seats[i];
        if (seat->context)
            continue;
        seat->context = context;
        context->foreign_rsp = seat->rsp;
        context->foreign_fs = seat->used_fs ? seat->used_fs : seat->fs;
        context->needs_tls = seat->used_fs != 0;
        return seat;
    }
    return NULL;
}

/* False: the system gives no memory for them. */
static bool find_allocations(struct mpk_context *context)
{
    const struct mpk_arena *arena = &context->domain->arena;
    struct og_context *allocations = &context->context;
    size_t number = (size_t)(context->seat - context->domain->seats);
    pthread_mutex_lock(&context->domain->lock);
    bool granted = mpk_arena_grant_scopes(&context->domain->arena, number);
    pthread_mutex_unlock(&context->domain->lock);
    if (!granted)
        return false;
    if (number == 0) {
        allocations->stack_low = arena->stack;
        allocations->live_start = arena->heap;
        allocations->live_end = arena->heap + arena->heap_size;
    } else {
        allocations->stack_low = arena->stacks + (number - 1) * arena->stack_size;
        allocations->live_start = allocations->stack_low + arena->stack_size;
        allocations->live_end = allocations->live_start;
    }
    return true;
}

static struct og_context *refused(void)
{
    switch (mpk_thread_refusal()) {
    case MPK_NO_DISPATCH:
        return &refused_dispatch;
    case MPK_OTHERS_SEQUENCES:
        return &refused_sequences;
    case MPK_NO_PROCESS:
        return &no_process;
    default:
        return &no_thread;
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
    struct mpk_context *context = *reason == &no_memory ? calloc(1, sizeof(*context)) : NULL;
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
    if (!context->signal_stack)
        *reason = &no_signal_stack;
    else if (!(context->seat = take_seat(context)))
        *reason = &no_seat;
    if (context->seat && find_allocations(context))
        thread->contexts[domain->index] = context;
    else
        mpk_context_close(context);
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
    if (!ended && mpk(context)->needs_tls && !context->poisoned) {
        mpk(context)->needs_tls = false;
        renew_tls(mpk(context));
    }
    og_uncancelled_end(cancellation);
    return ended;
}

void mpk_left(struct og_context *context)
{
    og_turn_left(&mpk(context)->domain->turn);
}
