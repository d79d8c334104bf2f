/* One end of the connection between host and worker: sends and receives messages
 * over a socket, over pipes or over rings. Both ends are built from this; the host's differs
 * in that it trusts nothing: it waits no longer than a deadline, watches for the
 * worker's end, and never reads a shared byte twice. */
#ifndef PROCESS_CHANNEL_H
#define PROCESS_CHANNEL_H

#include "baselines/process/message.h"
#include "baselines/process/process.h"
#include "baselines/process/ring.h"
#include "baselines/process/stream.h"
#include "baselines/process/wire.h"

/* Which ring a message takes. A worker reads its call in place until it returns,
 * so what callbacks give back cannot share that ring. A socket has one stream. */
enum channel_lane { LANE_CALLS, LANE_ANSWERS, LANE_CALLED_BACK };

/* Private memory that a message was received into. */
struct channel_inbox {
    uint8_t *bytes;
    size_t capacity;
    struct wire_scratch scratch; /* for views of a message that was left in its ring */
    size_t in_ring;              /* bytes of such a message, to be released; else 0 */
};

struct channel {
    enum process_transport transport;
    struct stream stream; /* of a socket or pipes */
    bool is_host;
    size_t message_limit;
    struct ring_patience patience;
    void *memory; /* of the rings */
    size_t ring_bytes;
    struct ring rings[RING_LANES];
    struct channel_inbox inboxes[RING_LANES];
};

/* Uses `socket` (connected, owned by the caller). */
void channel_init_socket(struct channel *channel, int socket, bool is_host, size_t message_limit);

/* Uses two pipes (owned by the caller): `in` to receive, `out` to send. The host's are
 * non-blocking, and it keeps a reading end of its `out` open. */
void channel_init_pipes(struct channel *channel, int in, int out, bool is_host,
                        size_t message_limit);

/* Uses the rings in `memory` (zeroed and mapped for both; owned by the caller).
 * `patience` is how to wait, up to its deadline. */
void channel_init_rings(struct channel *channel, void *memory, size_t ring_bytes, bool is_host,
                        size_t message_limit, const struct ring_patience *patience);

/* Frees what was received and forgets the transport; a zeroed channel is fine. */
void channel_free(struct channel *channel);

/* The deadline of all that follows: in so many milliseconds. */
void channel_set_deadline(struct channel *channel, uint64_t milliseconds);

/* Puts it off by what has gone by since `start`, by ring_clock. */
void channel_put_off_deadline(struct channel *channel, uint64_t start);

/* Starts a message for `lane`, in the ring itself where possible: the last one there
 * was answered, so that the other side has no more use for it. */
void channel_begin(struct channel *channel, enum channel_lane lane, struct wire_writer *writer,
                   bool by_reference);

/* Sends the message; header->size is filled in. The writer must be free of errors. */
enum channel_status channel_send(struct channel *channel, enum channel_lane lane,
                                 struct message_header *header, struct wire_writer *writer);

/* Receives the next message, bounded by the limit; its kind, id and sequence are
 * still the other side's word. *payload is valid until channel_release. */
enum channel_status channel_receive(struct channel *channel, enum channel_lane lane,
                                    struct message_header *header, struct wire_reader *payload);

/* Ends the use of what was received on `lane`; nothing to release is fine. */
void channel_release(struct channel *channel, enum channel_lane lane);

/* Not for rings: raw bytes, all or nothing, before messages flow. */
enum channel_status channel_send_bytes(struct channel *channel, const void *bytes, size_t size);
enum channel_status channel_receive_bytes(struct channel *channel, void *bytes, size_t size);

#endif
