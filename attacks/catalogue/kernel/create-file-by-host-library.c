/* Tries: to make a file, by the host's C library
 * From: Jenny (Schrammel et al., USENIX Security 2022); CWE-441
 * Observed: A file that only the host may make.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    ((int (*)(const char *, int, int))(uintptr_t)at->host_open)(at->path, 0101, 0600);
    return 0;
}
