/* Tries: to call a function of the host's when the host has closed it, and freed what it works
 *   on
 * From: CWE-416; CWE-825
 * Observed: A function of the host's that nobody calls was entered. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
static attack_callback *LOCAL(kept);

FOREIGN(run)
{
    if (at->step == 0)
        LOCAL(kept) = at->call;
    else
        LOCAL(kept)(1);
    return 0;
}
#endif

#ifdef ATTACK_HOST
static bool LOCAL(closed);

static uint64_t LOCAL(call)(uint64_t value)
{
    if (LOCAL(closed))
        forbidden();
    return value;
}

HOST(before)
{
    host->called_back = LOCAL(call);
}

HOST(run)
{
    enum og_error error = host_prepare(host);
    if (!error)
        error = host_call(host, 0);
    if (error)
        return error;
    attacks_called_back_close(&host->library, &host->callback);
    LOCAL(closed) = true;
    uint8_t loot[LOOT_SIZE];
    uint64_t result;
    return call_attack_run(&host->library, &result, 1, loot, sizeof(loot), NULL, &host->fault);
}
#endif
