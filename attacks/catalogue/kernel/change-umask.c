/* Tries: to let the files that the host makes be writable by everybody
 * From: CWE-276
 * Observed: The host's mask is what it was.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_umask, 0, 0, 0);
    return 0;
}
