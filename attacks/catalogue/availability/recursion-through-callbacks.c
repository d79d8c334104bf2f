/* Tries: to use up the host's stack by callbacks in calls in callbacks
 * From: CWE-674
 * Observed: The host is still there, and has its thread.
 * Not for: process: calls do not nest: the callback is told so (OG_BUSY) */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    volatile uint8_t room[16384];
    room[at->step & 1023] = 1;
    return at->call(1) + room[0];
}
#endif

#ifdef ATTACK_HOST
static struct host *LOCAL(host);

static uint64_t LOCAL(call)(uint64_t value)
{
    return host_call(LOCAL(host), 0) ? 0 : 1;
    return value;
}

HOST(before)
{
    LOCAL(host) = host;
    host->called_back = LOCAL(call);
}
#endif
