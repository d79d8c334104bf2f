/* Tries: to end the process by a fault in a constructor
 * From: CWE-476
 * Observed: The host is still there, and has its thread.
 * Needs: load
 * Run: constructor */
#include "attacks/attack.h"

FOREIGN(run)
{
    *POINTER(volatile uint64_t, 8) = 1;
    return 0;
}
