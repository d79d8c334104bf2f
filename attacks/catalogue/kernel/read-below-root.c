/* Tries: to read, while it is loaded, any file there is: its own file lies in the root folder,
 *   and all that is below a library's folder counts as beside it
 * From: CWE-552; CWE-22
 * Observed: The secret in what the call gave back.
 * Needs: linux, load, root
 * Not for: process: its worker is no library in a folder
 * Run: constructor */
#include "attacks/attack.h"
#include "attacks/own_folder.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    return LOCAL(read_while_loading)(at, "/secrets");
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
    return LOCAL(load_and_ask)(host);
}

HOST(after)
{
    unlink(host->hostile_path);
}
#endif
