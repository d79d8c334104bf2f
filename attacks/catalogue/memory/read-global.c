/* Tries: to read a secret of the host's in its data, by its address
 * From: CWE-125; ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019)
 * Observed: The secret in what the call gave back. */
#include "attacks/attack.h"

FOREIGN(run)
{
    take(at, at->secret_global);
    return 0;
}
