/* Tries: to read, while it is loaded, a file elsewhere, by a symbolic link in the folder of its
 *   own file
 * From: CWE-59; CWE-61
 * Observed: The secret in what the call gave back.
 * Needs: linux, load
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
    strcpy(strrchr(path, '/'), "/link");
    int file = (int)kernel3(SYS_open, ADDRESS(path), 0, 0);
    kernel3(SYS_read, (uint64_t)file, ADDRESS(found), sizeof(found));
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <fcntl.h>
#include <unistd.h>

/* Elsewhere: a file of its own in /tmp. */
HOST(before)
{
    char elsewhere[] = "/tmp/attack-elsewhere-XXXXXX";
    int file = mkstemp(elsewhere);
    if (file < 0 || write(file, host_secret(), SECRET_SIZE) != SECRET_SIZE ||
        symlink(elsewhere, host_path(host, "link")))
        abort();
    close(file);
}

HOST(run)
{
    enum og_error error = host_open_hostile(host);
    return error ? error : host_call_other(host, 1);
}

HOST(after)
{
    char elsewhere[64] = "";
    if (readlink(host_path(host, "link"), elsewhere, sizeof(elsewhere) - 1) > 0)
        unlink(elsewhere);
}
#endif
