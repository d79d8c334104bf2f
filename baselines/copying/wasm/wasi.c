/* What a module may ask of the system, by WASI's names and numbers: randomness, the time, and to
 * sleep. It has no arguments and no environment, and of files its standard streams (wasi_files.c).
 * A module that needs another import does not link: the linker names it. */
#include "baselines/copying/wasm/wasi.h"

#include <errno.h>
#include <sched.h>
#include <sys/random.h>
#include <time.h>

IMPORTS(random_get, IMPORTED, uint32_t address, uint32_t size)
{
    struct wasm_instance *instance = wasi_caller(imports);
    if (!wasi_is_inside(instance, address, size))
        return WASI_FAULT;
    for (uint32_t done = 0; done < size;) {
        ssize_t got = getrandom(wasm_at(instance, address + done), size - done, 0);
        if (got < 0 && errno != EINTR)
            return WASI_IO;
        done += got > 0 ? (uint32_t)got : 0;
    }
    return WASI_SUCCESS;
}

/* --- time --- */

/* WASI's clocks, by number. */
static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
                                   CLOCK_THREAD_CPUTIME_ID};

static bool is_clock(uint32_t clock)
{
    return clock < sizeof(clocks) / sizeof(clocks[0]);
}

static uint64_t nanoseconds(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

static uint32_t put_time(const struct wasm_instance *instance, uint32_t address, uint32_t clock,
                         int (*get)(clockid_t, struct timespec *))
{
    struct timespec time;
    if (!is_clock(clock))
        return WASI_INVALID;
    if (!wasi_is_inside(instance, address, sizeof(uint64_t)))
        return WASI_FAULT;
    if (get(clocks[clock], &time))
        return WASI_IO;
    uint64_t told = nanoseconds(&time);
    memcpy(wasm_at(instance, address), &told, sizeof(told));
    return WASI_SUCCESS;
}

IMPORTS(clock_time_get, IMPORTED, uint32_t clock, uint64_t precision, uint32_t address)
{
    (void)precision;
    return put_time(wasi_caller(imports), address, clock, clock_gettime);
}

IMPORTS(clock_res_get, IMPORTED, uint32_t clock, uint32_t address)
{
    return put_time(wasi_caller(imports), address, clock, clock_getres);
}

/* --- sleeping --- */

/* WASI's: what is waited for, and what has come. */
struct subscription {
    uint64_t user;
    uint8_t kind, unused[7];
    uint32_t clock;
    uint64_t timeout, precision;
    uint16_t flags;
};
struct event {
    uint64_t user;
    uint16_t error;
    uint8_t kind;
    uint64_t bytes;
    uint16_t flags;
};
_Static_assert(sizeof(struct subscription) == 48 && offsetof(struct subscription, timeout) == 24 &&
                   sizeof(struct event) == 32 && offsetof(struct event, bytes) == 16,
               "WASI's layouts");
enum { OF_CLOCK = 0, IS_ABSOLUTE = 1 };

/* How long that is from now, in nanoseconds; a descriptor is never waited for. */
static uint64_t wait_of(const struct subscription *wanted)
{
    struct timespec now;
    if (wanted->kind != OF_CLOCK || !is_clock(wanted->clock))
        return 0;
    if (!(wanted->flags & IS_ABSOLUTE))
        return wanted->timeout;
    clock_gettime(clocks[wanted->clock], &now);
    return wanted->timeout > nanoseconds(&now) ? wanted->timeout - nanoseconds(&now) : 0;
}

static void sleep_for(uint64_t wait)
{
    struct timespec left = {.tv_sec = (time_t)(wait / 1000000000),
                            .tv_nsec = (long)(wait % 1000000000)};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        continue;
}

/* Waits for the first of them, and tells of that one. */
IMPORTS(poll_oneoff, IMPORTED, uint32_t wanted, uint32_t events, uint32_t count, uint32_t told)
{
    struct wasm_instance *instance = wasi_caller(imports);
    struct subscription first = {0};
    const uint32_t one = 1;
    if (!count)
        return WASI_INVALID;
    if (!wasi_are_inside(instance, wanted, count, sizeof(first)) ||
        !wasi_is_inside(instance, events, sizeof(struct event)) ||
        !wasi_is_inside(instance, told, sizeof(one)))
        return WASI_FAULT;
    uint64_t shortest = UINT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        struct subscription each;
        memcpy(&each, wasm_at(instance, wanted + i * (uint32_t)sizeof(each)), sizeof(each));
        uint64_t wait = wait_of(&each);
        if (i == 0 || wait < shortest) {
            first = each;
            shortest = wait;
        }
    }
    sleep_for(shortest);
    struct event event = {.user = first.user, .kind = first.kind};
    if (first.kind != OF_CLOCK)
        event.error = WASI_BAD_FILE;
    else if (!is_clock(first.clock))
        event.error = WASI_INVALID;
    memcpy(wasm_at(instance, events), &event, sizeof(event));
    memcpy(wasm_at(instance, told), &one, sizeof(one));
    return WASI_SUCCESS;
}

IMPORTS(sched_yield, IMPORTED)
{
    (void)imports;
    sched_yield();
    return WASI_SUCCESS;
}

/* --- the end, and what there is not --- */

void IMPORT(proc_exit)(IMPORTED, uint32_t status)
{
    struct og_fault fault;
    (void)imports;
    (void)status;
    og_fail(&fault, OG_FAULTED, "proc_exit", 0, "the module called exit()");
    wasm_callback_refuse(wasm_callback_begin(), &fault);
}

/* The environment is empty: wasi-libc ends the program if it cannot ask. */
IMPORTS(environ_sizes_get, IMPORTED, uint32_t count, uint32_t size)
{
    struct wasm_instance *instance = wasi_caller(imports);
    const uint32_t none = 0;
    if (!wasi_is_inside(instance, count, sizeof(none)) ||
        !wasi_is_inside(instance, size, sizeof(none)))
        return WASI_FAULT;
    memcpy(wasm_at(instance, count), &none, sizeof(none));
    memcpy(wasm_at(instance, size), &none, sizeof(none));
    return WASI_SUCCESS;
}

IMPORTS(environ_get, IMPORTED, uint32_t pointers, uint32_t texts)
{
    (void)imports;
    (void)pointers;
    (void)texts;
    return WASI_SUCCESS;
}
