/* Tries: to have the host send what lies behind a message, by a length that is believed: the
 *   request says that it is longer than it is
 * From: CVE-2014-0160 (Heartbleed); CWE-126, CWE-130
 * Observed: The secret in what the host sends. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
/* The heartbeat: a byte says how long the payload is, the payload follows, and is sent back. */
FOREIGN(echo)
{
    (void)at, (void)in_size;
    size_t length = in[0];
    for (size_t i = 0; i < length && i < *out_size; i++)
        out[i] = ((const volatile uint8_t *)in)[1 + i];
    *out_size = length;
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    /* As on a server's heap: what was received, and a key behind it. */
    struct {
        uint8_t request[8];
        uint8_t key[SECRET_SIZE];
    } memory = {.request = {60, 'p', 'i', 'n', 'g'}};
    uint8_t answer[64];
    size_t size = sizeof(answer);
    int status = 0;
    memcpy(memory.key, host_secret(), SECRET_SIZE);
    __asm__ volatile("" : : "r"(&memory) : "memory");
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_echo(&host->library, &status, memory.request, sizeof(memory.request),
                                 answer, &size, &host->fault);
    if (!error)
        host_gives(host, answer, size);
    return error;
}
#endif
