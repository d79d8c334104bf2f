/* Messages over each transport: the rules for sizes are the same, what differs
 * is whether a message is moved through the kernel or left in shared memory. */
#include "baselines/process/channel.h"

#include <stdlib.h>

#define INBOX_FIRST 65536

static void init_stream(struct channel *channel, enum process_transport transport, int in, int out,
                        bool is_host, size_t message_limit)
{
    *channel = (struct channel){
        .transport = transport,
        .stream = {.is_socket = transport == PROCESS_SOCKET,
                   .is_host = is_host,
                   .in = in,
                   .out = out},
        .is_host = is_host,
        .message_limit = message_limit,
        .patience = {.process = -1, .deadline = UINT64_MAX},
    };
}

void channel_init_socket(struct channel *channel, int socket, bool is_host, size_t message_limit)
{
    init_stream(channel, PROCESS_SOCKET, socket, socket, is_host, message_limit);
}

void channel_init_pipes(struct channel *channel, int in, int out, bool is_host,
                        size_t message_limit)
{
    init_stream(channel, PROCESS_PIPE, in, out, is_host, message_limit);
}

void channel_init_rings(struct channel *channel, void *memory, size_t ring_bytes, bool is_host,
                        size_t message_limit, const struct ring_patience *patience)
{
    *channel = (struct channel){
        .transport = PROCESS_RING,
        .stream = {.in = -1, .out = -1},
        .is_host = is_host,
        .message_limit = message_limit,
        .patience = *patience,
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
    *channel = (struct channel){.stream = {.in = -1, .out = -1}};
}

void channel_set_deadline(struct channel *channel, uint64_t milliseconds)
{
    channel->patience.looked = ring_clock();
    channel->patience.deadline = channel->patience.looked + milliseconds * UINT64_C(1000000);
}

void channel_put_off_deadline(struct channel *channel, uint64_t start)
{
    channel->patience.looked = ring_clock();
    channel->patience.deadline += channel->patience.looked - start;
}

enum channel_status channel_send_bytes(struct channel *channel, const void *bytes, size_t size)
{
    struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    return stream_send(&channel->stream, &channel->patience, &piece, 1);
}

enum channel_status channel_receive_bytes(struct channel *channel, void *bytes, size_t size)
{
    size_t received;
    return stream_receive(&channel->stream, &channel->patience, bytes, size, size, &received);
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

void channel_begin(struct channel *channel, enum channel_lane lane, struct wire_writer *writer,
                   bool by_reference)
{
    void *window = NULL;
    if (channel->transport == PROCESS_RING)
        window = ring_window(&channel->rings[lane]);
    wire_writer_begin(writer, MESSAGE_HEADER, window, channel->ring_bytes, channel->message_limit,
                      by_reference && channel->transport != PROCESS_PIPE);
}

static enum channel_status stream(struct channel *channel, struct ring *ring,
                                  const struct iovec *pieces, size_t count)
{
    enum channel_status status = CHANNEL_OK;
    ring_stream_begin(ring);
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
    return stream_send(&channel->stream, &channel->patience, pieces, count);
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

static enum channel_status receive_from_stream(struct channel *channel, struct channel_inbox *inbox,
                                               struct message_header *header)
{
    size_t received, rest;
    if (!make_room(inbox, INBOX_FIRST))
        return CHANNEL_NO_MEMORY;
    enum channel_status status = stream_receive(&channel->stream, &channel->patience, inbox->bytes,
                                                MESSAGE_HEADER, inbox->capacity, &received);
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
    return stream_receive(&channel->stream, &channel->patience, inbox->bytes + received,
                          size - received, size - received, &rest);
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
    if (channel->transport == PROCESS_RING)
        status = receive_from_ring(channel, &channel->rings[lane], inbox, header);
    else
        status = receive_from_stream(channel, inbox, header);
    if (status)
        return status;
    /* The worker believes the host, so it may look at the ring as often as it likes. */
    const uint8_t *bytes = inbox->in_ring ? channel->rings[lane].data : inbox->bytes;
    bool shared = inbox->in_ring && channel->is_host;
    /* Over pipes each side makes values of its own out of the message. */
    struct wire_scratch *scratch =
        shared || channel->transport == PROCESS_PIPE ? &inbox->scratch : NULL;
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
