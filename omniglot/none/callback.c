/* Callbacks without isolation: a fixed pool of thunks, each with a number.
 *
 * A thunk takes six integers and eight doubles, which under the SysV x86-64 calling
 * convention (psABI 1.0, 3.2.3) are all argument registers whatever prototype the library
 * called it by, and returns a struct of an integer and a double, which are rax and xmm0. */
#include "none.h"
#include "omniglot/core/uncancelled.h"
#include "slots.h"

#include <pthread.h>

enum { SLOTS = 64 };

/* A registered callback. What a thunk reads of it is read while the thread is inside the domain;
 * what is another thread's is not followed. */
static struct slot {
    og_callback_function *function; /* NULL: closed */
    void *user;
    struct og_domain *domain;
    uint64_t thread;  /* whose: og_thread_number; NOBODY, ANY_THREAD */
    unsigned running; /* calls of it under way, all on one stack: */
    uint64_t runner;  /* whose */
    uint64_t uses;    /* how often it has been given to somebody, or taken back by reset */
    struct og_callback *callback; /* who has the slot; NULL: it is free */
} slots[SLOTS];
enum { NOBODY = 0 };
#define ANY_THREAD UINT64_MAX
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

static void run(const struct slot *slot, og_callback_function *function, struct og_context *context,
                const struct og_arguments *arguments, struct og_result *result)
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
    struct slot *slot = &slots[number];
    uint64_t self = og_thread_number(), thread = __atomic_load_n(&slot->thread, __ATOMIC_ACQUIRE);
    if (thread != self && thread != ANY_THREAD)
        return result;
    struct og_context *context = none_context(slot->domain);
    if (!context->depth)
        return result; /* a thread of the library's own */
    /* Who closes the slot says so first, and looks for calls then. */
    __atomic_store_n(&slot->running, slot->running + 1, __ATOMIC_RELAXED);
    slot->runner = self;
    og_light_fence();
    og_callback_function *function = __atomic_load_n(&slot->function, __ATOMIC_ACQUIRE);
    if (function)
        run(slot, function, context, arguments, &result);
    __atomic_store_n(&slot->running, slot->running - 1, __ATOMIC_RELEASE);
    og_light_fence();
    if (!OG_LIKELY(__atomic_load_n(&slot->function, __ATOMIC_RELAXED)))
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

/* With the lock held. No call of it starts any more. */
static void end_slot(struct slot *slot)
{
    slot->callback = NULL;
    __atomic_store_n(&slot->thread, NOBODY, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->function, NULL, __ATOMIC_RELAXED);
}

/* With the lock held. From here on no call of it starts, and none is under way but on the calling
 * thread's own stack. */
static void close_slot(struct slot *slot)
{
    uint64_t uses = slot->uses;
    end_slot(slot);
    og_heavy_fence();
    /* Who wakes late may find calls of who has the slot by then: those nobody would tell it of. */
    while (slot->uses == uses && __atomic_load_n(&slot->running, __ATOMIC_ACQUIRE) &&
           slot->runner != og_thread_number())
        og_event_wait(&ended, &callbacks_lock);
}

/* A slot that was closed in a call of its callback is still in use. */
static bool is_free(const struct slot *slot)
{
    return !slot->callback && !__atomic_load_n(&slot->running, __ATOMIC_ACQUIRE);
}

enum og_error none_callback_open(struct og_domain *domain, struct og_callback *callback,
                                 struct og_fault *fault)
{
    unsigned free = 0;
    int cancellation = og_uncancelled_begin();
    pthread_mutex_lock(&callbacks_lock);
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].callback == callback)
            close_slot(&slots[i]);
    while (free < SLOTS && !is_free(&slots[free]))
        free++;
    if (free < SLOTS) {
        struct slot *slot = &slots[free];
        slot->callback = callback;
        slot->uses++;
        slot->user = callback->user;
        slot->domain = domain;
        __atomic_store_n(&slot->function, callback->function, __ATOMIC_RELEASE);
        __atomic_store_n(&slot->thread, og_thread_number(), __ATOMIC_RELEASE);
        callback->domain = domain;
        callback->slot = free;
        callback->address = (uintptr_t)thunks[free];
    }
    pthread_mutex_unlock(&callbacks_lock);
    og_uncancelled_end(cancellation);
    if (free == SLOTS)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "64 callbacks are open: close one");
    return OG_OK;
}

void none_callback_close(struct og_domain *domain, struct og_callback *callback)
{
    (void)domain;
    int cancellation = og_uncancelled_begin();
    pthread_mutex_lock(&callbacks_lock);
    if (callback->slot < SLOTS && slots[callback->slot].callback == callback)
        close_slot(&slots[callback->slot]);
    pthread_mutex_unlock(&callbacks_lock);
    og_uncancelled_end(cancellation);
}

void none_callback_any_thread(struct og_domain *domain, struct og_callback *callback)
{
    (void)domain;
    pthread_mutex_lock(&callbacks_lock);
    struct slot *slot = &slots[callback->slot];
    if (slot->callback == callback && slot->function)
        __atomic_store_n(&slot->thread, ANY_THREAD, __ATOMIC_RELEASE);
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
    uint64_t thread = slots[slot].thread;
    int is_ours = slots[slot].domain == domain && slots[slot].function &&
                  (thread == og_thread_number() || thread == ANY_THREAD);
    pthread_mutex_unlock(&callbacks_lock);
    return is_ours;
}

static void take_back(struct slot *slot)
{
    /* The domain may be gone when its owner closes it; and the callback, as soon as the owner sees
     * that it has none. */
    __atomic_store_n(&slot->callback->address, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->callback->domain, NULL, __ATOMIC_RELEASE);
    *slot = (struct slot){.uses = slot->uses + 1};
}

/* Nobody is inside. */
void none_callbacks_close(struct og_domain *domain)
{
    pthread_mutex_lock(&callbacks_lock);
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].callback && slots[i].domain == domain)
            take_back(&slots[i]);
    pthread_mutex_unlock(&callbacks_lock);
}

/* Who ends in a callback closes none. Other frames are on its stack by now, which is somebody
 * else's soon: nothing is written there. */
void none_callbacks_end(void)
{
    pthread_mutex_lock(&callbacks_lock);
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].callback && og_is_on_own_stack(slots[i].callback))
            end_slot(&slots[i]);
    pthread_mutex_unlock(&callbacks_lock);
}

/* Nobody can call what was a thread's that the child lacks. It may be on that thread's stack, which
 * the next one gets: nothing is to be written there any later. */
static void take_back_in_child(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].callback && slots[i].thread != og_thread_number() &&
            slots[i].thread != ANY_THREAD)
            take_back(&slots[i]);
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
        take_back_in_child();
    }
    if (when != NONE_BEFORE_FORK)
        pthread_mutex_unlock(&callbacks_lock);
}
