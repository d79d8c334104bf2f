/* Tries: to call back from every depth of a recursion without an end, as careless code does: one
 *   of these calls comes from the last bytes of its stack
 * From: CWE-674
 * Observed: The host is still there, and has its thread.
 * Not for: process: calls do not nest: the callback is told so (OG_BUSY) */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
__attribute__((noinline)) static uint64_t LOCAL(deeper)(struct attack *at, uint64_t depth)
{
    volatile uint8_t room[40];
    room[depth % sizeof(room)] = 1;
    at->call(depth);
    return LOCAL(deeper)(at, depth + 1) + room[0];
}

FOREIGN(run)
{
    return LOCAL(deeper)(at, 0);
}
#endif

#ifdef ATTACK_HOST
static struct host *LOCAL(host);

static uint64_t LOCAL(call)(uint64_t value)
{
    static unsigned calls;
    if (++calls > 1000) /* towards the end only: it takes long enough */
        (void)add_two(LOCAL(host));
    return value;
}

HOST(before)
{
    LOCAL(host) = host;
    host->deadline_ms = 6000;
    host->called_back = LOCAL(call);
}
#endif
