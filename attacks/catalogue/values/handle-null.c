/* Tries: to hand out a handle of nothing, which the host uses
 * From: CWE-476
 * Observed: The host is still there, and has its thread.
 * Not for: raw: its stub, too, tells that nothing was made, as every C program does */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(thing)
{
    (void)at;
    return NULL;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    struct attacks_thing thing;
    int used = 0;
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_make(&host->library, &thing, &host->fault);
    if (!error)
        error = call_attack_use(&host->library, &used, &thing, &host->fault);
    return error;
}
#endif
