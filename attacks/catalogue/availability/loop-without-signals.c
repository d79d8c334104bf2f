/* Tries: to keep the thread, with all signals blocked that could end that
 * From: CWE-835; Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    uint64_t all = ~0ull;
    kernel6(SYS_rt_sigprocmask, 0, ADDRESS(&all), 0, 8, 0, 0);
    for (;;)
        __asm__ volatile("");
    return 0;
}
