/* Tries: to leave the x87 stack full: the host's next values there are lost
 * From: CWE-664
 * Observed: The host's state is what it was.
 * Needs: machine-code */
#include "attacks/attack.h"

FOREIGN(run)
{
    __asm__ volatile("fld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1");
    return 0;
}
