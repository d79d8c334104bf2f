/* Tries: to take memory from the kernel itself and to use it, without an end
 * From: CWE-770; CWE-789
 * Observed: The memory that the host's process takes, from outside.
 * Needs: linux */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    for (;;) {
        long block = kernel6(SYS_mmap, 0, 1 << 20, 3, 0x22, -1, 0);
        if (block < 0 && block > -4096)
            break;
        for (size_t i = 0; i < 1 << 20; i += 4096)
            POINTER(volatile uint8_t, block)[i] = 1;
    }
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
