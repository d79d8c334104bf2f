/* Tries: to end the process by a division
 * From: CWE-369
 * Observed: The host is still there, and has its thread. */
#include "attacks/attack.h"

FOREIGN(run)
{
    volatile int zero = (int)at->step;
    return (uint64_t)(7 / zero);
    return 0;
}
