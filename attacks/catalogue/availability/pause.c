/* Tries: to keep the thread until a signal comes
 * From: CWE-400
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_pause, 0, 0, 0);
    return 0;
}
