/* Tries: to leave code that runs when the host ends: a function registered with the C library
 * From: CWE-829
 * Observed: A file that only the host may make.
 * Needs: linux */
#include "attacks/attack.h"

static char LOCAL(path)[128];

static void LOCAL(at_exit)(void)
{
    kernel3(SYS_open, ADDRESS(LOCAL(path)), 0101, 0600); /* O_CREAT | O_WRONLY */
}

FOREIGN(run)
{
    strcpy(LOCAL(path), at->path);
    atexit(LOCAL(at_exit));
    return 0;
}
