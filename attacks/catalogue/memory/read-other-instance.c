/* Tries: to read a secret that another instance of the library holds
 * From: CWE-668; Donky (Schrammel et al., USENIX Security 2020), domains that do not trust each
 *   other
 * Observed: The secret in what the call gave back.
 * Needs: two-instances */
#include "attacks/attack.h"

FOREIGN(run)
{
    take(at, at->secret_other);
    return 0;
}
