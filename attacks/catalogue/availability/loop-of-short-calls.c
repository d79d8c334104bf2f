/* Tries: to keep the thread by short system calls, which leave hardly a moment between them
 * From: CWE-835
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    for (;;)
        kernel3(SYS_sched_yield, 0, 0, 0);
    return 0;
}
