/* Tries: to touch more memory than its limit says, without asking for it: all that lies behind
 *   what it was given
 * From: CWE-770; CWE-789
 * Observed: The memory that the host's process takes, from outside.
 * Needs: linux, keys */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
/* From a page that it was given upwards as far as it goes, page by page; where nothing isolates
 * there is the kernel to be asked. */
FOREIGN(run)
{
    if (!at->gate_start)
        for (long block = 0; block >= 0 || block < -4096;) {
            block = kernel6(SYS_mmap, 0, 1 << 20, 3, 0x22, -1, 0);
            for (size_t i = 0; i < 1 << 20; i += 4096)
                POINTER(volatile uint8_t, block)[i] = 1;
        }
    volatile uint8_t *given = POINTER(volatile uint8_t, kernel6(SYS_mmap, 0, 4096, 3, 0x22, -1, 0));
    for (uint64_t page = 0;; page += 4096)
        given[page] = 1;
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(before)
{
    host->heap_size = 1 << 20;
    host->deadline_ms = 6000;
}
#endif
