/* lwIP: a node that real Ethernet frames are fed to, and whose frames are taken out: an ARP request
 * and its reply, ICMP echo, UDP echo, and a whole TCP connection that echoes once (handshake, data,
 * both ends closed). A case's size is that of the payload.
 *
 * The same source for every system; WORKLOAD_STUBS brings the calls in its discipline (lwip.og.h
 * says which). Every frame crosses the boundary: into the node as the argument of a
 * call, out of it as that of the driver's callback, which puts it into a buffer of the host's. */
#include WORKLOAD_STUBS

#include "bench/harness/workload.h"
#include "bench/workload/case.h"
#include "workloads/lwip/peer.h"

#include <stdlib.h>
#include <string.h>

enum exchange { ARP, ICMP_ECHO, UDP_ECHO, TCP_ECHO };

enum {
    PORT_FIRST = 1024,
    PORT_LAST = 39999,
    PORT_OF_OUTPUT = 40000, /* so that its frames do not depend on what was run before */
    OUTPUT_MAX = 8 * NODE_FRAME_MAX
};

struct state {
    const struct workload_case *self;
    struct lwip lwip;
    struct lwip_node_frame driver;
    /* In this order: what is behind the Ethernet header of a frame is aligned, in every system. */
    uint16_t port;
    unsigned char sent[NODE_FRAME_MAX];
    /* The driver's buffer: the last frame that came out, and how many did. */
    unsigned char received[NODE_FRAME_MAX];
    size_t received_size;
    unsigned received_count;
    bool collecting;
    unsigned char output[OUTPUT_MAX];
    size_t output_size;
    bool driver_is_open;
};

/* The node knows no user data: there is one node. */
static struct state *receiving;

/* The driver: a frame that leaves the node. */
static void receive(const unsigned char *frame, size_t size)
{
    struct state *state = receiving;
    memcpy(state->received, frame, size);
    state->received_size = size;
    state->received_count++;
    if (!state->collecting || state->output_size + size > OUTPUT_MAX)
        return;
    memcpy(state->output + state->output_size, frame, size);
    peer_forget_identification(state->output + state->output_size, size);
    state->output_size += size;
}

/* Feeds the frame in `sent`; `replies` frames have to come out. */
static enum og_error feed(struct state *state, size_t size, unsigned replies,
                          struct og_fault *fault)
{
    int result = -1;
    state->received_count = 0;
    enum og_error error = call_node_input(&state->lwip, &result, state->sent, size, fault);
    if (!error && result != 0)
        error = case_unexpected(fault, "node_input", result);
    if (!error && state->received_count != replies)
        error = case_unexpected(fault, "frames out", (int)state->received_count);
    return error;
}

static enum og_error arp(struct state *state, struct og_fault *fault)
{
    return feed(state, peer_arp_request(state->sent), 1, fault);
}

static enum og_error icmp_echo(struct state *state, struct og_fault *fault)
{
    return feed(state, peer_icmp_echo(state->sent, 1, state->self->size), 1, fault);
}

static enum og_error udp_echo(struct state *state, struct og_fault *fault)
{
    return feed(state, peer_udp_echo(state->sent, PORT_OF_OUTPUT, state->self->size), 1, fault);
}

/* One segment, and what it is answered with; *theirs gets where the other side is then. */
static enum og_error segment(struct state *state, uint32_t ours, uint32_t *theirs, unsigned flags,
                             size_t size, unsigned replies, struct og_fault *fault)
{
    size_t frame = peer_tcp_segment(state->sent, state->port, ours, *theirs, flags, size);
    enum og_error error = feed(state, frame, replies, fault);
    if (!error && replies && !peer_tcp_next(state->received, state->received_size, theirs))
        error = og_fail(fault, OG_CONTRACT, "node_input", 0, "the answer is no TCP segment");
    return error;
}

static enum og_error tcp_echo(struct state *state, struct og_fault *fault)
{
    uint32_t ours = 1000, theirs = 0;
    const size_t size = state->self->size;
    enum og_error error = segment(state, ours, &theirs, PEER_SYN, 0, 1, fault);
    ours++;
    if (!error)
        error = segment(state, ours, &theirs, PEER_ACK, 0, 0, fault);
    if (!error)
        error = segment(state, ours, &theirs, PEER_ACK | PEER_PUSH, size, 1, fault);
    ours += (uint32_t)size;
    if (!error)
        error = segment(state, ours, &theirs, PEER_ACK, 0, 0, fault);
    if (!error)
        error = segment(state, ours, &theirs, PEER_ACK | PEER_FIN, 0, 1, fault);
    ours++;
    if (!error)
        error = segment(state, ours, &theirs, PEER_ACK, 0, 0, fault);
    if (!state->collecting)
        state->port = state->port == PORT_LAST ? PORT_FIRST : state->port + 1;
    return error;
}

CASE_RUN_COPIED(arp)
CASE_RUN_COPIED(icmp_echo)
CASE_RUN_COPIED(udp_echo)
CASE_RUN_COPIED(tcp_echo)

/* ---- cases ---- */

/* The frames of one exchange. */
static bool output(void *opaque, struct case_output *output, struct case_error *error)
{
    struct state *state = opaque;
    uint16_t port = state->port;
    state->output_size = 0;
    state->collecting = true;
    state->port = PORT_OF_OUTPUT;
    bool succeeded = state->self->run(state, 1, NULL, error);
    state->port = port;
    state->collecting = false;
    *output = (struct case_output){state->output, state->output_size};
    return succeeded;
}

static void finish(void *opaque)
{
    struct state *state = opaque;
    if (!state)
        return;
    if (state->driver_is_open)
        lwip_node_frame_close(&state->lwip, &state->driver);
#ifdef WORKLOAD_SYSTEM_raw
    (void)instance_close(&state->lwip.instance, NULL);
#endif
    lwip_close(&state->lwip);
    free(state);
}

/* A fresh node: the library keeps one, and cannot end it. Raw, which calls the linked library, has
 * to load that again. */
static enum og_error open_node(struct state *state, struct og_fault *fault)
{
    enum og_error error = lwip_open(&state->lwip, CASE_OPTIONS(), fault);
#ifdef WORKLOAD_SYSTEM_raw
    if (!error)
        error = instance_open(&state->lwip.instance, "lwip", "liblwip.so", CASE_OPTIONS(), fault);
#endif
    if (!error)
        error = lwip_node_frame_open(&state->lwip, &state->driver, receive, NULL, fault);
    state->driver_is_open = !error;
    return error;
}

static enum og_error make(struct state *state, const struct workload_case *self,
                          struct case_error *error, struct og_fault *fault)
{
    (void)error;
    int result = -1;
    state->self = self;
    state->port = PORT_FIRST;
    receiving = state;
    enum og_error failed = open_node(state, fault);
    if (!failed)
        failed = call_node_start(&state->lwip, &result, &state->driver, fault);
    if (!failed && result != 0)
        failed = case_unexpected(fault, "node_start", result);
    /* The node learns our address from it. */
    if (!failed)
        failed = arp(state, fault);
    return failed;
}

CASE_PREPARE(make)

#define CASE(name, runs, bytes)                                                                    \
    {                                                                                              \
        .operation = name, .placement = PLACEMENT_COPIED, .size = bytes, .prepare = prepare,       \
        .run = runs, .output = output, .finish = finish,                                           \
    }

#define EVERY_SIZE(name, runs)                                                                     \
    CASE(name, runs, 64), CASE(name, runs, 256), CASE(name, runs, 1024), CASE(name, runs, 1400)

static const struct workload_case cases[] = {
    CASE("arp", run_arp, 28),
    EVERY_SIZE("icmp-echo", run_icmp_echo),
    EVERY_SIZE("udp-echo", run_udp_echo),
    EVERY_SIZE("tcp-echo", run_tcp_echo),
};

const struct workload_table WORKLOAD_TABLE = {
    .workload = "lwip",
    .system = WORKLOAD_SYSTEM_NAME,
    .cases = cases,
    .count = sizeof(cases) / sizeof(cases[0]),
};
