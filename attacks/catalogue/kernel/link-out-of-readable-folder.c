/* Tries: to read a file outside of the folder that it may read, by a symbolic link in it
 * From: CWE-59; CWE-61
 * Observed: The secret in what the call gave back.
 * Needs: linux */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    char path[128];
    strcpy(path, at->path);
    strcpy(strrchr(path, '/'), "/more/link");
    int file = (int)kernel3(SYS_open, ADDRESS(path), 0, 0);
    kernel3(SYS_read, (uint64_t)file, ADDRESS(at->loot), SECRET_SIZE);
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <sys/stat.h>
#include <unistd.h>

HOST(before)
{
    static const char *paths[2];
    paths[0] = host_path(host, "more");
    if (mkdir(paths[0], 0700) || symlink("../secrets", host_path(host, "more/link")))
        abort();
    host->readable_paths = paths;
}
#endif
