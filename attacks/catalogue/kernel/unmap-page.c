/* Tries: to unmap a page of the host's
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); CWE-400
 * Observed: A canary that is gone.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_munmap, at->canary_page, 4096, 0);
    return 0;
}
