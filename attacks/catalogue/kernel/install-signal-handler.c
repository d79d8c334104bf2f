/* Tries: to have the kernel call code of the library's for a signal of the host's, with the
 *   host's rights
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); Jenny (Schrammel et al., USENIX
 *   Security 2022)
 * Observed: The host's handlers are what they were.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    struct {
        void *handler;
        uint64_t flags;
        void *restorer;
        uint64_t mask;
    } action = {(void *)abort, 0x04000000, (void *)abort, 0};
    kernel6(SYS_rt_sigaction, 10, ADDRESS(&action), 0, 8, 0, 0);
    return 0;
}
