/* Tries: to jump into the gate at many places, with its own addresses in all registers
 * From: ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019); Garmr (Voulimeneas et al.)
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, keys */
#include "attacks/attack.h"
#include "attacks/gate_jump.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    uint64_t code = at->gate_start + 13ull * at->step;
    if (at->gate_start && code < at->gate_end && *POINTER(const uint8_t, code) != 0xcb &&
        *POINTER(const uint8_t, code) != 0xca && *POINTER(const uint8_t, code) != 0xcf)
        LOCAL(jump)(code, 0, at->canary_page + 2048);
    take(at, at->secret_global);
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    return LOCAL(jump_each_time)(host, 60);
}
#endif
