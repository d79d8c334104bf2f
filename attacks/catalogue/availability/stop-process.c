/* Tries: to stop the process, as a debugger would
 * From: CWE-400; Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_kill, at->host_process, 19, 0);
    return 0;
}
