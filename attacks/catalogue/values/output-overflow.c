/* Tries: to write behind the buffer that it is to fill
 * From: CWE-787; CVE-2023-4863 (libwebp)
 * Observed: A canary that has changed. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(fill)
{
    (void)at;
    for (size_t i = 0; i < *size + 48; i++)
        ((volatile uint8_t *)out)[i] = 0;
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    struct {
        uint8_t out[16];
        uint64_t behind[CANARY_WORDS];
    } memory;
    size_t size = sizeof(memory.out);
    int status = 0;
    memset(&memory, 1, sizeof(memory));
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_fill(&host->library, &status, memory.out, &size, &host->fault);
    __asm__ volatile("" : : "r"(&memory) : "memory");
    if (!memory.behind[0])
        host_harmed(host, "what lies behind a buffer was overwritten");
    return error;
}
#endif
