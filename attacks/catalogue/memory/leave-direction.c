/* Tries: to leave the direction flag set: the host's next copy runs backwards
 * From: CVE-2008-1367; CWE-664
 * Observed: The host's state is what it was.
 * Needs: machine-code */
#include "attacks/attack.h"

FOREIGN(run)
{
    __asm__ volatile("std");
    return 0;
}
