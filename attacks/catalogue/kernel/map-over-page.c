/* Tries: to map zeros over a page of the host's
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: A canary that has changed.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel6(SYS_mmap, at->canary_page, 4096, 3, 0x32, -1, 0); /* private, fixed, anonymous */
    return 0;
}
