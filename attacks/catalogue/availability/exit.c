/* Tries: to end the process by exit
 * From: CWE-382
 * Observed: The host is still there. */
#include "attacks/attack.h"

FOREIGN(run)
{
    exit(3);
    return 0;
}
