/* Tries: to have the kernel forget what is in a page of the host's
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); Cerberus (EuroSys 2022)
 * Observed: A canary that is zero.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_madvise, at->canary_page, 4096, 4); /* MADV_DONTNEED */
    return 0;
}
