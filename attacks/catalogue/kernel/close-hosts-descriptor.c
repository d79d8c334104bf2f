/* Tries: to close a file of the host's under it
 * From: CWE-404; Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: The host can still write its file.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_close, at->journal, 0, 0);
    return 0;
}
