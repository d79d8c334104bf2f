/* Tries: to leave the x87 unit rounding another way, and its exceptions on
 * From: CWE-664
 * Observed: The host's state is what it was.
 * Needs: machine-code */
#include "attacks/attack.h"

FOREIGN(run)
{
    uint16_t control = 0x037f | 0x0c00;
    __asm__ volatile("fldcw %0" : : "m"(control));
    return 0;
}
