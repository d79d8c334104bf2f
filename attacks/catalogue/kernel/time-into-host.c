/* Tries: to have the kernel write the time into the host's memory
 * From: CWE-441; PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: A canary that has changed.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_clock_gettime, 0, at->canary_global, 0);
    return 0;
}
