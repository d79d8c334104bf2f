/* Tries: to start processes without an end
 * From: CWE-400; the fork bomb
 * Observed: Processes that outlive the host.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    for (int i = 0; i < 64; i++)
        if (kernel3(SYS_fork, 0, 0, 0) == 0)
            for (;;)
                kernel3(SYS_pause, 0, 0, 0);
    return 0;
}
