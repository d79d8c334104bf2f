/* Tries: to have a harmless call write for it: a handle whose address is the host's
 * From: CWE-822; CWE-704
 * Observed: A canary that has changed. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(thing)
{
    return POINTER(struct attack_thing, at->canary_global);
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
