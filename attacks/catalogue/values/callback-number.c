/* Tries: to call back with a number out of its range
 * From: Omniglot (Schuermann et al., OSDI 2025): a callback's arguments are foreign values, too;
 *   CWE-129
 * Observed: A canary that has changed. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(order)
{
    /* With whatever the registers can hold. */
    (void)at;
    ((int (*)(uint32_t, uint32_t, uint32_t))order)(1, 1, 512);
    return 0;
}
#endif

#ifdef ATTACK_HOST
static struct host *LOCAL(host);

static int LOCAL(take)(enum attack_colour colour, bool visible, int layer)
{
    (void)LOCAL(host), (void)colour, (void)visible, (void)layer;
    ((uint64_t *)(uintptr_t)LOCAL(host)->places[PLACE_canary_page] - 512)[layer]++;
    return 0;
}

HOST(run)
{
    struct attacks_ordered callback;
    int status = 0;
    LOCAL(host) = host;
    enum og_error error = host_prepare(host);
    if (!error)
        error = attacks_ordered_open(&host->library, &callback, LOCAL(take), NULL, &host->fault);
    if (error)
        return error;
    error = call_attack_order(&host->library, &status, &callback, &host->fault);
    attacks_ordered_close(&host->library, &callback);
    return error;
}
#endif
