/* Tries: to touch more memory than its limit says, without asking for it: all that is mapped
 *   around its own
 * From: CWE-770; CWE-789
 * Observed: The memory that the host's process takes, from outside.
 * Needs: linux, keys */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
/* From its own data upwards as far as it goes, page by page; where nothing isolates there is the
 * kernel to be asked. */
FOREIGN(run)
{
    static volatile uint8_t here[4096];
    if (!at->gate_start)
        for (long block = 0; block >= 0 || block < -4096;) {
            block = kernel6(SYS_mmap, 0, 1 << 20, 3, 0x22, -1, 0);
            for (size_t i = 0; i < 1 << 20; i += 4096)
                POINTER(volatile uint8_t, block)[i] = 1;
        }
    volatile uint8_t *heap = malloc(64);
    for (uint64_t page = 0;; page += 4096)
        heap[page] = here[0];
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
