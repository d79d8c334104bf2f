/* Where a piece of output is: on the host's stack, below what is in use there. */
#include "output.h"

/* What the runtime's handler may come to use until it goes on, and a resolver of the loader's. */
enum { HANDLERS_REST = MPK_STATE_MAX + 4096 };

/* Page by page, as a function is entered that has much on its stack: where there is no more, the
 * host's stack has overflowed into its guard, and not over it. */
static void touch_stack(uintptr_t from, uintptr_t to)
{
    for (uintptr_t place = from; place > to; place -= place - to < MPK_PAGE ? place - to : MPK_PAGE)
        (void)*(volatile char *)place;
    (void)*(volatile char *)to;
}

/* Below what the call that is under way has left on the host's stack. Where a handler of the host's
 * has called in, that is the stack for handlers, and the runtime's own, which is running now, is on
 * it as well. */
static uintptr_t find_place(const struct mpk_thread *thread)
{
    const uintptr_t block = (uintptr_t)thread;
    uintptr_t end = (uintptr_t)thread->frame - MPK_FRAME_BELOW - MPK_RED_ZONE;
    if (og_is_within(end, 1, block, block + MPK_BLOCK_SIZE))
        end = (uintptr_t)__builtin_frame_address(0) - HANDLERS_REST;
    return (end - sizeof(struct mpk_output)) & -(uintptr_t) _Alignof(struct mpk_output);
}

struct mpk_output *mpk_output_begin(const struct mpk_context *context, enum og_stream stream)
{
    struct mpk_output *output = (struct mpk_output *)find_place(context->thread);
    touch_stack((uintptr_t)output + sizeof(*output), (uintptr_t)output);
    output->size = 0;
    output->stream = stream;
    return output;
}
