/* Tries: to use up the descriptors that a process may have
 * From: CWE-775; CWE-770
 * Observed: The host can still open a file.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    while (kernel3(SYS_open, ADDRESS("/dev/null"), 0, 0) >= 0)
        ;
    return 0;
}
