/* The lwIP node in the og discipline. A frame is copied into a scope's memory for the call; one
 * that leaves is upgraded and validated, and read where it is by the driver. */
#ifndef WORKLOADS_LWIP_OG_H
#define WORKLOADS_LWIP_OG_H

#include "workloads/discipline/og.h"
#include "workloads/lwip/node.h"

typedef void lwip_deliver(void *user, const unsigned char *frame, size_t size);

struct lwip {
    struct instance instance;
    struct og_function node_start, node_input;
    struct og_callback output;
    lwip_deliver *deliver;
    void *user;
    struct og_fault fault; /* of a frame that broke the interface */
};

/* A frame that the library says leaves: where and how long is its word. */
static inline void lwip_output(void *user, struct og_scope *scope,
                               const struct og_arguments *arguments, struct og_result *result)
    OG_REQUIRES(scope->access)
{
    struct lwip *lwip = user;
    size_t size = arguments->integers[1];
    (void)result;
    if (size > NODE_FRAME_MAX) {
        og_fail(&lwip->fault, OG_CONTRACT, "node_output", 0, "a frame longer than there is");
        return;
    }
    const unsigned char og_ref *frame = og_upgrade(
        &scope->access, og_argument_pointer(arguments, 0, const unsigned char), size, &lwip->fault);
    if (!frame)
        return;
    og_read_begin(&scope->access);
    const unsigned char og_valid *valid =
        og_validate_array(&scope->access, frame, size, &lwip->fault);
    if (valid)
        lwip->deliver(lwip->user, og_get(&scope->access, valid), size);
    og_read_end(&scope->access);
}

static inline enum og_error lwip_open(struct lwip *lwip, lwip_deliver *deliver, void *user,
                                      struct og_fault *fault)
{
    lwip->deliver = deliver;
    lwip->user = user;
    enum og_error error = instance_open(&lwip->instance, "lwip", "liblwip.so", fault);
    struct og_domain *domain = lwip->instance.domain;
    if (!error)
        error = og_domain_lookup(domain, "node_start", &lwip->node_start, fault);
    if (!error)
        error = og_domain_lookup(domain, "node_input", &lwip->node_input, fault);
    if (!error)
        error = og_callback_open(domain, &lwip->output, lwip_output, lwip, fault);
    return error;
}

static inline void lwip_close(struct lwip *lwip)
{
    instance_close(&lwip->instance, NULL);
}

/* What the call says, if it is what its interface allows and so were all frames it sent. */
static inline enum og_error lwip_check(struct lwip *lwip, const char *function, int result,
                                       struct og_fault *fault)
{
    if (lwip->fault.error) {
        *fault = lwip->fault;
        return fault->error;
    }
    if (result != 0 && result != -1)
        return og_fail(fault, OG_CONTRACT, function, 0, "returned what its interface rules out");
    return OG_OK;
}

static inline enum og_error lwip_node_start(struct lwip *lwip, int *result, struct og_fault *fault)
{
    struct og_scope scope;
    lwip->fault.error = OG_OK;
    og_scope_begin(lwip->instance.domain, &scope);
    enum og_error error = og_invoke_begin(&scope.access, &lwip->node_start, fault);
    if (!error) {
        *result = ((__typeof__(&node_start))lwip->node_start.entry)(
            og_callback_pointer(&lwip->output, node_output *));
        error = og_invoke_end(&scope.access, fault);
    }
    og_scope_end(&scope);
    return error ? error : lwip_check(lwip, "node_start", *result, fault);
}

/* With the frame where the library can reach it. */
static inline enum og_error lwip_node_input_resident(struct lwip *lwip, struct og_scope *scope,
                                                     int *result, const unsigned char og_mut *frame,
                                                     size_t size, struct og_fault *fault)
    OG_REQUIRES(scope->access)
{
    lwip->fault.error = OG_OK;
    enum og_error error = og_invoke_begin(&scope->access, &lwip->node_input, fault);
    if (error)
        return error;
    *result = ((__typeof__(&node_input))lwip->node_input.entry)(og_pass(frame), size);
    error = og_invoke_end(&scope->access, fault);
    return error ? error : lwip_check(lwip, "node_input", *result, fault);
}

static inline enum og_error lwip_node_input(struct lwip *lwip, int *result,
                                            const unsigned char *frame, size_t size,
                                            struct og_fault *fault)
{
    struct og_scope scope;
    unsigned char og_mut *foreign = NULL;
    og_scope_begin(lwip->instance.domain, &scope);
    enum og_error error = argument_in(&scope, &foreign, frame, size, fault);
    if (!error)
        error = lwip_node_input_resident(lwip, &scope, result, foreign, size, fault);
    og_scope_end(&scope);
    return error;
}

#endif
