/* Callbacks without isolation: a fixed pool of thunks, each with a number.
 *
 * A thunk takes six integers and eight doubles, which under the SysV x86-64 calling
 * convention (psABI 1.0, 3.2.3) are all argument registers whatever prototype the library
 * called it by, and returns a struct of an integer and a double, which are rax and xmm0. */
#include "none.h"
#include "omniglot/core/slot.h"
#include "omniglot/core/uncancelled.h"
#include "slots.h"

#include <pthread.h>

enum { SLOTS = 64 };

/* What a thunk reads of one is read while the thread is inside the domain. */
static struct og_slot slots[SLOTS];
static pthread_mutex_t callbacks_lock = PTHREAD_MUTEX_INITIALIZER; /* slots, and: */
static struct og_event ended; /* a callback that is closed has returned */

/* What foreign code passes may be on its stack, which is the host's here: from the thunk's
 * arguments up to the scope that was open when it was called. */
static void find_frames(struct og_context *context, const struct og_arguments *arguments)
{
    enum { MOST = 8 << 20 }; /* a stack's usual limit: the scope was elsewhere */
    uintptr_t start = (uintptr_t)(arguments + 1), end = 0;
    if (context->depth)
        end = (uintptr_t)context->open[context->depth - 1].scope;
    int is_stack = end > start && end - start < MOST;
    context->frames_start = is_stack ? start : 0;
    context->frames_end = is_stack ? end : 0;
}

static void run(const struct og_slot *slot, og_callback_function *function,
                struct og_context *context, const struct og_arguments *arguments,
                struct og_result *result)
{
    struct og_scope scope;
    const uintptr_t outer_start = context->frames_start, outer_end = context->frames_end;
    find_frames(context, arguments);
    size_t enclosing = og_callback_scope_begin(context, &scope);
    function(slot->user, &scope, arguments, result);
    og_callback_scope_end(context, &scope, enclosing);
    context->frames_start = outer_start;
    context->frames_end = outer_end;
}

/* Somebody has closed the slot meanwhile, and may be waiting. */
static __attribute__((noinline)) void tell_ended(void)
{
    pthread_mutex_lock(&callbacks_lock);
    og_event_tell(&ended);
    pthread_mutex_unlock(&callbacks_lock);
}

static struct og_result dispatch(unsigned number, const struct og_arguments *arguments)
{
    struct og_result result = {0, 0};
    struct og_slot *slot = &slots[number];
    uint64_t self = og_thread_number();
    if (!og_slot_is_for(__atomic_load_n(&slot->thread, __ATOMIC_ACQUIRE), self))
        return result;
    struct og_context *context = none_context(slot->domain);
    if (!context->depth)
        return result; /* a thread of the library's own */
    og_callback_function *function = og_slot_begin(slot, self);
    if (function)
        run(slot, function, context, arguments, &result);
    if (!og_slot_end(slot))
        tell_ended();
    return result;
}

#define THUNK(n)                                                                                   \
    static struct og_result thunk_##n(uintptr_t i0, uintptr_t i1, uintptr_t i2, uintptr_t i3,      \
                                      uintptr_t i4, uintptr_t i5, double f0, double f1, double f2, \
                                      double f3, double f4, double f5, double f6, double f7)       \
    {                                                                                              \
        const struct og_arguments arguments = {{i0, i1, i2, i3, i4, i5},                           \
                                               {f0, f1, f2, f3, f4, f5, f6, f7}};                  \
        return dispatch(n, &arguments);                                                            \
    }
#define ADDRESS(n) (void *)thunk_##n,

/* Numbered in octal: 000 to 077. */
NONE_SIXTY_FOUR(THUNK)

static void *const thunks[SLOTS] = {NONE_SIXTY_FOUR(ADDRESS)};

enum og_error none_callback_open(struct og_domain *domain, struct og_callback *callback,
                                 struct og_fault *fault)
{
    int cancellation = og_uncancelled_begin();
    pthread_mutex_lock(&callbacks_lock);
    unsigned number = og_slot_take(slots, SLOTS, domain, callback, &ended, &callbacks_lock);
    if (number < SLOTS)
        callback->address = (uintptr_t)thunks[number];
    pthread_mutex_unlock(&callbacks_lock);
    og_uncancelled_end(cancellation);
    if (number == SLOTS)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "64 callbacks are open: close one");
    return OG_OK;
}

void none_callback_close(struct og_domain *domain, struct og_callback *callback)
{
    (void)domain;
    int cancellation = og_uncancelled_begin();
    pthread_mutex_lock(&callbacks_lock);
    if (callback->slot < SLOTS && slots[callback->slot].callback == callback)
        og_slot_close(&slots[callback->slot], &ended, &callbacks_lock);
    pthread_mutex_unlock(&callbacks_lock);
    og_uncancelled_end(cancellation);
}

void none_callback_any_thread(struct og_domain *domain, struct og_callback *callback)
{
    (void)domain;
    pthread_mutex_lock(&callbacks_lock);
    og_slot_open_to_all(&slots[callback->slot], callback);
    pthread_mutex_unlock(&callbacks_lock);
}

int none_is_callback(struct og_domain *domain, uintptr_t address)
{
    unsigned slot = 0;
    while (slot < SLOTS && (uintptr_t)thunks[slot] != address)
        slot++;
    if (slot == SLOTS)
        return 0;
    /* It may be a callback of another domain, which another thread is closing. */
    pthread_mutex_lock(&callbacks_lock);
    int is_ours = slots[slot].domain == domain && slots[slot].function &&
                  og_slot_is_for(slots[slot].thread, og_thread_number());
    pthread_mutex_unlock(&callbacks_lock);
    return is_ours;
}

/* Nobody is inside. */
void none_callbacks_close(struct og_domain *domain)
{
    pthread_mutex_lock(&callbacks_lock);
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].callback && slots[i].domain == domain)
            og_slot_take_back(&slots[i]);
    pthread_mutex_unlock(&callbacks_lock);
}

/* Who ends in a callback closes none. Other frames are on its stack by now, which is somebody
 * else's soon: nothing is written there. */
void none_callbacks_end(void)
{
    pthread_mutex_lock(&callbacks_lock);
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].callback && og_is_on_own_stack(slots[i].callback))
            og_slot_shut(&slots[i]);
    pthread_mutex_unlock(&callbacks_lock);
}

void none_callbacks_leave(struct og_domain *domain)
{
    pthread_mutex_lock(&callbacks_lock);
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].domain == domain)
            slots[i].running = 0;
    og_event_tell(&ended);
    pthread_mutex_unlock(&callbacks_lock);
}

void none_callbacks_fork(enum none_fork when)
{
    if (when == NONE_BEFORE_FORK)
        pthread_mutex_lock(&callbacks_lock);
    if (when == NONE_IN_CHILD) {
        og_event_tell(&ended);
        for (unsigned i = 0; i < SLOTS; i++)
            og_slot_leave_in_child(&slots[i]);
    }
    if (when != NONE_BEFORE_FORK)
        pthread_mutex_unlock(&callbacks_lock);
}
