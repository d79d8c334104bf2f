/* Tries: to keep the thread for ever, computing
 * From: CWE-835
 * Observed: The host gets its thread back, or not. */
#include "attacks/attack.h"

FOREIGN(run)
{
    for (;;)
        __asm__ volatile("");
    return 0;
}
