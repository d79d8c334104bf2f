/* Tries: to have the host count in a cell that lies behind an array, by a number out of its
 *   range
 * From: CWE-129; CWE-787
 * Observed: A canary that has changed. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(value)
{
    (void)at;
    return 512;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    /* Eight counters, one for each layer; a page of the host's is not far behind. */
    uint64_t *counters = (uint64_t *)(uintptr_t)host->places[PLACE_canary_page] - 512;
    int layer = 0;
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_layer(&host->library, &layer, &host->fault);
    if (!error)
        counters[layer]++;
    return error;
}
#endif
