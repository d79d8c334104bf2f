/* The thread variables of seats: a TLS block and glibc's thread descriptor. The first seat's are
 * the loader's; others are made by the domain's C library, as it does for a new thread, and what it
 * answers is the domain's word: memory of the domain, or refused. */
#include "mpk.h"

#include <string.h>

/* glibc's thread descriptor on x86-64: the words that _dl_allocate_tls leaves to its caller. */
enum {
    TCB_ITSELF = 0,
    TCB_SELF = 16,
    TCB_MULTIPLE_THREADS = 24,
    TCB_STACK_GUARD = 40,
    TCB_POINTER_GUARD = 48
};
enum { TCB_THREAD_ID = 720, MAIN_THREAD_ID = 2 /* what set_tid_address returned */ };

enum og_error mpk_variables_settle(struct mpk_domain *domain, struct og_fault *fault)
{
    uintptr_t first = domain->seats.fs;
    if (!mpk_arena_is_writable(&domain->arena, first, TCB_THREAD_ID + 4) ||
        *(const int *)(first + TCB_THREAD_ID) != MAIN_THREAD_ID)
        return og_fail(fault, OG_UNSUPPORTED, NULL, first,
                       "this C library's thread descriptors are not laid out as glibc 2.36's");
    domain->first_fs = first;
    return OG_OK;
}

/* Fills in what _dl_allocate_tls has left out. */
static enum og_error fill_tcb(struct mpk_domain *domain, uintptr_t tcb, size_t number,
                              struct og_fault *fault)
{
    uintptr_t first = domain->first_fs;
    int id = MAIN_THREAD_ID + (int)number, multiple = 1;
    if (!tcb)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0,
                       "the domain's heap (heap_size) has no room for another thread's variables");
    pthread_mutex_lock(&domain->lock);
    bool is_memory = mpk_arena_is_writable(&domain->arena, tcb, TCB_THREAD_ID + 4);
    pthread_mutex_unlock(&domain->lock);
    if (!is_memory)
        return og_fail(fault, OG_CONTRACT, NULL, tcb,
                       "the domain's C library puts a thread's variables where the domain has no "
                       "memory");
    memcpy((void *)(tcb + TCB_ITSELF), &tcb, sizeof(tcb));
    memcpy((void *)(tcb + TCB_SELF), &tcb, sizeof(tcb));
    memcpy((void *)(tcb + TCB_STACK_GUARD), (void *)(first + TCB_STACK_GUARD), 16);
    memcpy((void *)(tcb + TCB_MULTIPLE_THREADS), &multiple, sizeof(multiple));
    memcpy((void *)(tcb + TCB_THREAD_ID), &id, sizeof(id));
    return OG_OK;
}

/* A call of the domain's C library; 0 if it, or one before, has failed. */
static uintptr_t call(const struct mpk_context *context, uintptr_t function, uintptr_t a,
                      uintptr_t b)
{
    if (context->context.poisoned)
        return 0;
    uintptr_t result = og_mpk_call(context->index, function, a, b, 0, 0);
    return context->context.poisoned ? 0 : result;
}

static enum og_error call_failed(const struct mpk_context *context, struct og_fault *fault)
{
    if (fault)
        *fault = context->context.fault;
    return (enum og_error)context->context.poisoned;
}

/* Nobody else is inside, who could use the first seat's: those are borrowed for it. */
static enum og_error make(struct mpk_context *context, struct og_fault *fault)
{
    struct mpk_domain *domain = context->domain;
    struct mpk_seat *seat = context->seat;
    uintptr_t last = seat->fs;
    context->foreign_fs = domain->first_fs;
    seat->fs = 0;
    if (last && last != domain->first_fs) /* the loader's stay */
        call(context, domain->boot.deallocate_tls, last, true);
    uintptr_t tcb = call(context, domain->boot.allocate_tls, 0, 0);
    if (context->context.poisoned)
        return call_failed(context, fault);
    enum og_error error = fill_tcb(domain, tcb, seat->number, fault);
    if (error)
        return error;
    seat->fs = context->foreign_fs = tcb;
    call(context, domain->boot.ctype_init, 0, 0);
    return call_failed(context, fault);
}

enum og_error mpk_variables_prepare(struct mpk_context *context, struct og_fault *fault)
{
    if (!context->needs_tls || context->context.poisoned)
        return OG_OK;
    mpk_arena_show_stack(&context->domain->arena, context->seat->number);
    /* Where a handler leaves by longjmp meanwhile, the thread comes here again. */
    __atomic_store_n(&context->context.shut, 1, __ATOMIC_RELAXED);
    mpk_seat_serve_callbacks(context, false);
    enum og_error error = make(context, fault);
    mpk_seat_serve_callbacks(context, true);
    if (!error)
        context->seat->is_used = context->needs_tls = false;
    return error;
}
