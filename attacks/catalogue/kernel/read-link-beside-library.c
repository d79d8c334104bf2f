/* Tries: to read, while it is loaded, a file elsewhere, by a symbolic link in the folder of its
 *   own file
 * From: CWE-59; CWE-61
 * Observed: The secret in what the call gave back.
 * Needs: linux, load
 * Run: constructor */
#include "attacks/attack.h"
#include "attacks/own_folder.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    return LOCAL(read_while_loading)(at, "/link");
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
    return LOCAL(load_and_ask)(host);
}

HOST(after)
{
    char elsewhere[64] = "";
    if (readlink(host_path(host, "link"), elsewhere, sizeof(elsewhere) - 1) > 0)
        unlink(elsewhere);
}
#endif
