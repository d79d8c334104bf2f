/* Tries: to change a bool that the host has validated and is reading where it is, from a second
 *   thread
 * From: Omniglot (Schuermann et al., OSDI 2025): aliasing; CWE-367, CWE-362
 * Observed: A validated bool that is neither 0 nor 1.
 * Needs: threads, in-place */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
/* Now it is one, now it is none. */
FOREIGN(run)
{
    volatile uint8_t *bytes = POINTER(volatile uint8_t, at->argument);
    for (int i = 0; i < 100000; i++) {
        bytes[0] = 1;
        bytes[0] = 2;
        bytes[0] = 1;
        bytes[0] = 0;
    }
    bytes[0] = 1;
    return 0;
}
#endif

#ifdef ATTACK_HOST
#if RESIDENT_PLACEMENT
#include <time.h>

static double LOCAL(now)(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

HOST(before)
{
    host->deadline_ms = 4000;
}

/* Reads it as long as it is valid. */
static void LOCAL(read)(struct host *host, instance_scope *scope, unsigned char resident *memory)
    INSTANCE_REQUIRES(scope)
{
    const bool *value = NULL;
    struct og_fault fault;
    resident_read_begin(scope);
    if (!resident_validate_bool(scope, (const bool resident *)memory, &value, &fault) && value)
        for (int i = 0; i < 1000; i++)
            if (*(const volatile uint8_t *)value > 1)
                host_harmed(host, "a validated bool is neither 0 nor 1");
    resident_read_end(scope);
}

HOST(run)
{
    static volatile bool done;
    unsigned char resident *memory = NULL;
    struct host_thread second;
    instance_scope scope;
    enum og_error error = resident_alloc(&host->library.instance, &memory, 64, 64, &host->fault);
    if (error)
        return error;
    host->places[PLACE_argument] = resident_address(memory);
    error = host_prepare(host);
    if (error)
        return error;
    host_thread_start(&second, host, 1, &done);
    instance_enter(&host->library.instance, &scope);
    for (double end = LOCAL(now)() + 1.5; LOCAL(now)() < end && !*host->evidence->harm;)
        LOCAL(read)(host, &scope, memory);
    instance_leave(&scope);
    done = true;
    return host_thread_join(&second);
}
#else
HOST(before)
{
    (void)host;
}

HOST(run)
{
    (void)host;
    return OG_OK;
}
#endif
#endif
