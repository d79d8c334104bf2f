/* Tries: to delete a file of the host's
 * From: CWE-73
 * Observed: The host's file is not as the host left it.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    char path[128];
    strcpy(path, at->path);
    strcpy(strrchr(path, '/'), "/journal");
    kernel3(SYS_unlink, ADDRESS(path), 0, 0);
    return 0;
}
