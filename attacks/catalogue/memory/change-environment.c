/* Tries: to change the host's environment, which its next program inherits
 * From: CWE-427 (LD_PRELOAD)
 * Observed: The host's environment is what it was.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    setenv("LD_PRELOAD", "/tmp/evil.so", 1);
    return 0;
}
