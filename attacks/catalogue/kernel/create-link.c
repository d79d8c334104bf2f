/* Tries: to make a symbolic link
 * From: CWE-59; Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: A file that only the host may make.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_symlink, ADDRESS("/etc/passwd"), ADDRESS(at->path), 0);
    return 0;
}
