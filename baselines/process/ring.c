/* Publishing, waiting, and streaming over a ring. Who waits spins for a bounded
 * time, then announces that it sleeps and waits on the other side's position as
 * a futex; who moves a position wakes only a sleeper, so that a call between two
 * awake sides makes no system call at all. */
#include "baselines/process/ring.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONTROL_BYTES 4096

/* A futex can be woken by the other side only; so that its death is noticed, a
 * host sleeps no longer than this at a time. */
#define SLICE_NS 10000000u

#define SPINS_PER_CLOCK 32

size_t ring_memory_size(size_t capacity)
{
    return CONTROL_BYTES + RING_LANES * capacity;
}

struct ring ring_view(void *memory, size_t capacity, unsigned lane)
{
    uint8_t *base = memory;
    return (struct ring){
        .control = (struct ring_control *)memory + lane,
        .data = base + CONTROL_BYTES + lane * capacity,
        .capacity = (uint32_t)capacity,
    };
}

uint64_t ring_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void relax(void)
{
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
}

static void wake(_Atomic uint32_t *position, _Atomic uint32_t *sleeps)
{
    /* The fence orders the new position before the look at `sleeps`; the sleeper
     * does both the other way round. One of the two sees the other. */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(sleeps, memory_order_relaxed))
        syscall(SYS_futex, position, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static bool has_ended(int process)
{
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)process, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
        return true;
    return info.si_pid != 0;
}

static enum channel_status sleep_until_moved(_Atomic uint32_t *position, uint32_t seen,
                                             _Atomic uint32_t *sleeps,
                                             const struct ring_patience *patience)
{
    bool forever = patience->deadline == UINT64_MAX && patience->process < 0;
    for (;;) {
        struct timespec slice = {.tv_nsec = SLICE_NS};
        if (!forever) {
            uint64_t now = ring_clock();
            if (now >= patience->deadline)
                return CHANNEL_LATE;
            if (patience->deadline - now < SLICE_NS)
                slice.tv_nsec = (long)(patience->deadline - now);
        }
        atomic_store_explicit(sleeps, 1, memory_order_relaxed);
        atomic_thread_fence(memory_order_seq_cst);
        if (atomic_load_explicit(position, memory_order_acquire) == seen)
            syscall(SYS_futex, position, FUTEX_WAIT, seen, forever ? NULL : &slice, NULL, 0);
        atomic_store_explicit(sleeps, 0, memory_order_relaxed);
        if (atomic_load_explicit(position, memory_order_acquire) != seen)
            return CHANNEL_OK;
        if (forever)
            continue;
        if (patience->process >= 0 && has_ended(patience->process))
            return atomic_load_explicit(position, memory_order_acquire) != seen ? CHANNEL_OK
                                                                                : CHANNEL_CLOSED;
    }
}

/* Waits until the other side's position is no longer `seen`. */
static enum channel_status await_move(_Atomic uint32_t *position, uint32_t seen,
                                      _Atomic uint32_t *sleeps,
                                      const struct ring_patience *patience)
{
    if (atomic_load_explicit(position, memory_order_acquire) != seen)
        return CHANNEL_OK;
    if (patience->spin_ns) {
        uint64_t until = ring_clock() + patience->spin_ns;
        do {
            for (unsigned spin = 0; spin < SPINS_PER_CLOCK && !patience->shares_core; spin++) {
                relax();
                if (atomic_load_explicit(position, memory_order_acquire) != seen)
                    return CHANNEL_OK;
            }
            /* The scheduler may have put both sides on one processor, where spinning only
             * keeps the other side from answering. */
            sched_yield();
            if (atomic_load_explicit(position, memory_order_acquire) != seen)
                return CHANNEL_OK;
        } while (ring_clock() < until);
    }
    return sleep_until_moved(position, seen, sleeps, patience);
}

/* The first byte of the ring, in positions, at or after the last message's end. */
static uint32_t message_start(const struct ring *ring)
{
    return (ring->end + ring->capacity - 1) & ~(ring->capacity - 1);
}

static void store_written(struct ring *ring, uint32_t written)
{
    struct ring_control *control = ring->control;
    atomic_store_explicit(&control->written, written, memory_order_release);
    wake(&control->written, &control->consumer_sleeps);
}

static void store_consumed(struct ring *ring, uint32_t consumed)
{
    struct ring_control *control = ring->control;
    atomic_store_explicit(&control->consumed, consumed, memory_order_release);
    wake(&control->consumed, &control->producer_sleeps);
}

uint8_t *ring_window(struct ring *ring)
{
    uint32_t consumed = atomic_load_explicit(&ring->control->consumed, memory_order_acquire);
    return consumed == ring->end ? ring->data : NULL;
}

void ring_publish(struct ring *ring, size_t size)
{
    ring->end = message_start(ring) + (uint32_t)size;
    store_written(ring, ring->end);
}

enum channel_status ring_stream_begin(struct ring *ring)
{
    if (!ring_window(ring))
        return CHANNEL_BROKEN;
    ring->next = message_start(ring);
    return CHANNEL_OK;
}

enum channel_status ring_stream_write(struct ring *ring, const void *bytes, size_t size,
                                      const struct ring_patience *patience)
{
    struct ring_control *control = ring->control;
    uint32_t start = message_start(ring);
    const uint8_t *from = bytes;
    while (size) {
        uint32_t consumed = atomic_load_explicit(&control->consumed, memory_order_acquire);
        uint32_t filled = ring->next - (consumed == ring->end ? start : consumed);
        if (filled > ring->capacity)
            return CHANNEL_BROKEN;
        if (filled == ring->capacity) {
            enum channel_status status =
                await_move(&control->consumed, consumed, &control->producer_sleeps, patience);
            if (status)
                return status;
            continue;
        }
        /* In parts of a quarter, so that the consumer copies one while we write the next. */
        uint32_t offset = ring->next & (ring->capacity - 1);
        size_t part = ring->capacity - filled;
        if (part > ring->capacity / 4)
            part = ring->capacity / 4;
        if (part > ring->capacity - offset)
            part = ring->capacity - offset;
        if (part > size)
            part = size;
        memcpy(ring->data + offset, from, part);
        from += part;
        size -= part;
        ring->next += (uint32_t)part;
        store_written(ring, ring->next);
    }
    return CHANNEL_OK;
}

void ring_stream_end(struct ring *ring)
{
    ring->end = ring->next;
}

enum channel_status ring_await(struct ring *ring, size_t size, size_t *available,
                               const struct ring_patience *patience)
{
    struct ring_control *control = ring->control;
    uint32_t start = message_start(ring);
    for (;;) {
        uint32_t written = atomic_load_explicit(&control->written, memory_order_acquire);
        *available = written == ring->end ? 0 : written - start;
        if (*available > ring->capacity)
            return CHANNEL_BROKEN;
        if (*available >= size)
            return CHANNEL_OK;
        enum channel_status status =
            await_move(&control->written, written, &control->consumer_sleeps, patience);
        if (status)
            return status;
        /* A producer that only fidgets must not keep us past the deadline. */
        if (patience->deadline != UINT64_MAX && ring_clock() >= patience->deadline)
            return CHANNEL_LATE;
    }
}

void ring_release(struct ring *ring, size_t size)
{
    ring->end = message_start(ring) + (uint32_t)size;
    store_consumed(ring, ring->end);
}

enum channel_status ring_stream_read(struct ring *ring, void *destination, size_t size,
                                     const struct ring_patience *patience)
{
    struct ring_control *control = ring->control;
    uint8_t *to = destination;
    ring->next = message_start(ring);
    while (size) {
        uint32_t written = atomic_load_explicit(&control->written, memory_order_acquire);
        uint32_t filled = written - ring->next;
        if (filled > ring->capacity)
            return CHANNEL_BROKEN;
        if (!filled) {
            enum channel_status status =
                await_move(&control->written, written, &control->consumer_sleeps, patience);
            if (status)
                return status;
            if (patience->deadline != UINT64_MAX && ring_clock() >= patience->deadline)
                return CHANNEL_LATE;
            continue;
        }
        uint32_t offset = ring->next & (ring->capacity - 1);
        size_t part = filled;
        if (part > ring->capacity - offset)
            part = ring->capacity - offset;
        if (part > size)
            return CHANNEL_BROKEN;
        memcpy(to, ring->data + offset, part);
        to += part;
        size -= part;
        ring->next += (uint32_t)part;
        store_consumed(ring, ring->next);
    }
    if (atomic_load_explicit(&control->written, memory_order_acquire) != ring->next)
        return CHANNEL_BROKEN;
    ring->end = ring->next;
    return CHANNEL_OK;
}
