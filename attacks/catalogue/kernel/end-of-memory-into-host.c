/* Tries: to have the kernel write across the edge of the library's memory, with an address and a
 *   size whose sum wraps
 * From: CWE-190; CWE-441
 * Observed: A canary that has changed.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_getrandom, at->canary_global, 64, 0);
    kernel3(SYS_getrandom, at->canary_global, (uint64_t)-1, 0);
    kernel3(SYS_getrandom, at->canary_heap - 64, 128, 0);
    return 0;
}
