/* Tries: to empty a file of the host's by its number
 * From: CWE-403
 * Observed: The host's file is not as the host left it.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_ftruncate, at->secrets, 0, 0);
    return 0;
}
