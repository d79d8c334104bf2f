/* Callbacks: foreign code calls the thunk of a slot (gate.S), which comes here with the host's
 * rights, on the host's stack. The slot and the place of the arguments are the domain's word. */
#include "mpk.h"
#include "omniglot/core/uncancelled.h"

#include <stddef.h>
#include <string.h>

/* What og_mpk_callback has put on the foreign stack, from below. The arguments it puts on the
 * host's own. */
struct callback_frame {
    uintptr_t result;
    double floating_result;
    uint32_t control_words[2]; /* the foreign code's, like the registers */
    uintptr_t registers[6];    /* the foreign code's, put back by the gate */
    uintptr_t return_address;
};

#define AT_OFFSET(field, offset)                                                                   \
    _Static_assert(offsetof(struct callback_frame, field) == (offset), "layout.h says otherwise")
AT_OFFSET(result, MPK_CALLBACK_RESULT);
AT_OFFSET(floating_result, MPK_CALLBACK_FLOAT);
AT_OFFSET(control_words[0], MPK_CALLBACK_MXCSR);
AT_OFFSET(control_words[1], MPK_CALLBACK_CONTROL);
AT_OFFSET(registers, MPK_CALLBACK_REGISTERS);
_Static_assert(sizeof(struct callback_frame) == MPK_CALLBACK_SIZE, "layout.h says otherwise");
_Static_assert(offsetof(struct og_result, integer) == MPK_CALLBACK_RESULT &&
                   offsetof(struct og_result, floating) == MPK_CALLBACK_FLOAT,
               "a result is copied whole");
_Static_assert(sizeof(struct og_arguments) == MPK_ARGUMENTS_SIZE, "layout.h says otherwise");

/* What the gate goes back with: in rax and rdx. */
struct callback_return {
    uintptr_t frame, fs;
};

extern const char og_mpk_callback_thunks[];
struct callback_return og_mpk_callback_serve(uint64_t slot, uintptr_t frame,
                                             const struct og_arguments *arguments);
enum { THUNK_SIZE = 16 };

/* A callback that cannot be served ends the call, as an illegal instruction would. */
static _Noreturn void refuse(const struct mpk_context *context, const char *message)
{
    struct og_fault fault;
    og_fail(&fault, OG_FAULTED, NULL, 0, message);
    mpk_domain_poison(context->domain, &fault);
    og_mpk_leave();
}

static const char no_callback[] = "the foreign code called a callback that there is not";
static const char others_callback[] = "the foreign code called another thread's callback";

/* Why its frame is not where frames can be. */
static const char *why_no_frame(const struct mpk_context *context, uintptr_t address)
{
    if (!context->frames_size)
        return "the foreign code called back while the runtime called it: for a thread's "
               "variables, "
               "or to look a symbol up";
    return og_is_within(address, 1, context->seat->stack_low, context->seat->stack_end)
               ? "the foreign stack overflowed"
               : no_callback;
}

/* Somebody has closed the slot meanwhile, and may be waiting. */
static __attribute__((noinline)) void tell_ended(struct mpk_domain *domain)
{
    pthread_mutex_lock(&domain->lock);
    og_event_tell(&domain->callback_ended);
    pthread_mutex_unlock(&domain->lock);
}

static void end_at_deadline(struct mpk_domain *domain)
{
    struct og_fault fault;
    mpk_deadline_fail(&fault, 0);
    mpk_domain_poison(domain, &fault);
}

__attribute__((noinline)) uint64_t mpk_callback_count(const struct mpk_context *context)
{
    struct mpk_thread *thread = context->thread;
    uint64_t made = mpk_callbacks_made(thread);
    if (made == context->domain->callback_limit)
        refuse(context, "the foreign code called back more often than callback_limit allows");
    thread->callbacks_for = atomic_load_explicit(&thread->calls, memory_order_relaxed);
    return thread->callbacks = made + 1;
}

/* Whether the call that the callback is in is over its deadline. */
static inline bool run(struct mpk_context *context, struct mpk_slot *slot,
                       const struct og_arguments *arguments, struct og_result *result)
{
    struct og_scope scope;
    struct mpk_pause pause;
    bool is_over = false;
    if (!OG_LIKELY(!context->domain->callback_limit))
        pause.callbacks = mpk_callback_count(context);
    /* Who closes the slot says so first, and looks for calls then. */
    __atomic_store_n(&slot->running, slot->running + 1, __ATOMIC_RELAXED);
    atomic_signal_fence(memory_order_seq_cst);
    og_callback_function *function = __atomic_load_n(&slot->function, __ATOMIC_ACQUIRE);
    if (OG_LIKELY(function != NULL)) {
        size_t enclosing = og_callback_scope_begin(&context->context, &scope);
        mpk_deadline_pause(context->thread, &pause);
        function(slot->user, &scope, arguments, result);
        is_over = mpk_deadline_go_on(context->thread, &pause);
        og_callback_scope_end(&context->context, &scope, enclosing);
    }
    atomic_signal_fence(memory_order_seq_cst);
    __atomic_store_n(&slot->running, slot->running - 1, __ATOMIC_RELEASE);
    atomic_signal_fence(memory_order_seq_cst);
    if (OG_LIKELY(__atomic_load_n(&slot->function, __ATOMIC_RELAXED) != NULL))
        return is_over;
    tell_ended(context->domain);
    if (!function)
        refuse(context, no_callback);
    return is_over;
}

/* Or, in a copy of the process, ends the call. */
static __attribute__((noinline)) void arm(const struct mpk_context *context)
{
    if (!og_mpk_arm((unsigned)context->index))
        og_mpk_leave();
}

struct callback_return og_mpk_callback_serve(uint64_t number, uintptr_t address,
                                             const struct og_arguments *arguments)
{
    const struct mpk_thread *thread = mpk_thread_in_gate();
    struct mpk_context *context = mpk_frame_context(thread->frame);
    struct mpk_slot *slot = &context->domain->slots[number];
    __asm__("" : "+r"(slot)); /* one address, which compilers would find anew for each field */
    if (number >= MPK_CALLBACKS || address % 8)
        refuse(context, no_callback);
    const uint64_t whose = __atomic_load_n(&slot->thread, __ATOMIC_RELAXED);
    if (whose != thread->number && whose != MPK_ANY_THREAD)
        refuse(context, whose == MPK_NOBODY ? no_callback : others_callback);
    if (address - context->frames_low > context->frames_size)
        refuse(context, why_no_frame(context, address));
    struct callback_frame *frame = (struct callback_frame *)address;
    struct og_result result = {0, 0};

    /* Calls that the host now makes start below what is in use. */
    uintptr_t outer = context->foreign_rsp;
    context->foreign_rsp = (address - MPK_RED_ZONE) & -(uintptr_t)16;
    bool is_over = run(context, slot, arguments, &result);
    context->foreign_rsp = outer;
    if (is_over)
        end_at_deadline(context->domain);
    if (context->context.poisoned)
        og_mpk_leave();

    memcpy(frame, &result, sizeof(result));
    if (mpk_thread_in_gate()->armed != context->index)
        arm(context);
    return (struct callback_return){address, context->foreign_fs};
}

/* With the domain's lock; mpk_callbacks_end looks without. */
static void set_owner(struct mpk_domain *domain, size_t number, struct og_callback *callback)
{
    __atomic_store_n(&domain->callbacks[number], callback, __ATOMIC_RELAXED);
}

/* With the domain's lock. No call of it starts any more. */
static void end_slot(struct mpk_domain *domain, size_t number)
{
    set_owner(domain, number, NULL);
    __atomic_store_n(&domain->slots[number].thread, MPK_NOBODY, __ATOMIC_RELAXED);
    __atomic_store_n(&domain->slots[number].function, NULL, __ATOMIC_RELAXED);
}

/* With the domain's lock. From here on no call of it starts, and none is under way but on the
 * calling thread's own stack, where it is if that thread is inside. */
static void close_slot(struct mpk_domain *domain, size_t number)
{
    const struct mpk_slot *slot = &domain->slots[number];
    const struct mpk_context *own = mpk_context_if_any(domain);
    bool is_inside = own && own->context.depth;
    uint64_t uses = domain->callback_uses[number];
    end_slot(domain, number);
    (void)og_heavy_fence();
    /* Who wakes late may find calls of who has the slot by then: those nobody would tell it of. */
    while (!is_inside && domain->callback_uses[number] == uses &&
           __atomic_load_n(&slot->running, __ATOMIC_ACQUIRE))
        og_event_wait(&domain->callback_ended, &domain->lock);
}

/* A slot that was closed in a call of its callback is still in use. */
static bool is_free(const struct mpk_domain *domain, size_t number)
{
    return !domain->callbacks[number] &&
           !__atomic_load_n(&domain->slots[number].running, __ATOMIC_ACQUIRE);
}

enum og_error mpk_callback_open(struct og_domain *handle, struct og_callback *callback,
                                struct og_fault *fault)
{
    struct mpk_domain *domain = (struct mpk_domain *)handle;
    unsigned free = 0;
    int cancellation = og_uncancelled_begin();
    pthread_mutex_lock(&domain->lock);
    for (unsigned i = 0; i < MPK_CALLBACKS; i++)
        if (domain->callbacks[i] == callback)
            close_slot(domain, i);
    while (free < MPK_CALLBACKS && !is_free(domain, free))
        free++;
    if (free < MPK_CALLBACKS) {
        struct mpk_slot *slot = &domain->slots[free];
        set_owner(domain, free, callback);
        domain->callback_uses[free]++;
        slot->user = callback->user;
        __atomic_store_n(&slot->function, callback->function, __ATOMIC_RELEASE);
        __atomic_store_n(&slot->thread, og_thread_number(), __ATOMIC_RELEASE);
        callback->domain = handle;
        callback->slot = free;
        callback->address = (uintptr_t)og_mpk_callback_thunks + free * (uintptr_t)THUNK_SIZE;
    }
    pthread_mutex_unlock(&domain->lock);
    og_uncancelled_end(cancellation);
    if (free == MPK_CALLBACKS)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0,
                       "64 callbacks are open in the domain: close one");
    return OG_OK;
}

void mpk_callback_close(struct og_domain *handle, struct og_callback *callback)
{
    struct mpk_domain *domain = (struct mpk_domain *)handle;
    int cancellation = og_uncancelled_begin();
    pthread_mutex_lock(&domain->lock);
    if (callback->slot < MPK_CALLBACKS && domain->callbacks[callback->slot] == callback)
        close_slot(domain, callback->slot);
    pthread_mutex_unlock(&domain->lock);
    og_uncancelled_end(cancellation);
}

void mpk_callback_any_thread(struct og_domain *handle, struct og_callback *callback)
{
    struct mpk_domain *domain = (struct mpk_domain *)handle;
    pthread_mutex_lock(&domain->lock);
    struct mpk_slot *slot = &domain->slots[callback->slot % MPK_CALLBACKS];
    if (domain->callbacks[callback->slot % MPK_CALLBACKS] == callback && slot->function)
        __atomic_store_n(&slot->thread, MPK_ANY_THREAD, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&domain->lock);
}

void mpk_callbacks_leave(struct mpk_domain *domain)
{
    pthread_mutex_lock(&domain->lock);
    for (size_t i = 0; i < MPK_CALLBACKS; i++)
        domain->slots[i].running = 0;
    og_event_tell(&domain->callback_ended);
    pthread_mutex_unlock(&domain->lock);
}

int mpk_is_callback(struct og_domain *handle, uintptr_t address)
{
    struct mpk_domain *domain = (struct mpk_domain *)handle;
    uintptr_t offset = address - (uintptr_t)og_mpk_callback_thunks;
    uintptr_t number = offset / THUNK_SIZE;
    if (offset % THUNK_SIZE || number >= MPK_CALLBACKS)
        return 0;
    const struct mpk_slot *slot = &domain->slots[number];
    pthread_mutex_lock(&domain->lock);
    int is_ours =
        slot->function && (slot->thread == og_thread_number() || slot->thread == MPK_ANY_THREAD);
    pthread_mutex_unlock(&domain->lock);
    return is_ours;
}

static void take_back(struct mpk_domain *domain, size_t number)
{
    struct og_callback *callback = domain->callbacks[number];
    domain->slots[number] = (struct mpk_slot){.thread = MPK_NOBODY};
    domain->callback_uses[number]++;
    set_owner(domain, number, NULL);
    if (!callback)
        return;
    /* The domain may be gone when its owner closes it; and the callback, as soon as the owner sees
     * that it has none. */
    __atomic_store_n(&callback->address, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&callback->domain, NULL, __ATOMIC_RELEASE);
}

/* Nobody is inside. */
void mpk_callbacks_close(struct mpk_domain *domain)
{
    pthread_mutex_lock(&domain->lock);
    for (size_t i = 0; i < MPK_CALLBACKS; i++)
        take_back(domain, i);
    pthread_mutex_unlock(&domain->lock);
}

/* Who ends in a callback closes none. Other frames are on its stack by now, which is somebody
 * else's soon: nothing is written there. Whose callbacks are elsewhere does not wait for the lock,
 * which a library can have taken again and again. */
void mpk_callbacks_end(struct mpk_domain *domain)
{
    for (size_t i = 0; i < MPK_CALLBACKS; i++) {
        const void *callback = __atomic_load_n(&domain->callbacks[i], __ATOMIC_RELAXED);
        if (!callback || !og_is_on_own_stack(callback))
            continue;
        pthread_mutex_lock(&domain->lock);
        if (domain->callbacks[i] == callback) /* no reset has been faster */
            end_slot(domain, i);
        pthread_mutex_unlock(&domain->lock);
    }
}

/* Nobody can call what was a thread's that the child lacks. It may be on that thread's stack, which
 * the next one gets: nothing is to be written there any later. */
void mpk_callbacks_forked(struct mpk_domain *domain)
{
    for (size_t i = 0; i < MPK_CALLBACKS; i++)
        if (domain->callbacks[i] && domain->slots[i].thread != og_thread_number() &&
            domain->slots[i].thread != MPK_ANY_THREAD)
            take_back(domain, i);
}
