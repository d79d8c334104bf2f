/* Tries: to jump to each of them with no rights at all, so that not even a signal can be
 *   delivered
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); CWE-400
 * Observed: The host is still there, and has its thread.
 * Needs: machine-code, keys */
#include "attacks/attack.h"
#include "attacks/gate_jump.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    uint64_t code = LOCAL(find)(at);
    if (code)
        LOCAL(jump)(code, ~0ull, at->canary_page + 2048);
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
