/* Tries: to have the kernel write for it: a read into the host's memory
 * From: CWE-441; PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: A canary that has changed.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    int ends[2];
    if (kernel3(SYS_pipe, ADDRESS(ends), 0, 0))
        return 1;
    kernel3(SYS_write, (uint64_t)ends[1], ADDRESS("overwritten"), 8);
    kernel3(SYS_read, (uint64_t)ends[0], at->canary_global, 8);
    kernel3(SYS_close, (uint64_t)ends[0], 0, 0);
    kernel3(SYS_close, (uint64_t)ends[1], 0, 0);
    return 0;
}
