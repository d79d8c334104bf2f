/* Tries: to keep the thread by calling back for ever
 * From: CWE-835; CWE-400
 * Observed: The host is still there, and has its thread. */
#include "attacks/attack.h"

FOREIGN(run)
{
    for (;;)
        at->call(1);
    return 0;
}
