/* Tries: to hand bytes that are none, and a size
 * From: CWE-476
 * Observed: The host is still there, and has its thread.
 * Not for: copy-wasm: address 0 is memory of the module's, and NULL is an address like others */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(hand)
{
    (void)at;
    hand(NULL, 64);
    return 0;
}
#endif

#ifdef ATTACK_HOST
static struct host *LOCAL(host);

/* The host sends what it is handed. */
static int LOCAL(send)(const uint8_t *bytes, uint32_t size)
{
    host_gives(LOCAL(host), bytes, size);
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
