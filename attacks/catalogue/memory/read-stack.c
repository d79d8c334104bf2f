/* Tries: to read a secret of the host's on its stack, by its address
 * From: CWE-125; CWE-497
 * Observed: The secret in what the call gave back. */
#include "attacks/attack.h"

FOREIGN(run)
{
    take(at, at->secret_stack);
    return 0;
}
