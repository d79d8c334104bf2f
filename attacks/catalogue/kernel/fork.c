/* Tries: to leave a process behind
 * From: CWE-770; Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: A process that outlives the host.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    if (kernel3(SYS_fork, 0, 0, 0) == 0)
        for (;;)
            kernel3(SYS_pause, 0, 0, 0);
    return 0;
}
