/* Tries: to end the process by abort
 * From: CWE-617
 * Observed: The host is still there. */
#include "attacks/attack.h"

FOREIGN(run)
{
    abort();
    return 0;
}
