/* Tries: to make a folder, by a call that a list of dangerous calls may have left out
 * From: Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: A file that only the host may make.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_mkdir, ADDRESS(at->path), 0700, 0);
    return 0;
}
