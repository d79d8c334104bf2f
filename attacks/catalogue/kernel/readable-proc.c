/* Tries: to read the host's memory by /proc/self/mem, where the host lets the library read below
 *   /proc
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); CWE-59
 * Observed: The secret in what the call gave back.
 * Needs: linux, grant */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    int file = (int)kernel3(SYS_open, ADDRESS("/proc/self/mem"), 0, 0);
    kernel6(SYS_pread64, (uint64_t)file, ADDRESS(at->loot), SECRET_SIZE, at->secret_global, 0, 0);
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(before)
{
    static const char *const paths[] = {"/proc", NULL};
    host->readable_paths = paths;
}

HOST(after)
{
    host->readable_paths = NULL;
}
#endif
