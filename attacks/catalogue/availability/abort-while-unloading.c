/* Tries: to end the process in a destructor
 * From: CWE-617
 * Observed: The host is still there, and has its thread.
 * Needs: load
 * Run: destructor */
#include "attacks/attack.h"

FOREIGN(run)
{
    abort();
    return 0;
}
