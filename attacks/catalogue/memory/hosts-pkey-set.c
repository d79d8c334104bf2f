/* Tries: to open its keys by the pkey_set of the host's C library
 * From: ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019); Cerberus (Voulimeneas et al.,
 *   EuroSys 2022)
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, keys */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    if (at->gate_start && at->host_pkey_set)
        for (int key = 0; key < 16; key++)
            ((int (*)(int, unsigned))(uintptr_t)at->host_pkey_set)(key, 0);
    take(at, at->secret_global);
    return 0;
}
#endif
