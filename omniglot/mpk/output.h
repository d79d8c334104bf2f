/* What foreign code prints, on its way to the host's og_options.output. */
#ifndef OMNIGLOT_MPK_OUTPUT_H
#define OMNIGLOT_MPK_OUTPUT_H

#include "frame.h"

enum { MPK_OUTPUT_SIZE = 4096 };

/* A piece of it, and the frame of the signal by which the library goes on when the host has heard
 * it: on the host's stack, below what the call that is under way has left there. */
struct mpk_output {
    struct mpk_frame_copy frame;
    size_t size;
    enum og_stream stream;
    char text[MPK_OUTPUT_SIZE + 1];
};

/* Does anybody hear what is printed in the call that is under way? Not while the runtime itself
 * calls, where the host knows of no call and may hold any lock (mpk_seat_serve_callbacks). */
static inline bool mpk_output_is_heard(const struct mpk_context *context)
{
    return context->domain->output && context->frames_size;
}

/* An empty piece. Of one call there is one at a time. */
struct mpk_output *mpk_output_begin(const struct mpk_context *context, enum og_stream stream);

/* In a handler that has interrupted foreign code, which goes on as `frame` says once the host has
 * heard the piece. */
_Noreturn void mpk_output_tell(struct mpk_thread *thread, struct mpk_frame_copy *frame,
                               struct mpk_output *output);

#endif
