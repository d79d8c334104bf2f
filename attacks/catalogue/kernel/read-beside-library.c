/* Tries: to read, while it is loaded, what lies in the folder of its own file
 * From: CWE-552
 * Observed: The secret in what the call gave back.
 * Needs: linux, load
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
HOST(run)
{
    return LOCAL(load_and_ask)(host);
}
#endif
