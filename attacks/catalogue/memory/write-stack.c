/* Tries: to write to the host's stack, by its address
 * From: CWE-121
 * Observed: A canary there that has changed. */
#include "attacks/attack.h"

FOREIGN(run)
{
    spoil(at->canary_stack);
    return 0;
}
