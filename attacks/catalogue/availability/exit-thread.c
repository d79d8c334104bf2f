/* Tries: to end the thread, and leave a process without
 * From: CWE-382
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_exit, 0, 0, 0);
    return 0;
}
