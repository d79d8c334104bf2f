/* Tries: to write to the host's memory from a destructor
 * From: CWE-829; CWE-787
 * Observed: A canary that has changed.
 * Needs: load
 * Run: destructor */
#include "attacks/attack.h"

FOREIGN(run)
{
    spoil(at->canary_global);
    return 0;
}
