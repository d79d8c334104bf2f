/* Tries: to halt the processor
 * From: CWE-250
 * Observed: The host is still there, and has its thread.
 * Needs: machine-code */
#include "attacks/attack.h"

FOREIGN(run)
{
    __asm__ volatile("hlt");
    return 0;
}
