/* Tries: to kill the thread by its number
 * From: CWE-400; Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_tkill, kernel3(SYS_gettid, 0, 0, 0), 6, 0);
    return 0;
}
