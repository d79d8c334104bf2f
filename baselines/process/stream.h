/* Bytes between host and worker through the kernel: one socket for both ways, or two
 * pipes. */
#ifndef PROCESS_STREAM_H
#define PROCESS_STREAM_H

#include "baselines/process/process.h"
#include "baselines/process/ring.h"

#include <sys/uio.h>

struct stream {
    bool is_socket;
    bool is_host; /* it never blocks in sending, nor its pipes at all; it looks at the deadline */
    int in;
    int out;
    uint64_t timeout_ns; /* socket: what SO_RCVTIMEO is set to */
};

/* Receives at least `least` and at most `most` bytes, *received of them. Of `patience`
 * it is the deadline that counts. A worker's end is CHANNEL_CLOSED. */
enum channel_status stream_receive(struct stream *stream, struct ring_patience *patience,
                                   void *bytes, size_t least, size_t most, size_t *received);

/* Sends all the pieces, and uses the array up. */
enum channel_status stream_send(struct stream *stream, struct ring_patience *patience,
                                struct iovec *pieces, size_t count);

#endif
