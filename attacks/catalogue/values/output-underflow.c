/* Tries: to write before the buffer that it is to fill
 * From: CWE-124
 * Observed: A canary that has changed. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(fill)
{
    (void)at, (void)size;
    for (int i = -24; i < 0; i++)
        ((volatile uint8_t *)out)[i] = 0;
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    struct {
        uint64_t before[CANARY_WORDS];
        uint8_t out[16];
    } memory;
    size_t size = sizeof(memory.out);
    int status = 0;
    memset(&memory, 1, sizeof(memory));
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_fill(&host->library, &status, memory.out, &size, &host->fault);
    __asm__ volatile("" : : "r"(&memory) : "memory");
    if (!memory.before[CANARY_WORDS - 1])
        host_harmed(host, "what lies before a buffer was overwritten");
    return error;
}
#endif
