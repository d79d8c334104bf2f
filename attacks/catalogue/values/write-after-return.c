/* Tries: to write to a buffer long after the call that it was for: the host has something else
 *   there
 * From: CWE-416; CWE-825
 * Observed: A canary that has changed. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
static uint8_t *LOCAL(kept);

FOREIGN(fill)
{
    (void)at;
    memset(out, 'a', *size);
    LOCAL(kept) = out;
    return 0;
}

FOREIGN(run)
{
    (void)at;
    for (int i = 0; i < 16; i++)
        ((volatile uint8_t *)LOCAL(kept))[i] = 0;
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    uint8_t memory[16];
    size_t size = sizeof(memory);
    int status = 0;
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_fill(&host->library, &status, memory, &size, &host->fault);
    if (error)
        return error;
    memcpy(memory, "something else!", sizeof(memory));
    error = host_call(host, 0);
    __asm__ volatile("" : : "r"(memory) : "memory");
    if (memcmp(memory, "something else!", sizeof(memory)))
        host_harmed(host, "memory that a call was given was written to after it");
    return error;
}
#endif
