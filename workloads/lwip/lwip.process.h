/* The lwIP node in the process discipline: frames are messages, either way. */
#ifndef WORKLOADS_LWIP_PROCESS_H
#define WORKLOADS_LWIP_PROCESS_H

#include "workloads/discipline/process.h"
#include "workloads/lwip/node.h"

/* The worker's functions, and the host's callback. */
enum { LWIP_NODE_START, LWIP_NODE_INPUT, LWIP_FUNCTION_COUNT };
enum { LWIP_OUTPUT };

typedef void lwip_deliver(void *user, const unsigned char *frame, size_t size);

struct lwip {
    struct instance instance;
    lwip_deliver *deliver;
    void *user;
};

static inline enum og_error lwip_output(void *user, struct wire_reader *arguments,
                                        struct wire_writer *results)
{
    struct lwip *lwip = user;
    size_t size;
    const unsigned char *frame = wire_get_bytes(arguments, &size);
    enum og_error error = wire_finish(arguments);
    (void)results;
    if (error)
        return error;
    if (size > NODE_FRAME_MAX)
        return OG_CONTRACT;
    lwip->deliver(lwip->user, frame, size);
    return OG_OK;
}

static inline enum og_error lwip_open(struct lwip *lwip, lwip_deliver *deliver, void *user,
                                      struct og_fault *fault)
{
    lwip->deliver = deliver;
    lwip->user = user;
    enum og_error error = instance_open(&lwip->instance, "lwip", "liblwip.so", fault);
    if (!error && process_callback_register(lwip->instance.sandbox, LWIP_OUTPUT, lwip_output, lwip))
        error = og_fail(fault, OG_BAD_ARGUMENT, NULL, 0, "the callback is not accepted");
    return error;
}

static inline void lwip_close(struct lwip *lwip)
{
    instance_close(&lwip->instance, NULL);
}

static inline enum og_error lwip_finish(struct lwip *lwip, int *result, struct og_fault *fault)
{
    struct wire_reader results;
    struct process_sandbox *sandbox = lwip->instance.sandbox;
    enum og_error error = process_call_finish(sandbox, &results, fault);
    if (error)
        return error;
    *result = wire_get_i32(&results);
    error = process_results_finish(sandbox, &results, fault);
    if (!error && *result != 0 && *result != -1)
        error = process_distrust(sandbox, "a result that the node never gives", fault);
    return error;
}

static inline enum og_error lwip_node_start(struct lwip *lwip, int *result, struct og_fault *fault)
{
    process_call_begin(lwip->instance.sandbox, LWIP_NODE_START);
    return lwip_finish(lwip, result, fault);
}

static inline enum og_error lwip_node_input(struct lwip *lwip, int *result,
                                            const unsigned char *frame, size_t size,
                                            struct og_fault *fault)
{
    wire_put_bytes(process_call_begin(lwip->instance.sandbox, LWIP_NODE_INPUT), frame, size);
    return lwip_finish(lwip, result, fault);
}

#endif
