/* Callbacks without isolation: a fixed pool of thunks, each with a number.
 *
 * A thunk takes six integers and eight doubles, which under the SysV x86-64 calling
 * convention (psABI 1.0, 3.2.3) are all argument registers whatever prototype the library
 * called it by, and returns a struct of an integer and a double, which are rax and xmm0. */
#include "none.h"
#include "slots.h"

#include <pthread.h>

enum { SLOTS = 64 };

static struct og_callback *callbacks[SLOTS];
static pthread_mutex_t callbacks_lock = PTHREAD_MUTEX_INITIALIZER;

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

static struct og_result dispatch(unsigned slot, const struct og_arguments *arguments)
{
    struct og_result result = {0, 0};
    struct og_callback *callback = callbacks[slot];
    if (callback) {
        struct og_scope scope;
        struct og_domain *domain = callback->domain;
        struct og_context *context = domain->runtime->context(domain);
        const uintptr_t outer_start = context->frames_start, outer_end = context->frames_end;
        find_frames(context, arguments);
        size_t enclosing = og_callback_scope_begin(context, &scope);
        callback->function(callback->user, &scope, arguments, &result);
        /* It may have closed the callback by now. */
        og_callback_scope_end(context, &scope, enclosing);
        context->frames_start = outer_start;
        context->frames_end = outer_end;
    }
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
    (void)domain;
    enum og_error error = OG_NO_MEMORY;
    pthread_mutex_lock(&callbacks_lock);
    for (unsigned i = 0; i < SLOTS; i++)
        if (callbacks[i] == callback)
            callbacks[i] = NULL;
    for (unsigned i = 0; i < SLOTS && error; i++) {
        if (!callbacks[i]) {
            callbacks[i] = callback;
            callback->slot = i;
            callback->address = (uintptr_t)thunks[i];
            error = OG_OK;
        }
    }
    pthread_mutex_unlock(&callbacks_lock);
    if (error)
        return og_fail(fault, error, NULL, 0, "64 callbacks are open: close one");
    return OG_OK;
}

void none_callback_close(struct og_domain *domain, struct og_callback *callback)
{
    (void)domain;
    pthread_mutex_lock(&callbacks_lock);
    if (callbacks[callback->slot] == callback)
        callbacks[callback->slot] = NULL;
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
    int is_ours = callbacks[slot] && callbacks[slot]->domain == domain;
    pthread_mutex_unlock(&callbacks_lock);
    return is_ours;
}

void none_callbacks_close(struct og_domain *domain)
{
    pthread_mutex_lock(&callbacks_lock);
    for (unsigned i = 0; i < SLOTS; i++) {
        if (callbacks[i] && callbacks[i]->domain == domain) {
            /* The domain may be gone when its owner closes it. */
            callbacks[i]->domain = NULL;
            callbacks[i]->address = 0;
            callbacks[i] = NULL;
        }
    }
    pthread_mutex_unlock(&callbacks_lock);
}
