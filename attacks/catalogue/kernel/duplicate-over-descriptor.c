/* Tries: to put another file in the place of one that the host writes
 * From: CWE-403; CWE-441
 * Observed: The host's file does not get what the host writes.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_dup2, at->secrets, at->journal, 0);
    return 0;
}
