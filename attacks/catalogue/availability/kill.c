/* Tries: to kill the process by a signal
 * From: Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: The host is still there.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_kill, at->host_process, 9, 0);
    return 0;
}
