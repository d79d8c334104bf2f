/* Tries: to read, while it is loaded, what lies in the folder of its own file
 * From: CWE-552
 * Observed: The secret in what the call gave back.
 * Needs: linux, load
 * Run: constructor */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
/* Called by the constructor, and again to hand out what that found. */
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
HOST(run)
{
    enum og_error error = host_open_hostile(host);
    return error ? error : host_call_other(host, 1);
}
#endif
