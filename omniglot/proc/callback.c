/* Callbacks: functions of the host's that foreign code calls. What it calls are stubs of its own
 * process, which say to the host which they are. */
#include "proc.h"

#include "omniglot/core/uncancelled.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the slots of all domains, and: */
static struct og_event ended; /* a callback that is closed has returned */

static void run(struct proc_domain *domain, struct og_slot *slot, og_callback_function *function,
                struct og_context *context)
{
    struct og_scope scope;
    struct og_arguments arguments;
    struct og_result result = {0, 0};
    __builtin_memcpy(&arguments, &domain->control->callback.integers, sizeof(arguments));
    size_t enclosing = og_callback_scope_begin(context, &scope);
    function(slot->user, &scope, &arguments, &result);
    og_callback_scope_end(context, &scope, enclosing);
    domain->control->callback.integer = result.integer;
    domain->control->callback.floating = result.floating;
}
_Static_assert(sizeof(struct og_arguments) == 14 * 8, "as the process tells them");

/* Somebody has closed the slot meanwhile, and may be waiting. */
static __attribute__((noinline)) void tell_ended(void)
{
    pthread_mutex_lock(&lock);
    og_event_tell(&ended);
    pthread_mutex_unlock(&lock);
}

enum og_error proc_call_back(struct proc_domain *domain, struct og_context *context,
                             struct og_fault *fault)
{
    const volatile struct proc_control *control = domain->control;
    uint64_t number = control->callback.slot, self = og_thread_number();
    struct og_slot *slot = &domain->slots[number % PROC_CALLBACKS];
    uint64_t thread = __atomic_load_n(&slot->thread, __ATOMIC_ACQUIRE);
    if (number >= PROC_CALLBACKS || !context || thread == OG_SLOT_NOBODY)
        return og_fail(fault, OG_FAULTED, NULL, 0,
                       "the foreign code called a callback that there is not");
    if (!og_slot_is_for(thread, self))
        return og_fail(fault, OG_FAULTED, NULL, 0,
                       "the foreign code called another thread's callback");
    if (domain->callback_limit && domain->callbacks++ >= domain->callback_limit)
        return og_fail(fault, OG_FAULTED, NULL, 0,
                       "the foreign code called back more often than callback_limit allows");
    og_callback_function *function = og_slot_begin(slot, self);
    domain->is_running = false;
    /* The host's own code: the thread can be cancelled in it if it could before the call. */
    int uncancelled;
    pthread_setcancelstate(domain->cancellation, &uncancelled);
    if (function)
        run(domain, slot, function, context);
    pthread_setcancelstate(uncancelled, NULL);
    domain->is_running = true;
    if (!og_slot_end(slot))
        tell_ended();
    /* A call that it has made has failed, or what it was handed is refused. */
    if (!context->poisoned)
        return domain->asks ? OG_OK
                            : og_fail(fault, OG_POISONED, NULL, 0, "the domain has no process");
    if (fault)
        *fault = context->fault;
    return (enum og_error)context->poisoned;
}

enum og_error proc_callback_open(struct og_domain *handle, struct og_callback *callback,
                                 struct og_fault *fault)
{
    struct proc_domain *domain = (struct proc_domain *)handle;
    int cancellation = og_uncancelled_begin();
    pthread_mutex_lock(&lock);
    unsigned number = og_slot_take(domain->slots, PROC_CALLBACKS, handle, callback, &ended, &lock);
    if (number < PROC_CALLBACKS)
        callback->address = domain->stubs + number * domain->stub_size;
    pthread_mutex_unlock(&lock);
    og_uncancelled_end(cancellation);
    if (number == PROC_CALLBACKS)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "64 callbacks are open: close one");
    return OG_OK;
}

void proc_callback_close(struct og_domain *handle, struct og_callback *callback)
{
    struct proc_domain *domain = (struct proc_domain *)handle;
    int cancellation = og_uncancelled_begin();
    pthread_mutex_lock(&lock);
    if (callback->slot < PROC_CALLBACKS && domain->slots[callback->slot].callback == callback)
        og_slot_close(&domain->slots[callback->slot], &ended, &lock);
    pthread_mutex_unlock(&lock);
    og_uncancelled_end(cancellation);
}

void proc_callback_any_thread(struct og_domain *handle, struct og_callback *callback)
{
    struct proc_domain *domain = (struct proc_domain *)handle;
    pthread_mutex_lock(&lock);
    og_slot_open_to_all(&domain->slots[callback->slot % PROC_CALLBACKS], callback);
    pthread_mutex_unlock(&lock);
}

int proc_is_callback(struct og_domain *handle, uintptr_t address)
{
    struct proc_domain *domain = (struct proc_domain *)handle;
    int found = 0;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < PROC_CALLBACKS; i++) {
        const struct og_slot *slot = &domain->slots[i];
        found |= domain->stubs + i * domain->stub_size == address && slot->function &&
                 og_slot_is_for(slot->thread, og_thread_number());
    }
    pthread_mutex_unlock(&lock);
    return found;
}

/* Nobody is inside. */
void proc_callbacks_close(struct proc_domain *domain)
{
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < PROC_CALLBACKS; i++)
        if (domain->slots[i].callback)
            og_slot_take_back(&domain->slots[i]);
    pthread_mutex_unlock(&lock);
}

void proc_callbacks_end(struct proc_domain *domain, bool in_call)
{
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < PROC_CALLBACKS; i++) {
        struct og_slot *slot = &domain->slots[i];
        /* Other frames are on its stack by now, which is somebody else's soon: nothing is written
         * there. */
        if (slot->callback && og_is_on_own_stack(slot->callback))
            og_slot_shut(slot);
        if (in_call)
            slot->running = 0;
    }
    og_event_tell(&ended);
    pthread_mutex_unlock(&lock);
}

void proc_callbacks_fork(int when)
{
    if (when == PROC_BEFORE_FORK)
        pthread_mutex_lock(&lock);
    if (when == PROC_IN_CHILD)
        og_event_tell(&ended);
    if (when != PROC_BEFORE_FORK)
        pthread_mutex_unlock(&lock);
}

void proc_callbacks_in_child(struct proc_domain *domain)
{
    for (unsigned i = 0; i < PROC_CALLBACKS; i++)
        og_slot_leave_in_child(&domain->slots[i]);
}
