/* Tries: to have the kernel change a word of the host's by a futex operation
 * From: CWE-441; PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: A canary that has changed.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    static uint32_t word;
    /* FUTEX_WAKE_OP: *second = 7; FUTEX_OP_SET, 7 */
    kernel6(SYS_futex, ADDRESS(&word), 5, 1, 1, at->canary_global, 7 << 12);
    return 0;
}
