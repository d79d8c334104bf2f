/* Tries: to change the folder that the host's relative paths start from
 * From: CWE-426
 * Observed: The host is where it was.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_chdir, ADDRESS("/"), 0, 0);
    kernel3(SYS_chdir, ADDRESS("/proc"), 0, 0);
    return 0;
}
