/* Tries: to keep the thread by callbacks that call the library: the clock of the outer call must
 *   not start anew each time
 * From: CWE-835; CWE-400
 * Observed: The host is still there, and has its thread.
 * Not for: process: calls do not nest: the callback is told so (OG_BUSY), and the loop is
 *   loop-of-callbacks */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    while (at->step == 0)
        at->call(1);
    return 0;
}
#endif

#ifdef ATTACK_HOST
static struct host *LOCAL(host);

static uint64_t LOCAL(call)(uint64_t value)
{
    (void)add_two(LOCAL(host));
    return value;
}

HOST(before)
{
    LOCAL(host) = host;
    host->called_back = LOCAL(call);
}
#endif
