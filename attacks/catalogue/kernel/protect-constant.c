/* Tries: to make a read-only page of the host's writable, and write to it
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: A canary that has changed.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_mprotect, at->canary_constant, 4096, 3); /* read, write */
    spoil(at->canary_constant);
    return 0;
}
