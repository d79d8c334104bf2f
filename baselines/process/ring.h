/* A byte ring in shared memory with one producer and one consumer, who carry one
 * message at a time. Because calls alternate strictly a ring is empty when a
 * message starts, so each starts at the ring's first byte: it lies contiguous,
 * in memory that is warm in the cache, and can be built and read in place. Only
 * a message longer than the ring wraps around while both sides work on it.
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
    _Alignas(64) _Atomic uint32_t written; /* by the producer */
    _Atomic uint32_t consumer_sleeps;
    _Alignas(64) _Atomic uint32_t consumed; /* by the consumer */
    _Atomic uint32_t producer_sleeps;
};

/* One side's private view of a ring. */
struct ring {
    struct ring_control *control;
    uint8_t *data;
    uint32_t capacity;
    uint32_t end;  /* where the last message ended */
    uint32_t next; /* streaming: the next byte to write or read */
};

enum channel_status {
    CHANNEL_OK,
    CHANNEL_CLOSED,    /* the other side has gone */
    CHANNEL_LATE,      /* the deadline has passed */
    CHANNEL_BROKEN,    /* the other side breaks the rules */
    CHANNEL_NO_MEMORY, /* no memory to receive into */
    CHANNEL_SYSTEM     /* the operating system refused; errno */
};

/* How to wait for the other side. */
struct ring_patience {
    uint32_t spin_ns;  /* spin this long before sleeping */
    bool shares_core;  /* with the other side, on one processor: yield it rather than spin */
    int process;       /* a pidfd whose end means CHANNEL_CLOSED, or -1 */
    uint64_t deadline; /* CLOCK_MONOTONIC, ns; UINT64_MAX: none */
};

#define RING_LANES     3
#define RING_BYTES_MIN ((size_t)4096)
#define RING_BYTES_MAX ((size_t)1 << 30)

/* Bytes of shared memory for RING_LANES rings of `capacity` bytes. */
size_t ring_memory_size(size_t capacity);

/* The view of ring number `lane` in that memory (zeroed at first). */
struct ring ring_view(void *memory, size_t capacity, unsigned lane);

/* ---- producer ---- */

/* Where to build a message of up to capacity bytes; NULL when the consumer does
 * not say that it has consumed the last one. */
uint8_t *ring_window(struct ring *ring);

/* Hands over the message of `size` bytes built in the window. */
void ring_publish(struct ring *ring, size_t size);

/* Sends a message of any length in parts: begin, write each, end. */
enum channel_status ring_stream_begin(struct ring *ring);
enum channel_status ring_stream_write(struct ring *ring, const void *bytes, size_t size,
                                      const struct ring_patience *patience);
void ring_stream_end(struct ring *ring);

/* ---- consumer ---- */

/* Waits for at least `size` (<= capacity) bytes of the next message, which lies
 * at ring->data. *available is how many there are. */
enum channel_status ring_await(struct ring *ring, size_t size, size_t *available,
                               const struct ring_patience *patience);

/* Gives the message of `size` bytes, in place until now, back to the producer. */
void ring_release(struct ring *ring, size_t size);

/* Receives a message of `size` bytes, longer than the ring, into `destination` and
 * releases it. CHANNEL_BROKEN when the producer sent more than that. */
enum channel_status ring_stream_read(struct ring *ring, void *destination, size_t size,
                                     const struct ring_patience *patience);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t ring_clock(void);

#endif
