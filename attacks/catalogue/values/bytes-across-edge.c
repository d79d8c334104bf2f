/* Tries: to have the host send what lies behind the library's memory: bytes that begin inside
 *   and end far outside
 * From: CWE-126; CWE-823
 * Observed: The host is still there, and has its thread. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(hand)
{
    static const uint8_t bytes[4] = "abc";
    (void)at;
    hand(bytes, 0xfffff000u);
    return 0;
}
#endif

#ifdef ATTACK_HOST
static struct host *LOCAL(host);

/* The host sends what it is handed. */
static int LOCAL(send)(const uint8_t *bytes, uint32_t size)
{
    uint8_t sum = 0;
    for (uint32_t i = 0; i < size; i += 4096)
        sum ^= bytes[i];
    host_gives(LOCAL(host), &sum, 1);
    return 0;
}

HOST(run)
{
    struct attacks_handed callback;
    int status = 0;
    LOCAL(host) = host;
    enum og_error error = host_prepare(host);
    if (!error)
        error = attacks_handed_open(&host->library, &callback, LOCAL(send), NULL, &host->fault);
    if (error)
        return error;
    error = call_attack_hand(&host->library, &status, &callback, &host->fault);
    attacks_handed_close(&host->library, &callback);
    return error;
}
#endif
