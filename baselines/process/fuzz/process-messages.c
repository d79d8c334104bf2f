/* Fuzzes what the host makes of a worker's bytes: a message received over a socket,
 * over pipes or out of rings that the worker filled as it liked, its header judged, and its
 * payload taken apart by a sequence of reads that the input chooses, too. */
#include "baselines/process/answer.h"
#include "baselines/process/channel.h"
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define RING_BYTES RING_BYTES_MIN
#define LIMIT      65536

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

/* Reads values as the letters of `script` say; every view is read to its end. */
static void decode(struct wire_reader *reader, const uint8_t script[8])
{
    static uint8_t buffer[256];
    volatile uint8_t sink = 0;
    for (size_t i = 0; i < 8; i++) {
        size_t size;
        const uint8_t *view;
        switch (script[i] % 8) {
        case 0:
            sink ^= (uint8_t)wire_get_u64(reader);
            break;
        case 1:
            sink ^= (uint8_t)wire_get_u32(reader);
            break;
        case 2:
            sink ^= wire_get_u8(reader);
            break;
        case 3:
        case 4:
            view = wire_get_bytes(reader, &size);
            assert((view != NULL) == (reader->error == OG_OK));
            for (size_t at = 0; at < size; at++)
                sink ^= view[at];
            break;
        case 5:
            wire_get_into(reader, buffer, script[i]);
            break;
        case 6:
            assert(!wire_get_up_to(reader, buffer, script[i], &size) || size <= script[i]);
            break;
        default:
            sink ^= wire_get_f64(reader) > 0;
        }
    }
    enum og_error error = wire_finish(reader);
    assert(error == OG_OK || error == OG_CONTRACT || error == OG_NO_MEMORY);
}

static void receive(struct channel *channel, const uint8_t script[8])
{
    struct message_header header;
    struct wire_reader payload;
    for (int message = 0; message < 3; message++) {
        if (channel_receive(channel, LANE_ANSWERS, &header, &payload))
            return;
        assert(header.size == payload.left && header.size <= LIMIT);
        if (!answer_problem(&header, header.sequence) && header.kind == MESSAGE_CALLBACK)
            assert(header.id < PROCESS_CALLBACKS);
        decode(&payload, script);
        channel_release(channel, LANE_ANSWERS);
    }
}

static void receive_from_socket(const uint8_t script[8], const uint8_t *bytes, size_t size)
{
    int sockets[2];
    struct channel channel;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0)
        return;
    channel_init_socket(&channel, sockets[0], true, LIMIT);
    ssize_t sent = size ? send(sockets[1], bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
    close(sockets[1]);
    if (sent == (ssize_t)size)
        receive(&channel, script);
    channel_free(&channel);
    close(sockets[0]);
}

static void receive_from_pipe(const uint8_t script[8], const uint8_t *bytes, size_t size)
{
    int calls[2], answers[2];
    struct channel channel;
    if (pipe2(calls, O_NONBLOCK) != 0)
        return;
    if (pipe2(answers, O_NONBLOCK) != 0) {
        close(calls[0]);
        close(calls[1]);
        return;
    }
    channel_init_pipes(&channel, answers[0], calls[1], true, LIMIT);
    ssize_t sent = size ? write(answers[1], bytes, size) : 0;
    close(answers[1]);
    if (sent == (ssize_t)size)
        receive(&channel, script);
    channel_free(&channel);
    close(answers[0]);
    close(calls[0]);
    close(calls[1]);
}

static void exchange_rings(const uint8_t script[8], const uint8_t *bytes, size_t size)
{
    static _Alignas(4096) uint8_t memory[RING_LANES * (4096 + RING_BYTES_MIN)];
    struct channel channel;
    struct wire_writer writer = {0};
    struct message_header header = {.kind = MESSAGE_CALL};
    assert(ring_memory_size(RING_BYTES) == sizeof memory);
    memset(memory, 0, sizeof memory);
    /* All of the answers' ring, its control first, as far as the input goes. */
    uint8_t *answers = (uint8_t *)ring_view(memory, RING_BYTES, LANE_ANSWERS).control;
    memcpy(answers, bytes, size < RING_BYTES ? size : RING_BYTES);
    const struct ring_patience patience = {.process = -1};
    channel_init_rings(&channel, memory, RING_BYTES, true, LIMIT, &patience);
    channel_set_deadline(&channel, 0);
    receive(&channel, script);
    channel_begin(&channel, LANE_CALLS, &writer, true);
    wire_put_bytes(&writer, bytes, size);
    wire_put_bytes(&writer, bytes, size);
    if (!wire_writer_error(&writer))
        channel_send(&channel, LANE_CALLS, &header, &writer);
    wire_writer_free(&writer);
    channel_free(&channel);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size < 9)
        return 0;
    if (input[0] & 1)
        exchange_rings(input + 1, input + 9, size - 9);
    else if (input[0] & 2)
        receive_from_pipe(input + 1, input + 9, size - 9);
    else
        receive_from_socket(input + 1, input + 9, size - 9);
    return 0;
}
