/* Sending and receiving over a socket and over pipes. The host bounds what it waits for by
 * the deadline: by poll(), and for what comes over a socket by the kernel's timeout. (Not
 * for what it sends: the kernel's timeout begins anew with each part of a long message.) */
#include "baselines/process/stream.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static uint64_t shortest(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Bounds the next receipt by the deadline, or by what a wait may take. The timeout is the kernel's
 * and costs a system call to set, so it is left alone while it is about right. */
static enum channel_status bound_receipt(struct stream *stream, struct ring_patience *patience)
{
    if (patience->deadline == UINT64_MAX)
        return CHANNEL_OK;
    uint64_t now = ring_look(patience), *set = &stream->timeout_ns;
    if (now >= patience->deadline)
        return CHANNEL_LATE;
    uint64_t left = shortest(patience->deadline - now, RING_SLEEP_NS);
    if (*set >= left && *set - left <= left / 8)
        return CHANNEL_OK;
    uint64_t microseconds = left / 1000 + 1;
    struct timeval timeout = {.tv_sec = (time_t)(microseconds / 1000000),
                              .tv_usec = (suseconds_t)(microseconds % 1000000)};
    if (setsockopt(stream->in, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) != 0)
        return CHANNEL_SYSTEM;
    *set = left;
    return CHANNEL_OK;
}

/* Waits until the host's socket or pipe can go on; CHANNEL_CLOSED when the worker has gone. The
 * host keeps a reading end of its own of the pipe that it writes to, since a write to a
 * pipe that nobody can read raises SIGPIPE: so it is the other pipe that tells. */
static enum channel_status await_ready(const struct stream *stream, struct ring_patience *patience,
                                       bool to_write)
{
    struct pollfd pipes[] = {{.fd = stream->in, .events = to_write ? 0 : POLLIN},
                             {.fd = stream->out, .events = POLLOUT}};
    for (;;) {
        bool forever = patience->deadline == UINT64_MAX;
        uint64_t now = forever ? 0 : ring_look(patience);
        if (now >= patience->deadline)
            return CHANNEL_LATE;
        struct timespec left = {.tv_nsec = (long)shortest(patience->deadline - now, RING_SLEEP_NS)};
        int ready = ppoll(pipes, to_write ? 2 : 1, forever ? NULL : &left, NULL);
        if (ready < 0 && errno != EINTR)
            return CHANNEL_SYSTEM;
        if (ready <= 0)
            continue;
        if (to_write && !pipes[1].revents)
            return CHANNEL_CLOSED;
        return CHANNEL_OK;
    }
}

static enum channel_status failed(void)
{
    switch (errno) {
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

enum channel_status stream_receive(struct stream *stream, struct ring_patience *patience,
                                   void *bytes, size_t least, size_t most, size_t *received)
{
    *received = 0;
    while (*received < least) {
        enum channel_status status = CHANNEL_OK;
        if (stream->is_socket)
            status = bound_receipt(stream, patience);
        else if (stream->is_host)
            status = await_ready(stream, patience, false);
        if (status)
            return status;
        uint8_t *to = (uint8_t *)bytes + *received;
        size_t room = most - *received;
        ssize_t count = stream->is_socket
                            ? recv(stream->in, to, room, least == most ? MSG_WAITALL : 0)
                            : read(stream->in, to, room);
        if (count == 0)
            return CHANNEL_CLOSED;
        if (count > 0)
            *received += (size_t)count;
        else if (errno != EINTR && errno != EAGAIN) /* a socket's: its timeout has passed */
            return failed();
    }
    return CHANNEL_OK;
}

static ssize_t send_some(const struct stream *stream, struct iovec *pieces, size_t count)
{
    if (!stream->is_socket)
        return write(stream->out, pieces->iov_base, pieces->iov_len);
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
    return sendmsg(stream->out, &message, MSG_NOSIGNAL | (stream->is_host ? MSG_DONTWAIT : 0));
}

enum channel_status stream_send(struct stream *stream, struct ring_patience *patience,
                                struct iovec *pieces, size_t count)
{
    while (count) {
        ssize_t sent = send_some(stream, pieces, count);
        if (sent < 0) {
            if (errno == EINTR)
                continue;
            if (errno != EAGAIN || !stream->is_host)
                return failed();
            enum channel_status status = await_ready(stream, patience, true);
            if (status)
                return status;
            continue;
        }
        for (size_t left = (size_t)sent; count; pieces++, count--) {
            if (left < pieces->iov_len) {
                pieces->iov_base = (uint8_t *)pieces->iov_base + left;
                pieces->iov_len -= left;
                break;
            }
            left -= pieces->iov_len;
        }
        /* A worker that takes a little at a time must not keep us past the deadline. */
        if (count && patience->deadline != UINT64_MAX && ring_look(patience) >= patience->deadline)
            return CHANNEL_LATE;
    }
    return CHANNEL_OK;
}
