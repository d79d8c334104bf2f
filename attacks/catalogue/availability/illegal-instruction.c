/* Tries: to end the process by an instruction that is none
 * From: CWE-705
 * Observed: The host is still there. */
#include "attacks/attack.h"

FOREIGN(run)
{
    __builtin_trap();
    return 0;
}
