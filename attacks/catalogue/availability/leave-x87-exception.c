/* Tries: to leave an exception pending in the x87 unit, for the next instruction there
 * From: CWE-664; ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019)
 * Observed: The host is still there, and has its thread.
 * Needs: machine-code */
#include "attacks/attack.h"

FOREIGN(run)
{
    uint16_t control = 0x037b; /* division by zero is not masked */
    __asm__ volatile("fninit\n\tfldcw %0\n\tfld1\n\tfldz\n\tfdivrp" : : "m"(control));
    return 0;
}
