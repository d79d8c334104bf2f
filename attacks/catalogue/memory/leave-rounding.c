/* Tries: to leave vector arithmetic rounding another way
 * From: CWE-664; ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019): what a switch has to
 *   put back
 * Observed: The host's state is what it was.
 * Needs: machine-code */
#include "attacks/attack.h"

FOREIGN(run)
{
    uint32_t control = 0x1f80 | 0x6000;
    __asm__ volatile("ldmxcsr %0" : : "m"(control));
    return 0;
}
