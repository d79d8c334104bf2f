/* Tries: to take all rights away and to stop right behind, by the trap flag, so that the kernel
 *   cannot write the signal's frame
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); CWE-400. Before Linux 6.12 the
 *   kernel would write the frame with the rights in force, and end the host (decision 092)
 * Observed: The host is still there, and has its thread.
 * Needs: machine-code, keys */
#include "attacks/attack.h"
#include "attacks/gate-jump.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    uint64_t code = LOCAL(find)(at);
    if (code)
        LOCAL(jump_and_step)(code, 0x55555555);
    take(at, at->secret_global);
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    return LOCAL(jump_each_time)(host, 12);
}
#endif
