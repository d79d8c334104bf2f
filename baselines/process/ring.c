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

#define PAGE_BYTES 4096

/* Payloads start this far into a page, and each lane's that much farther: between memory at
 * the same place in its page, as large buffers mostly are, a copy is slowed down, since the
 * processor first takes each load for one of what was just stored. */
#define PAYLOAD_BYTES 1024
_Static_assert(RING_LANES *PAYLOAD_BYTES < PAGE_BYTES &&
                   sizeof(struct ring_control) <= PAYLOAD_BYTES,
               "a lane's page holds what is before its ring");

/* A futex can be woken by the other side only; so that its death is noticed, a
 * host sleeps no longer than this at a time. */
#define SLICE_NS 10000000u
_Static_assert(SLICE_NS <= RING_SLEEP_NS, "no wait takes longer");

/* Who looks at the clock after so long again has not waited, but stood still. */
#define STOPPED_NS (4 * RING_SLEEP_NS)

#define SPINS_PER_CLOCK 32
#define YIELDS_SKIPPED  64

size_t ring_memory_size(size_t capacity)
{
    return RING_LANES * (capacity + PAGE_BYTES);
}

struct ring ring_view(void *memory, size_t capacity, unsigned lane)
{
    uint8_t *payload =
        (uint8_t *)memory + lane * (capacity + PAGE_BYTES) + (lane + 1) * PAYLOAD_BYTES;
    return (struct ring){
        .control = (struct ring_control *)(void *)(payload - sizeof(struct ring_control)),
        .data = payload - RING_HEADER,
        .capacity = (uint32_t)capacity,
    };
}

uint64_t ring_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t ring_look(struct ring_patience *patience)
{
    uint64_t now = ring_clock(), since = now - patience->looked;
    if (patience->looked && since > STOPPED_NS && patience->deadline != UINT64_MAX)
        patience->deadline += since;
    patience->looked = now;
    return now;
}

static void relax(void)
{
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
}

/* Moves a position, and wakes who sleeps on it. */
static void move(_Atomic uint32_t *position, uint32_t to, _Atomic uint32_t *sleeps)
{
    /* First the new position, then the look at `sleeps`; the sleeper does both the other
     * way round, and all four are of one order. One of the two sees the other. */
    atomic_store(position, to);
    if (atomic_load(sleeps))
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
                                             struct ring_patience *patience)
{
    bool forever = patience->deadline == UINT64_MAX && patience->process < 0;
    for (;;) {
        struct timespec slice = {.tv_nsec = SLICE_NS};
        if (!forever) {
            uint64_t now = ring_look(patience);
            if (now >= patience->deadline)
                return CHANNEL_LATE;
            if (patience->deadline - now < SLICE_NS)
                slice.tv_nsec = (long)(patience->deadline - now);
        }
        atomic_store(sleeps, 1);
        if (atomic_load(position) == seen)
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

static bool has_moved(_Atomic uint32_t *position, uint32_t seen)
{
    return atomic_load_explicit(position, memory_order_acquire) != seen;
}

/* Whoever moves a position by a byte at a time must not keep us past the deadline. */
static bool is_late(struct ring_patience *patience)
{
    return patience->deadline != UINT64_MAX && ring_look(patience) >= patience->deadline;
}

/* On a shared processor: gives it to the other side, in one system call where sleeping and
 * being woken take two. Not every kernel's scheduler follows: one yield that did not bring
 * the answer, and for some time it is not tried again. */
static bool yield_brings_it(struct ring *ring, _Atomic uint32_t *position, uint32_t seen)
{
    if (ring->yields_skipped) {
        ring->yields_skipped--;
        return false;
    }
    sched_yield();
    if (has_moved(position, seen))
        return true;
    ring->yields_skipped = YIELDS_SKIPPED;
    return false;
}

static bool spinning_brings_it(_Atomic uint32_t *position, uint32_t seen,
                               struct ring_patience *patience)
{
    uint64_t until = ring_look(patience) + patience->spin_ns;
    if (until > patience->deadline)
        until = patience->deadline;
    do {
        for (unsigned spin = 0; spin < SPINS_PER_CLOCK; spin++) {
            relax();
            if (has_moved(position, seen))
                return true;
        }
        if (patience->waiting == RING_SPIN_AND_YIELD)
            sched_yield();
    } while (ring_look(patience) < until);
    return false;
}

/* Waits until the other side's position is no longer `seen`. */
static enum channel_status await_move(struct ring *ring, _Atomic uint32_t *position, uint32_t seen,
                                      _Atomic uint32_t *sleeps, struct ring_patience *patience)
{
    if (has_moved(position, seen))
        return CHANNEL_OK;
    if (patience->spin_ns &&
        (patience->waiting == RING_YIELD ? yield_brings_it(ring, position, seen)
                                         : spinning_brings_it(position, seen, patience)))
        return CHANNEL_OK;
    return sleep_until_moved(position, seen, sleeps, patience);
}

/* The first byte of the ring, in positions, at or after the last message's end. */
static uint32_t message_start(const struct ring *ring)
{
    return (ring->end + ring->capacity - 1) & ~(ring->capacity - 1);
}

uint8_t *ring_window(struct ring *ring)
{
    return ring->data;
}

void ring_publish(struct ring *ring, size_t size)
{
    ring->end = message_start(ring) + (uint32_t)size;
    move(&ring->control->written, ring->end, &ring->control->consumer_sleeps);
}

void ring_stream_begin(struct ring *ring)
{
    ring->next = message_start(ring);
    /* The consumer, who waits for the message, moves it from here on. */
    atomic_store_explicit(&ring->control->consumed, ring->next, memory_order_relaxed);
}

enum channel_status ring_stream_write(struct ring *ring, const void *bytes, size_t size,
                                      struct ring_patience *patience)
{
    struct ring_control *control = ring->control;
    const uint8_t *from = bytes;
    while (size) {
        uint32_t consumed = atomic_load_explicit(&control->consumed, memory_order_acquire);
        uint32_t filled = ring->next - consumed;
        if (filled > ring->capacity)
            return CHANNEL_BROKEN;
        if (filled == ring->capacity) {
            enum channel_status status =
                await_move(ring, &control->consumed, consumed, &control->producer_sleeps, patience);
            if (status)
                return status;
            if (is_late(patience))
                return CHANNEL_LATE;
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
        move(&control->written, ring->next, &control->consumer_sleeps);
        if (size && is_late(patience))
            return CHANNEL_LATE;
    }
    return CHANNEL_OK;
}

void ring_stream_end(struct ring *ring)
{
    ring->end = ring->next;
}

enum channel_status ring_await(struct ring *ring, size_t size, size_t *available,
                               struct ring_patience *patience)
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
            await_move(ring, &control->written, written, &control->consumer_sleeps, patience);
        if (status)
            return status;
        if (is_late(patience))
            return CHANNEL_LATE;
    }
}

void ring_release(struct ring *ring, size_t size)
{
    ring->end = message_start(ring) + (uint32_t)size;
}

enum channel_status ring_stream_read(struct ring *ring, void *destination, size_t size,
                                     struct ring_patience *patience)
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
                await_move(ring, &control->written, written, &control->consumer_sleeps, patience);
            if (status)
                return status;
            if (is_late(patience))
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
        move(&control->consumed, ring->next, &control->producer_sleeps);
        if (size && is_late(patience))
            return CHANNEL_LATE;
    }
    if (atomic_load_explicit(&control->written, memory_order_acquire) != ring->next)
        return CHANNEL_BROKEN;
    ring->end = ring->next;
    return CHANNEL_OK;
}
