/* Tries: to write to a file that the host has open, by its number
 * From: CWE-403; Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: The host's file is not as the host left it.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_write, at->journal, ADDRESS("forged\n"), 7);
    return 0;
}
