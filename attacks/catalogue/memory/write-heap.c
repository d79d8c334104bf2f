/* Tries: to write to the host's heap, by its address
 * From: CWE-122
 * Observed: A canary there that has changed. */
#include "attacks/attack.h"

FOREIGN(run)
{
    spoil(at->canary_heap);
    return 0;
}
