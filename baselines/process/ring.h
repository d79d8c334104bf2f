/* A byte ring in shared memory with one producer and one consumer, who carry one
 * message at a time. Because calls alternate strictly a ring is empty when a
 * message starts, so each starts at the ring's first byte: it lies contiguous,
 * in memory that is warm in the cache, and can be built and read in place. Nobody
 * says that such a message was consumed: the answer to it does. Only a message
 * longer than the ring wraps around while both sides work on it.
 *
 * Between two cores what a call costs is cache lines that move. The position that is
 * waited for and a message's header share a line, the payload starts at the next, and
 * nothing else moves.
 *
 * Either side may be hostile. A side keeps its own positions in private memory,
 * takes one snapshot of the other's, and believes it only within the ring. */
#ifndef PROCESS_RING_H
#define PROCESS_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Positions count bytes modulo 2^32; the capacity, a power of two, divides that. */
struct ring_control {
    _Alignas(64) _Atomic uint32_t consumed; /* by the consumer of a long message; the producer
                                             * sets it to where one starts */
    _Atomic uint32_t producer_sleeps;
    _Alignas(64) _Atomic uint32_t written; /* by the producer */
    _Atomic uint32_t consumer_sleeps;
    /* The ring's first bytes, RING_HEADER of them, are the last of this line. */
};

#define RING_HEADER 24 /* bytes before a message's payload */

/* One side's private view of a ring. */
struct ring {
    struct ring_control *control;
    uint8_t *data;
    uint32_t capacity;
    uint32_t end;            /* where the last message ended */
    uint32_t next;           /* streaming: the next byte to write or read */
    uint32_t yields_skipped; /* how many waits go without a yield from here on */
};

enum channel_status {
    CHANNEL_OK,
    CHANNEL_CLOSED,    /* the other side has gone */
    CHANNEL_LATE,      /* the deadline has passed */
    CHANNEL_BROKEN,    /* the other side breaks the rules */
    CHANNEL_NO_MEMORY, /* no memory to receive into */
    CHANNEL_SYSTEM     /* the operating system refused; errno */
};

/* What to do while the other side works, before sleeping. */
enum ring_waiting {
    RING_SPIN_AND_YIELD, /* the scheduler may have put both on one processor */
    RING_YIELD,          /* it has: once, since spinning would only keep the other side from it */
    RING_SPIN            /* each has a processor of its own */
};

/* How to wait for the other side. */
struct ring_patience {
    enum ring_waiting waiting;
    uint32_t spin_ns;  /* do so for this long, then sleep; 0: sleep at once */
    int process;       /* a pidfd whose end means CHANNEL_CLOSED, or -1 */
    uint64_t deadline; /* CLOCK_MONOTONIC, ns; UINT64_MAX: none */
    uint64_t looked;   /* when the clock was last looked at; 0: not yet */
};

#define RING_LANES     3
#define RING_BYTES_MIN ((size_t)4096)
#define RING_BYTES_MAX ((size_t)1 << 30)

/* Bytes of shared memory for RING_LANES rings of `capacity` bytes. */
size_t ring_memory_size(size_t capacity);

/* The view of ring number `lane` in that memory (zeroed at first). */
struct ring ring_view(void *memory, size_t capacity, unsigned lane);

/* ---- producer ---- */

/* Where to build a message of up to capacity bytes, once the last one was answered. */
uint8_t *ring_window(struct ring *ring);

/* Hands over the message of `size` bytes built in the window. */
void ring_publish(struct ring *ring, size_t size);

/* Sends a message of any length in parts: begin, write each, end. */
void ring_stream_begin(struct ring *ring);
enum channel_status ring_stream_write(struct ring *ring, const void *bytes, size_t size,
                                      struct ring_patience *patience);
void ring_stream_end(struct ring *ring);

/* ---- consumer ---- */

/* Waits for at least `size` (<= capacity) bytes of the next message, which lies
 * at ring->data. *available is how many there are. */
enum channel_status ring_await(struct ring *ring, size_t size, size_t *available,
                               struct ring_patience *patience);

/* Ends the use of the message of `size` bytes, in place until now: before it is answered. */
void ring_release(struct ring *ring, size_t size);

/* Receives a message of `size` bytes, longer than the ring, into `destination` and
 * releases it. CHANNEL_BROKEN when the producer sent more than that. */
enum channel_status ring_stream_read(struct ring *ring, void *destination, size_t size,
                                     struct ring_patience *patience);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t ring_clock(void);

/* No wait sleeps longer than this, in nanoseconds, before it looks at the clock again. */
#define RING_SLEEP_NS 50000000u

/* The same, while waiting. Who looks again only after far longer than a wait takes was stopped, or
 * had no processor: that time does not count, and the deadline is put off by it. */
uint64_t ring_look(struct ring_patience *patience);

#endif
