/* Tries: to take memory and to use it, without an end
 * From: CWE-770; CWE-789
 * Observed: The memory that the host's process takes, from outside. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    /* Each page touched. */
    for (;;) {
        volatile uint8_t *block = malloc(1 << 20);
        for (size_t i = 0; block && i < 1 << 20; i += 4096)
            block[i] = 1;
        if (!block)
            break;
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
