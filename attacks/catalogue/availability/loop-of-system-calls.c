/* Tries: to keep the thread by one long system call after the other: the host is never where it
 *   looks for a deadline
 * From: CWE-835; CWE-400
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    static uint8_t memory[1 << 20];
    for (;;)
        kernel3(SYS_getrandom, ADDRESS(memory), sizeof(memory), 0);
    return 0;
}
