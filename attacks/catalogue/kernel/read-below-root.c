/* Tries: to read, while it is loaded, any file there is: its own file lies in the root folder,
 *   and all that is below a library's folder counts as beside it
 * From: CWE-552; CWE-22
 * Observed: The secret in what the call gave back.
 * Needs: linux, load, root
 * Not for: process: its worker is no library in a folder
 * Run: constructor */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    static uint8_t found[SECRET_SIZE];
    if (at->loot && at->step == 1) {
        memcpy(at->loot, found, sizeof(found));
        return 0;
    }
    char path[128];
    strcpy(path, at->path);
    strcpy(strrchr(path, '/'), "/secrets");
    int file = (int)kernel3(SYS_open, ADDRESS(path), 0, 0);
    kernel3(SYS_read, (uint64_t)file, ADDRESS(found), sizeof(found));
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <unistd.h>

HOST(before)
{
    snprintf(host->hostile_path, sizeof(host->hostile_path), "/attack-%d.so", (int)getpid());
}

HOST(run)
{
    enum og_error error = host_open_hostile(host);
    return error ? error : host_call_other(host, 1);
}

HOST(after)
{
    unlink(host->hostile_path);
}
#endif
