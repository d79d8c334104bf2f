/* Tries: to fault with no stack at all
 * From: CWE-121; signal(7)
 * Observed: The host is still there, and has its thread.
 * Needs: machine-code */
#include "attacks/attack.h"

FOREIGN(run)
{
    __asm__ volatile("xor %%esp, %%esp\n\tpush %%rax" : : : "memory");
    return 0;
}
