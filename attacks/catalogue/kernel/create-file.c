/* Tries: to make a file, by a system call of its own
 * From: Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: A file that only the host may make.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_open, ADDRESS(at->path), 0101, 0600); /* O_CREAT | O_WRONLY */
    return 0;
}
