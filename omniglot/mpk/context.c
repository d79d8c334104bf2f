/* Contexts and seats. A domain has a fixed number of seats, each a stack and a TLS block, made
 * while it loads; a thread takes one at its first scope there, and keeps it until it exits or
 * the domain closes. The first seat is the thread's that opens the domain. */
#include "mpk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t contexts = PTHREAD_MUTEX_INITIALIZER;

void mpk_contexts_lock(void)
{
    pthread_mutex_lock(&contexts);
}

void mpk_contexts_unlock(void)
{
    pthread_mutex_unlock(&contexts);
}

void mpk_contexts_forked(void)
{
    pthread_mutex_init(&contexts, NULL);
}

enum { FOREIGN_STACK = 1 << 20 };

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
        uintptr_t stack = mpk_arena_map_stack(&domain->arena, FOREIGN_STACK);
        if (!stack)
            return og_fail(fault, OG_NO_MEMORY, NULL, 0, "no room for the foreign stacks");
        seat->stack_low = stack;
        seat->stack_end = stack + FOREIGN_STACK - MPK_PAGE;
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

static struct mpk_seat *take_seat(struct mpk_context *context)
{
    struct mpk_domain *domain = context->domain;
    struct mpk_seat *seat = NULL;
    pthread_mutex_lock(&domain->lock);
    for (size_t i = 0; i < MPK_ARENA_THREADS && !seat; i++) {
        if (!domain->seats[i].context) {
            seat = &domain->seats[i];
            seat->context = context;
        }
    }
    pthread_mutex_unlock(&domain->lock);
    return seat;
}

struct mpk_context *mpk_context_open(struct mpk_domain *domain, struct og_fault *fault)
{
    struct mpk_thread *thread = mpk_thread_self();
    struct mpk_context *context = thread ? calloc(1, sizeof(*context)) : NULL;
    const struct mpk_arena *arena = &domain->arena;
    if (!context)
        goto no_room;
    context->domain = domain;
    context->thread = thread;
    context->pkru = domain->pkru;
    context->context.domain = &domain->domain;
    context->seat = take_seat(context);
    context->signal_stack = mpk_signal_stack_take(thread, arena->key);
    if (!context->seat || !context->signal_stack)
        goto no_room;
    context->foreign_rsp = context->seat->rsp;
    context->foreign_fs = context->seat->fs;
    struct og_context *allocations = &context->context;
    size_t number = (size_t)(context->seat - domain->seats);
    pthread_mutex_lock(&domain->lock);
    bool granted = mpk_arena_grant_scopes(&domain->arena, number);
    pthread_mutex_unlock(&domain->lock);
    if (!granted)
        goto no_room;
    if (number == 0) {
        allocations->stack_low = arena->stack;
        allocations->live_start = arena->heap;
        allocations->live_end = arena->heap + arena->heap_size;
    } else {
        allocations->stack_low = arena->stacks + (number - 1) * arena->stack_size;
        allocations->live_start = allocations->stack_low + arena->stack_size;
        allocations->live_end = allocations->live_start;
    }
    thread->contexts[domain->index] = context;
    context->context.fault = domain->poison;
    context->context.poisoned = domain->poison.error;
    if (context->seat->used_fs && !domain->poison.error) {
        context->foreign_fs = context->seat->used_fs;
        renew_tls(context);
    }
    return context;
no_room:
    mpk_contexts_lock();
    mpk_context_close(context);
    mpk_contexts_unlock();
    og_fail(fault, OG_NO_MEMORY, NULL, 0, "no room for another thread in the domain");
    return NULL;
}

struct mpk_context *mpk_context_of(struct mpk_domain *domain)
{
    struct mpk_thread *thread = mpk_thread_self();
    struct mpk_context *context = thread ? thread->contexts[domain->index] : NULL;
    return thread && !context ? mpk_context_open(domain, NULL) : context;
}

void mpk_context_close(struct mpk_context *context)
{
    if (!context)
        return;
    struct mpk_domain *domain = context->domain;
    struct mpk_thread *thread = context->thread;
    if (thread->contexts[domain->index] == context)
        thread->contexts[domain->index] = NULL;
    if (context->seat) {
        pthread_mutex_lock(&domain->lock);
        context->seat->context = NULL;
        context->seat->used_fs = context->foreign_fs;
        pthread_mutex_unlock(&domain->lock);
    }
    mpk_signal_stack_give(context->signal_stack, thread, domain->index);
    free(context);
}
