/* Output: the host hears what foreign code prints, in its own function, where a callback would run:
 * on the host's stack, below what the call has left there, as code that can be interrupted, sleep
 * and be cancelled. That is where the handler of the system call returns to; and when the host has
 * heard, from there into the foreign code, by the frame of the signal, which lies on that stack
 * too.
 *
 * The library does not expect to be called meanwhile: it is in its C library, which may hold locks.
 * So the domain is as in a read section then, and nothing is begun there. */
#include "output.h"

#include <string.h>

/* As the gate does for a callback: they are the foreign code's, or a new program's. */
static void take_control_words(const struct mpk_frame *frame)
{
    const struct mpk_frame_rest *rest = (const struct mpk_frame_rest *)frame - 1;
    __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(rest->mxcsr), "m"(rest->control));
}

static void hear(void *memory)
{
    struct mpk_output *output = memory;
    struct mpk_thread *thread = mpk_thread_in_gate();
    struct mpk_context *context = mpk_frame_context(thread->frame);
    const struct mpk_domain *domain = context->domain;
    struct mpk_pause pause = {.callbacks = 0};
    struct og_scope scope;
    take_control_words(thread->frame);
    if (domain->callback_limit)
        pause.callbacks = mpk_callback_count(context);
    output->text[output->size] = '\0';
    size_t enclosing = og_callback_scope_begin(&context->context, &scope);
    og_read_begin(&scope.access);
    mpk_deadline_pause(thread, &pause);
    domain->output(domain->output_user, output->stream, output->text, output->size);
    (void)mpk_deadline_go_on(thread, &pause); /* asked once more before it goes on */
    og_read_end(&scope.access);
    og_callback_scope_end(&context->context, &scope, enclosing);
    if (context->context.poisoned)
        og_mpk_leave();
    mpk_go_on_in_domain(thread, &output->frame);
}

_Noreturn void mpk_output_tell(struct mpk_thread *thread, struct mpk_frame_copy *frame,
                               struct mpk_output *output)
{
    memcpy(&output->frame, frame, sizeof(*frame));
    mpk_go_on_in_host(thread, frame, hear, output);
}
