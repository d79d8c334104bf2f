/* The lwIP node through the copying sandbox: a frame is copied into memory of the library's malloc
 * for the call; one that leaves is copied out before the driver sees it. */
#ifndef WORKLOADS_LWIP_COPYING_H
#define WORKLOADS_LWIP_COPYING_H

#include "workloads/discipline/copying.h"

/* The og discipline's own ways have these names there. */
#define lwip_open       lwip_og_open
#define lwip_node_input lwip_og_node_input
#include "workloads/lwip/lwip.og.h"
#undef lwip_open
#undef lwip_node_input

/* The instance's allocator; an image has one instance. */
static struct copying lwip_copying;

static inline void lwip_copying_output(void *user, struct og_scope *scope,
                                       const struct og_arguments *arguments,
                                       struct og_result *result) OG_REQUIRES(scope->access)
{
    struct lwip *lwip = user;
    unsigned char copy[NODE_FRAME_MAX];
    size_t size = arguments->integers[1];
    (void)result;
    if (size > sizeof(copy)) {
        og_fail(&lwip->fault, OG_CONTRACT, "node_output", 0, "a frame longer than there is");
        return;
    }
    const unsigned char og_ref *frame = og_upgrade(
        &scope->access, og_argument_pointer(arguments, 0, const unsigned char), size, &lwip->fault);
    if (frame && !og_read_array(&scope->access, frame, copy, size, &lwip->fault))
        lwip->deliver(lwip->user, copy, size);
}

static inline enum og_error lwip_open(struct lwip *lwip, lwip_deliver *deliver, void *user,
                                      struct og_fault *fault)
{
    enum og_error error = lwip_og_open(lwip, deliver, user, fault);
    if (!error)
        error = og_callback_open(lwip->instance.domain, &lwip->output, lwip_copying_output, lwip,
                                 fault);
    return error ? error : copying_open(&lwip_copying, lwip->instance.domain, fault);
}

static inline enum og_error lwip_node_input(struct lwip *lwip, int *result,
                                            const unsigned char *frame, size_t size,
                                            struct og_fault *fault)
{
    struct og_scope scope;
    unsigned char og_mut *copy = NULL;
    og_scope_begin(lwip->instance.domain, &scope);
    enum og_error error = copying_in(&lwip_copying, &scope, &copy, frame, size, fault);
    if (!error)
        error = lwip_node_input_resident(lwip, &scope, result, copy, size, fault);
    error = copying_free(&lwip_copying, &scope, copy, error, fault);
    og_scope_end(&scope);
    return error;
}

#endif
