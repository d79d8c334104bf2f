/* Tries: to damage the heap, so that whoever uses it next faults
 * From: CWE-122; CWE-415
 * Observed: The host is still there, and has its thread. */
#include "attacks/attack.h"

FOREIGN(run)
{
    /* Sizes that are none, before blocks that look free. */
    for (int i = 0; i < 64; i++) {
        uint64_t *block = malloc(24);
        for (int j = -2; j < 4; j++)
            ((volatile uint64_t *)block)[j] = 0x4141414141414141;
    }
    free(malloc(24));
    uint64_t *last = malloc(24);
    last[-1] = 0x4141414141414140;
    free(last);
    malloc(1 << 20);
    malloc(100);
    return 0;
}
