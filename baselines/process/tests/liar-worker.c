/* og-worker-liar: speaks the protocol and breaks it in the way the call's
 * function number says. What a hostile library could make of its worker. */
#include "baselines/process/channel.h"
#include "baselines/process/tests/test-worker.h"
#include "baselines/process/worker_start.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct channel channel;
static struct wire_writer writer;

/* A message whose header is exactly this, whatever its payload really is. */
static void say(const struct message_header *header, const void *payload, size_t size)
{
    if (channel.transport != PROCESS_RING) {
        if (channel_send_bytes(&channel, header, sizeof *header) ||
            (size && channel_send_bytes(&channel, payload, size)))
            _exit(1);
        return;
    }
    struct ring *ring = &channel.rings[LANE_ANSWERS];
    memcpy(ring->data, header, sizeof *header);
    if (size)
        memcpy(ring->data + sizeof *header, payload, size);
    ring_publish(ring, sizeof *header + size);
}

static void fill_memory(void)
{
    uint8_t *bytes = channel.memory;
    uint64_t random = 88172645463325252u;
    if (channel.transport != PROCESS_RING) {
        static uint64_t garbage[512];
        for (size_t i = 0; i < 512; i++)
            garbage[i] = random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        channel_send_bytes(&channel, garbage, sizeof garbage);
        return;
    }
    for (size_t i = 0; i < ring_memory_size(channel.ring_bytes); i++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        bytes[i] = (uint8_t)random;
    }
}

static _Noreturn void fidget(const struct message_header *call)
{
    struct message_header header = {
        .kind = MESSAGE_RETURN, .sequence = call->sequence, .size = 4096};
    if (channel.transport != PROCESS_RING) {
        say(&header, NULL, 0);
        for (;;) {
            for (volatile unsigned i = 0; i < 30000000; i++)
                continue;
            channel_send_bytes(&channel, "x", 1);
        }
    }
    _Atomic uint32_t *written = &channel.rings[LANE_ANSWERS].control->written;
    /* Where its next message would start. */
    uint32_t first =
        (uint32_t)((atomic_load(written) + channel.ring_bytes - 1) & -channel.ring_bytes);
    for (uint32_t i = 0;; i++)
        atomic_store(written, first + 1 + i % 16);
}

/* Computes for about that long, since it may not sleep. */
static void dawdle(uint64_t nanoseconds)
{
    for (uint64_t until = ring_clock() + nanoseconds; ring_clock() < until;)
        continue;
}

/* Takes a message of the size that SIPPED_BYTES makes it, so slowly that it takes half a minute,
 * yet with progress whenever its host would lose patience. */
static void sip(struct message_header *call)
{
    static uint8_t bytes[65536];
    size_t size = sizeof *call + WIRE_WORD + SIPPED_BYTES, done = sizeof *call;
    struct ring *ring = &channel.rings[LANE_CALLS];
    size_t available;
    if (channel.transport != PROCESS_RING) {
        channel_receive_bytes(&channel, call, sizeof *call);
        for (size_t part; done < size; done += part, dawdle(300000000)) {
            part = size - done < sizeof bytes ? size - done : sizeof bytes;
            channel_receive_bytes(&channel, bytes, part);
        }
        return;
    }
    ring_await(ring, sizeof *call, &available, &channel.patience);
    memcpy(call, ring->data, sizeof *call);
    uint32_t first = atomic_load(&ring->control->consumed);
    for (done = 0; done < size; done++, dawdle(20000)) {
        while (atomic_load(&ring->control->written) == first + (uint32_t)done)
            continue;
        atomic_store(&ring->control->consumed, first + (uint32_t)done + 1);
    }
    ring->end = first + (uint32_t)size;
}

/* Over the socket, which every worker has. */
static void send_descriptor(const struct message_header *header)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control = {.bytes = {0}};
    struct iovec piece = {.iov_base = (void *)(uintptr_t)header, .iov_len = sizeof *header};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    int descriptor = WORKER_SOCKET;
    *rights = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof descriptor)};
    memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
    /* One is all that its limits let it have under way, where nobody receives them. */
    if (sendmsg(WORKER_SOCKET, &message, MSG_NOSIGNAL) < 0 && errno != ETOOMANYREFS)
        _exit(3);
}

static void lie(enum lie how, const struct message_header *call)
{
    static const uint64_t words[5] = {UINT64_MAX - 3, 7, 7, 7, 7};
    struct message_header header = {.kind = MESSAGE_RETURN, .sequence = call->sequence};
    struct ring_control *answers = channel.rings[LANE_ANSWERS].control;
    size_t size = 0;
    switch (how) {
    case LIE_NONE:
        break;
    case LIE_SEQUENCE:
        header.sequence++;
        break;
    case LIE_KIND:
        header.kind = MESSAGE_CALL;
        break;
    case LIE_RETURN_ID:
        header.id = 1;
        break;
    case LIE_REFUSE_UNKNOWN:
        header.kind = MESSAGE_REFUSED;
        header.id = OG_ERROR_COUNT;
        break;
    case LIE_REFUSE_FAULTED:
        header.kind = MESSAGE_REFUSED;
        header.id = OG_FAULTED;
        break;
    case LIE_REFUSE_OK:
        header.kind = MESSAGE_REFUSED;
        break;
    case LIE_REFUSE_PAYLOAD:
        header.kind = MESSAGE_REFUSED;
        header.id = OG_INVALID;
        header.size = size = 8;
        break;
    case LIE_CALLBACK_RANGE:
        header.kind = MESSAGE_CALLBACK;
        header.id = PROCESS_CALLBACKS;
        break;
    case LIE_CALLBACK_UNREGISTERED:
        header.kind = MESSAGE_CALLBACK;
        header.id = 7;
        break;
    case LIE_SIZE_HUGE:
        header.size = channel.message_limit & ~(size_t)7;
        break;
    case LIE_SIZE_OVERFLOW:
        header.size = UINT64_MAX - 15;
        break;
    case LIE_SIZE_ODD:
        header.size = 7;
        size = 8;
        break;
    case LIE_MORE_THAN_ANNOUNCED:
        header.size = 8;
        size = 32;
        /* On a socket the rest may come too late to be seen before the next call. */
        if (channel.transport != PROCESS_RING)
            header.sequence++;
        break;
    case LIE_GARBAGE:
        header = (struct message_header){0x41414141, 0x41414141, 0x41414141, 0x41414140};
        break;
    case LIE_POSITION_WRITTEN:
        atomic_store(&answers->written, 0x7fffffff);
        return;
    case LIE_CONSUMED:
        atomic_store(&channel.rings[LANE_CALLS].control->consumed, 0x12345678);
        break;
    case LIE_ALL_MEMORY:
        fill_memory();
        return;
    case LIE_SHORT_AND_EXIT:
        header.size = 64;
        say(&header, words, 8);
        _exit(0);
    case LIE_SHORT_AND_HANG:
        header.size = 64;
        size = 8;
        break;
    case LIE_FIDGET:
        fidget(call);
    case LIE_STRING:
        header.size = size = 16;
        break;
    case LIE_TRAILING:
        header.size = size = 32;
        say(&header, words + 1, size);
        return;
    case LIE_TWICE:
        say(&header, words, size);
        break;
    case LIE_DESCRIPTOR:
        send_descriptor(&header);
        if (channel.transport == PROCESS_SOCKET)
            return;
        break;
    case LIE_SIPS:
    case LIE_READY:
        break;
    }
    say(&header, words, size);
}

int main(void)
{
    const struct worker_start *given = worker_start();
    const struct worker_bootstrap *bootstrap = &given->bootstrap;
    worker_connect(&channel, given);
    bool sips = false, lies = bootstrap->message_limit == LIAR_MESSAGE_LIMIT;
    struct message_header header = {.kind = MESSAGE_READY,
                                    .sequence = bootstrap->generation + lies};
    channel_begin(&channel, LANE_ANSWERS, &writer, false);
    channel_send(&channel, LANE_ANSWERS, &header, &writer);
    for (;;) {
        struct wire_reader arguments;
        if (sips) {
            sip(&header);
        } else {
            if (channel_receive(&channel, LANE_CALLS, &header, &arguments))
                _exit(1);
            channel_release(&channel, LANE_CALLS);
        }
        sips = header.id == LIE_SIPS && !sips;
        lie((enum lie)header.id, &header);
    }
}
