/* Tries: to keep the thread by callbacks in which the host takes its time, which no deadline
 *   counts. The host says how many there may be
 * From: CWE-400
 * Observed: The host is still there, and has its thread. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    for (;;)
        at->call(1);
    return 0;
}
#endif

#ifdef ATTACK_HOST
static uint64_t LOCAL(call)(uint64_t value)
{
    host_spin(20);
    return value;
}

HOST(before)
{
    host->called_back = LOCAL(call);
    host->callback_limit = 25;
}
#endif
