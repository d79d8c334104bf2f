/* Tries: to change bytes after the host has checked them and before it uses them: while it calls
 *   the library in between
 * From: CWE-367; Omniglot (Schuermann et al., OSDI 2025): a double fetch
 * Observed: A canary that has changed. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
static uint8_t LOCAL(bytes)[4];

FOREIGN(run)
{
    (void)at;
    LOCAL(bytes)[0] = 255;
    return 0;
}

FOREIGN(hand)
{
    (void)at;
    LOCAL(bytes)[0] = 1;
    hand(LOCAL(bytes), sizeof(LOCAL(bytes)));
    return 0;
}
#endif

#ifdef ATTACK_HOST
static struct host *LOCAL(host);

/* The host sends what it is handed. */
static int LOCAL(send)(const uint8_t *bytes, uint32_t size)
{
    uint8_t *counters = (uint8_t *)(uintptr_t)LOCAL(host)->places[PLACE_canary_page] - 128;
    const volatile uint8_t *number = bytes;
    (void)size;
    if (*number >= 8)
        return 1;
    /* Between the check and the use it has something to ask. */
    if (host_call(LOCAL(host), 0))
        return 1;
    counters[*number]++;
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
