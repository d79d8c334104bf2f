/* Tries: to change who the host is
 * From: CWE-250
 * Observed: The host is who it was.
 * Needs: linux, root */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_setresuid, 65534, 65534, 65534);
    return 0;
}
