/* The lwIP node in the raw discipline: plain calls. The same names in the other disciplines'
 * headers. `deliver` is the driver: called with every frame that leaves the node. */
#ifndef WORKLOADS_LWIP_RAW_H
#define WORKLOADS_LWIP_RAW_H

#include "workloads/discipline/raw.h"
#include "workloads/lwip/node.h"

typedef void lwip_deliver(void *user, const unsigned char *frame, size_t size);

struct lwip {
    struct instance instance;
};

/* The library knows no user data: there is one node. */
static lwip_deliver *lwip_driver;
static void *lwip_driver_user;

static inline void lwip_output(const unsigned char *frame, size_t size)
{
    lwip_driver(lwip_driver_user, frame, size);
}

/* A fresh node: the library keeps one, and cannot end it. */
static inline enum og_error lwip_open(struct lwip *lwip, lwip_deliver *deliver, void *user,
                                      struct og_fault *fault)
{
    lwip_driver = deliver;
    lwip_driver_user = user;
    return instance_open(&lwip->instance, "lwip", "liblwip.so", fault);
}

static inline void lwip_close(struct lwip *lwip)
{
    (void)instance_close(&lwip->instance, NULL);
}

static inline enum og_error lwip_node_start(struct lwip *lwip, int *result, struct og_fault *fault)
{
    (void)lwip;
    (void)fault;
    *result = node_start(lwip_output);
    return OG_OK;
}

static inline enum og_error lwip_node_input(struct lwip *lwip, int *result,
                                            const unsigned char *frame, size_t size,
                                            struct og_fault *fault)
{
    (void)lwip;
    (void)fault;
    *result = node_input(frame, size);
    return OG_OK;
}

#endif
