/* Tries: to block the host's signals
 * From: Jenny (Schrammel et al., USENIX Security 2022), on signals
 * Observed: The host's thread blocks other signals than before.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    uint64_t all = ~0ull;
    kernel6(SYS_rt_sigprocmask, 0, ADDRESS(&all), 0, 8, 0, 0);
    return 0;
}
