/* Tries: to end the process in a constructor
 * From: CWE-382
 * Observed: The host is still there, and has its thread.
 * Needs: load
 * Run: constructor */
#include "attacks/attack.h"

FOREIGN(run)
{
    exit(0);
    return 0;
}
