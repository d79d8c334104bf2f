/* Callbacks: foreign code calls the thunk of a slot (gate.S), which comes here with the host's
 * rights, on the host's stack. The slot and the place of the arguments are the domain's word. */
#include "mpk.h"

#include <stddef.h>
#include <string.h>

/* What og_mpk_callback has put on the foreign stack, from below. */
struct callback_frame {
    uintptr_t result;
    double floating_result;
    uintptr_t integers[6];
    double floats[8];
    uint32_t control_words[2]; /* the foreign code's, like the registers */
    uintptr_t registers[6];    /* the foreign code's, put back by the gate */
    uintptr_t return_address;
};

#define AT_OFFSET(field, offset)                                                                   \
    _Static_assert(offsetof(struct callback_frame, field) == (offset), "layout.h says otherwise")
AT_OFFSET(result, MPK_CALLBACK_RESULT);
AT_OFFSET(floating_result, MPK_CALLBACK_FLOAT);
AT_OFFSET(integers, MPK_CALLBACK_INTEGERS);
AT_OFFSET(floats, MPK_CALLBACK_FLOATS);
AT_OFFSET(control_words[0], MPK_CALLBACK_MXCSR);
AT_OFFSET(control_words[1], MPK_CALLBACK_CONTROL);
AT_OFFSET(registers, MPK_CALLBACK_REGISTERS);
_Static_assert(sizeof(struct callback_frame) == MPK_CALLBACK_SIZE, "layout.h says otherwise");

extern const char og_mpk_callback_thunks[];
uintptr_t og_mpk_callback_serve(uint32_t slot, uintptr_t frame);
enum { THUNK_SIZE = 16 };

/* A callback that cannot be served ends the call, as an illegal instruction would. */
static _Noreturn void refuse(void)
{
    struct mpk_thread *thread = mpk_thread_self();
    struct og_fault fault;
    og_fail(&fault, OG_FAULTED, NULL, 0, "the foreign code called a callback that there is not");
    mpk_domain_poison(thread->frame->context->domain, &fault);
    og_mpk_leave();
}

static void end_at_deadline(struct mpk_domain *domain)
{
    struct og_fault fault;
    mpk_deadline_fail(&fault, 0);
    mpk_domain_poison(domain, &fault);
}

uintptr_t og_mpk_callback_serve(uint32_t slot, uintptr_t address)
{
    struct mpk_context *context = mpk_thread_in_gate()->frame->context;
    struct mpk_domain *domain = context->domain;
    const struct mpk_seat *seat = context->seat;
    struct og_callback *callback = slot < MPK_CALLBACKS ? domain->callbacks[slot] : NULL;
    if (!callback || address % 8 ||
        !og_is_within(address, sizeof(struct callback_frame), seat->stack_low, seat->stack_end))
        refuse();
    struct callback_frame *frame = (struct callback_frame *)address;
    struct og_arguments arguments;
    struct og_result result = {0, 0};
    memcpy(arguments.integers, frame->integers, sizeof(arguments.integers));
    memcpy(arguments.floats, frame->floats, sizeof(arguments.floats));

    /* Calls that the host now makes start below what is in use. */
    uintptr_t outer = context->foreign_rsp;
    context->foreign_rsp = (address - MPK_RED_ZONE) & -(uintptr_t)16;
    struct og_scope scope;
    size_t enclosing = og_callback_scope_begin(&context->context, &scope);
    struct mpk_pause pause;
    mpk_deadline_pause(context->thread, &pause);
    callback->function(callback->user, &scope, &arguments, &result);
    bool is_over = mpk_deadline_go_on(context->thread, &pause);
    /* It may have closed the callback by now. */
    og_callback_scope_end(&context->context, &scope, enclosing);
    context->foreign_rsp = outer;
    if (is_over)
        end_at_deadline(domain);
    if (context->context.poisoned)
        og_mpk_leave();

    frame->result = result.integer;
    frame->floating_result = result.floating;
    if (context->thread->armed != domain->index)
        og_mpk_arm(domain->index);
    return address;
}

enum og_error mpk_callback_open(struct og_domain *handle, struct og_callback *callback,
                                struct og_fault *fault)
{
    struct mpk_domain *domain = (struct mpk_domain *)handle;
    enum og_error error = OG_NO_MEMORY;
    pthread_mutex_lock(&domain->lock);
    for (unsigned i = 0; i < MPK_CALLBACKS; i++)
        if (domain->callbacks[i] == callback)
            domain->callbacks[i] = NULL;
    for (unsigned i = 0; i < MPK_CALLBACKS && error; i++) {
        if (!domain->callbacks[i]) {
            domain->callbacks[i] = callback;
            callback->slot = i;
            callback->address = (uintptr_t)og_mpk_callback_thunks + i * (uintptr_t)THUNK_SIZE;
            error = OG_OK;
        }
    }
    pthread_mutex_unlock(&domain->lock);
    if (error)
        return og_fail(fault, error, NULL, 0, "64 callbacks are open in the domain: close one");
    return OG_OK;
}

void mpk_callback_close(struct og_domain *handle, struct og_callback *callback)
{
    struct mpk_domain *domain = (struct mpk_domain *)handle;
    pthread_mutex_lock(&domain->lock);
    if (callback->slot < MPK_CALLBACKS && domain->callbacks[callback->slot] == callback)
        domain->callbacks[callback->slot] = NULL;
    pthread_mutex_unlock(&domain->lock);
}

int mpk_is_callback(struct og_domain *handle, uintptr_t address)
{
    const struct mpk_domain *domain = (const struct mpk_domain *)handle;
    uintptr_t offset = address - (uintptr_t)og_mpk_callback_thunks;
    uintptr_t slot = offset / THUNK_SIZE;
    return offset % THUNK_SIZE == 0 && slot < MPK_CALLBACKS && domain->callbacks[slot] != NULL;
}

void mpk_callbacks_close(struct mpk_domain *domain)
{
    for (size_t i = 0; i < MPK_CALLBACKS; i++) {
        if (!domain->callbacks[i])
            continue;
        /* The domain may be gone when its owner closes it. */
        domain->callbacks[i]->domain = NULL;
        domain->callbacks[i]->address = 0;
        domain->callbacks[i] = NULL;
    }
}
