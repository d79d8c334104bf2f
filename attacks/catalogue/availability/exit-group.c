/* Tries: to end the process by the kernel's call for that
 * From: CWE-382
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_exit_group, 0, 0, 0);
    return 0;
}
