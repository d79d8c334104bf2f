/* Tries: to keep the thread for ever in a constructor
 * From: CWE-835
 * Observed: The host is still there, and has its thread.
 * Needs: load
 * Run: constructor */
#include "attacks/attack.h"

FOREIGN(run)
{
    for (;;)
        __asm__ volatile("");
    return 0;
}
