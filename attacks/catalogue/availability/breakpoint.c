/* Tries: to stop for a debugger that there is not
 * From: CWE-489
 * Observed: The host is still there, and has its thread.
 * Needs: machine-code */
#include "attacks/attack.h"

FOREIGN(run)
{
    __asm__ volatile("int3");
    return 0;
}
