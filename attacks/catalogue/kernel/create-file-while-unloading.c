/* Tries: to make a file in a destructor, when the host has already done with it
 * From: CWE-829; Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: A file that only the host may make.
 * Needs: linux, load
 * Run: destructor */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_open, ADDRESS(at->path), 0101, 0600); /* O_CREAT | O_WRONLY */
    return 0;
}
