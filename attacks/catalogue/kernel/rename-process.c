/* Tries: to give the host's process another name, by a harmless look of prctl
 * From: Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: The host's name is another one.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_prctl, 15, ADDRESS("somebody"), 0); /* PR_SET_NAME */
    return 0;
}
