/* Tries: to have the kernel write random bytes into the host's memory
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); CWE-441
 * Observed: A canary that has changed.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_getrandom, at->canary_global, 8, 0);
    return 0;
}
