/* Tries: to let the host's process ignore what would end it
 * From: CWE-400; Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: The host ignores no other signals than before.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    struct {
        uint64_t handler, flags, restorer, mask;
    } action = {1, 0, 0, 0}; /* SIG_IGN */
    kernel6(SYS_rt_sigaction, 15, ADDRESS(&action), 0, 8, 0, 0);
    return 0;
}
