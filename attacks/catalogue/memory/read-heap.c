/* Tries: to read a secret of the host's on its heap, by its address
 * From: CWE-125; CVE-2014-0160, of which this is the outcome
 * Observed: The secret in what the call gave back. */
#include "attacks/attack.h"

FOREIGN(run)
{
    take(at, at->secret_heap);
    return 0;
}
