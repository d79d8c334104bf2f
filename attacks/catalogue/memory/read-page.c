/* Tries: to read a secret of the host's in a page that is read-only to all, by its address
 * From: CWE-125; Donky (Schrammel et al., USENIX Security 2020)
 * Observed: The secret in what the call gave back. */
#include "attacks/attack.h"

FOREIGN(run)
{
    take(at, at->secret_page);
    return 0;
}
