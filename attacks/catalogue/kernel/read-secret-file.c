/* Tries: to read a file that the host may read and the library may not, by its name
 * From: CWE-552
 * Observed: The secret in what the call gave back.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    char path[128];
    strcpy(path, at->path);
    strcpy(strrchr(path, '/'), "/secrets");
    int file = (int)kernel3(SYS_open, ADDRESS(path), 0, 0);
    kernel3(SYS_read, (uint64_t)file, ADDRESS(at->loot), SECRET_SIZE);
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    return 0;
}
