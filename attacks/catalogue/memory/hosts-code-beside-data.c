/* Tries: to find a WRPKRU in the data of a library of the host's that shares a page with its
 *   code
 * From: ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019): what is executable is pages,
 *   not segments
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
#include <link.h>

static void *LOCAL(handle);

/* The library's data begins in the file page in which its code ends: that page is mapped twice, and
 * the first time it is executable. */
HOST(before)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%.*s/libattack-neighbour.so",
             (int)(strrchr(host->library_path, '/') - host->library_path), host->library_path);
    LOCAL(handle) = dlopen(path, RTLD_NOW);
    const char *data = LOCAL(handle) ? dlsym(LOCAL(handle), "attack_neighbour") : NULL;
    const char *code = data ? dlsym(LOCAL(handle), "attack_neighbour_code") : NULL;
    if (!code) {
        host_cannot(host, "its library cannot be loaded");
        return;
    }
    /* The same place of the file, as the code's mapping has it. */
    host->places[PLACE_stray_code] = ((uintptr_t)code & ~4095ull) + ((uintptr_t)data & 4095);
}

HOST(after)
{
    (void)host;
    dlclose(LOCAL(handle));
}
#endif
