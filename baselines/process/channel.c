/* Messages over either transport: the rules for sizes are the same, what differs
 * is whether a message is moved through the kernel or left in shared memory. */
#include "baselines/process/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#define INBOX_FIRST 65536

void channel_init_socket(struct channel *channel, int socket, bool is_host, size_t message_limit)
{
    *channel = (struct channel){
        .transport = PROCESS_SOCKET,
        .socket = socket,
        .is_host = is_host,
        .message_limit = message_limit,
        .patience = {.process = -1, .deadline = UINT64_MAX},
    };
}

void channel_init_rings(struct channel *channel, void *memory, size_t ring_bytes, bool is_host,
                        size_t message_limit, int process, uint32_t spin_ns)
{
    *channel = (struct channel){
        .transport = PROCESS_RING,
        .socket = -1,
        .is_host = is_host,
        .message_limit = message_limit,
        .patience = {.spin_ns = spin_ns, .process = process, .deadline = UINT64_MAX},
        .memory = memory,
        .ring_bytes = ring_bytes,
    };
    for (unsigned lane = 0; lane < RING_LANES; lane++)
        channel->rings[lane] = ring_view(memory, ring_bytes, lane);
}

void channel_free(struct channel *channel)
{
    for (unsigned lane = 0; lane < RING_LANES; lane++) {
        free(channel->inboxes[lane].bytes);
        wire_scratch_free(&channel->inboxes[lane].scratch);
    }
    *channel = (struct channel){.socket = -1};
}

void channel_set_deadline(struct channel *channel, uint64_t deadline)
{
    channel->patience.deadline = deadline;
}

/* ---- the socket ---- */

/* Bounds the next blocking call by the deadline. The timeout is the kernel's and
 * costs a system call to set, so it is left alone while it is about right. */
static enum channel_status bound_wait(struct channel *channel, int option)
{
    if (channel->patience.deadline == UINT64_MAX)
        return CHANNEL_OK;
    uint64_t now = ring_clock(), *set = &channel->timeout_ns[option == SO_SNDTIMEO];
    if (now >= channel->patience.deadline)
        return CHANNEL_LATE;
    uint64_t left = channel->patience.deadline - now;
    if (*set >= left && *set - left <= left / 8)
        return CHANNEL_OK;
    uint64_t microseconds = left / 1000 + 1;
    struct timeval timeout = {.tv_sec = (time_t)(microseconds / 1000000),
                              .tv_usec = (suseconds_t)(microseconds % 1000000)};
    if (setsockopt(channel->socket, SOL_SOCKET, option, &timeout, sizeof timeout) != 0)
        return CHANNEL_SYSTEM;
    *set = left;
    return CHANNEL_OK;
}

static enum channel_status socket_failed(void)
{
    switch (errno) {
    case EAGAIN:
        return CHANNEL_LATE;
    case EPIPE:
    case ECONNRESET:
        return CHANNEL_CLOSED;
    case ENOBUFS:
    case ENOMEM:
        return CHANNEL_NO_MEMORY;
    default:
        return CHANNEL_SYSTEM;
    }
}

/* Receives at least `least` and at most `most` bytes. */
static enum channel_status receive(struct channel *channel, void *bytes, size_t least, size_t most,
                                   size_t *received)
{
    *received = 0;
    while (*received < least) {
        enum channel_status status = bound_wait(channel, SO_RCVTIMEO);
        if (status)
            return status;
        ssize_t count = recv(channel->socket, (uint8_t *)bytes + *received, most - *received,
                             least == most ? MSG_WAITALL : 0);
        if (count == 0)
            return CHANNEL_CLOSED;
        if (count > 0)
            *received += (size_t)count;
        else if (errno != EINTR)
            return socket_failed();
    }
    return CHANNEL_OK;
}

static enum channel_status send_pieces(struct channel *channel, struct iovec *pieces, size_t count)
{
    while (count) {
        enum channel_status status = bound_wait(channel, SO_SNDTIMEO);
        if (status)
            return status;
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
        ssize_t sent = sendmsg(channel->socket, &message, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR)
                continue;
            return socket_failed();
        }
        for (size_t left = (size_t)sent; count; pieces++, count--) {
            if (left < pieces->iov_len) {
                pieces->iov_base = (uint8_t *)pieces->iov_base + left;
                pieces->iov_len -= left;
                break;
            }
            left -= pieces->iov_len;
        }
    }
    return CHANNEL_OK;
}

enum channel_status channel_send_bytes(struct channel *channel, const void *bytes, size_t size)
{
    struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    return send_pieces(channel, &piece, 1);
}

enum channel_status channel_receive_bytes(struct channel *channel, void *bytes, size_t size)
{
    size_t received;
    return receive(channel, bytes, size, size, &received);
}

/* ---- messages ---- */

/* Lists the writer's own bytes and the pieces between them, in the order sent. */
static size_t list_pieces(const struct wire_writer *writer,
                          struct iovec pieces[2 * WIRE_PIECES + 1])
{
    size_t count = 0, done = 0;
    for (unsigned i = 0; i < writer->piece_count; i++) {
        const struct wire_piece *piece = &writer->pieces[i];
        if (piece->at > done)
            pieces[count++] =
                (struct iovec){.iov_base = writer->base + done, .iov_len = piece->at - done};
        pieces[count++] =
            (struct iovec){.iov_base = (void *)(uintptr_t)piece->bytes, .iov_len = piece->size};
        done = piece->at;
    }
    if (writer->used > done)
        pieces[count++] =
            (struct iovec){.iov_base = writer->base + done, .iov_len = writer->used - done};
    return count;
}

enum channel_status channel_begin(struct channel *channel, enum channel_lane lane,
                                  struct wire_writer *writer, bool by_reference)
{
    void *window = NULL;
    if (channel->transport == PROCESS_RING) {
        window = ring_window(&channel->rings[lane]);
        if (!window)
            return CHANNEL_BROKEN;
    }
    wire_writer_begin(writer, MESSAGE_HEADER, window, channel->ring_bytes, channel->message_limit,
                      by_reference);
    return CHANNEL_OK;
}

static enum channel_status stream(struct channel *channel, struct ring *ring,
                                  const struct iovec *pieces, size_t count)
{
    enum channel_status status = ring_stream_begin(ring);
    for (size_t i = 0; i < count && !status; i++)
        status = ring_stream_write(ring, pieces[i].iov_base, pieces[i].iov_len, &channel->patience);
    if (!status)
        ring_stream_end(ring);
    return status;
}

enum channel_status channel_send(struct channel *channel, enum channel_lane lane,
                                 struct message_header *header, struct wire_writer *writer)
{
    struct iovec pieces[2 * WIRE_PIECES + 1];
    header->size = writer->used + writer->referenced - MESSAGE_HEADER;
    memcpy(writer->base, header, MESSAGE_HEADER);
    if (channel->transport == PROCESS_RING && writer->base == channel->rings[lane].data) {
        ring_publish(&channel->rings[lane], writer->used);
        return CHANNEL_OK;
    }
    size_t count = list_pieces(writer, pieces);
    if (channel->transport == PROCESS_RING)
        return stream(channel, &channel->rings[lane], pieces, count);
    return send_pieces(channel, pieces, count);
}

/* Makes room for `size` bytes and keeps those that are there. */
static bool make_room(struct channel_inbox *inbox, size_t size)
{
    if (inbox->capacity >= size)
        return true;
    uint8_t *bytes = realloc(inbox->bytes, size);
    if (!bytes)
        return false;
    inbox->bytes = bytes;
    inbox->capacity = size;
    return true;
}

/* The header's own rules, before its size is used for anything. */
static bool plausible(const struct channel *channel, const struct message_header *header)
{
    return header->size <= channel->message_limit - MESSAGE_HEADER && header->size % WIRE_WORD == 0;
}

static enum channel_status receive_from_socket(struct channel *channel, struct channel_inbox *inbox,
                                               struct message_header *header)
{
    size_t received, rest;
    if (!make_room(inbox, INBOX_FIRST))
        return CHANNEL_NO_MEMORY;
    enum channel_status status =
        receive(channel, inbox->bytes, MESSAGE_HEADER, inbox->capacity, &received);
    if (status)
        return status;
    memcpy(header, inbox->bytes, MESSAGE_HEADER);
    if (!plausible(channel, header) || received > MESSAGE_HEADER + header->size)
        return CHANNEL_BROKEN;
    size_t size = MESSAGE_HEADER + header->size;
    if (!make_room(inbox, size))
        return CHANNEL_NO_MEMORY;
    if (received == size)
        return CHANNEL_OK;
    return receive(channel, inbox->bytes + received, size - received, size - received, &rest);
}

/* Copies the header out of memory that the other side can write, each word once. */
static struct message_header snapshot_header(const uint8_t *bytes)
{
    union {
        wire_word words[MESSAGE_HEADER / WIRE_WORD];
        struct message_header header;
    } copy;
    const volatile wire_word *shared = (const volatile wire_word *)(const void *)bytes;
    for (size_t i = 0; i < MESSAGE_HEADER / WIRE_WORD; i++)
        copy.words[i] = shared[i];
    return copy.header;
}

static enum channel_status receive_from_ring(struct channel *channel, struct ring *ring,
                                             struct channel_inbox *inbox,
                                             struct message_header *header)
{
    size_t available;
    enum channel_status status = ring_await(ring, MESSAGE_HEADER, &available, &channel->patience);
    if (status)
        return status;
    *header = snapshot_header(ring->data);
    if (!plausible(channel, header))
        return CHANNEL_BROKEN;
    size_t size = MESSAGE_HEADER + header->size;
    if (size > ring->capacity) {
        if (!make_room(inbox, size))
            return CHANNEL_NO_MEMORY;
        return ring_stream_read(ring, inbox->bytes, size, &channel->patience);
    }
    if (available < size)
        status = ring_await(ring, size, &available, &channel->patience);
    if (status)
        return status;
    if (available != size)
        return CHANNEL_BROKEN;
    inbox->in_ring = size;
    return CHANNEL_OK;
}

enum channel_status channel_receive(struct channel *channel, enum channel_lane lane,
                                    struct message_header *header, struct wire_reader *payload)
{
    struct channel_inbox *inbox = &channel->inboxes[lane];
    enum channel_status status;
    if (channel->transport == PROCESS_SOCKET)
        status = receive_from_socket(channel, inbox, header);
    else
        status = receive_from_ring(channel, &channel->rings[lane], inbox, header);
    if (status)
        return status;
    /* The worker believes the host, so it may look at the ring as often as it likes. */
    const uint8_t *bytes = inbox->in_ring ? channel->rings[lane].data : inbox->bytes;
    struct wire_scratch *scratch = inbox->in_ring && channel->is_host ? &inbox->scratch : NULL;
    wire_reader_begin(payload, bytes + MESSAGE_HEADER, header->size, scratch);
    return CHANNEL_OK;
}

void channel_release(struct channel *channel, enum channel_lane lane)
{
    struct channel_inbox *inbox = &channel->inboxes[lane];
    if (inbox->in_ring)
        ring_release(&channel->rings[lane], inbox->in_ring);
    inbox->in_ring = 0;
}
