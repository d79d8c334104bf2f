/* Tries: to write to a canary through /proc/self/mem
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: A canary that has changed.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    uint64_t word = 0xbad;
    int file = (int)kernel3(SYS_open, ADDRESS("/proc/self/mem"), 2, 0);
    kernel6(SYS_pwrite64, (uint64_t)file, ADDRESS(&word), 8, at->canary_global, 0, 0);
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    return 0;
}
