/* Tries: to write to another instance of the library
 * From: CWE-668; Donky (Schrammel et al., USENIX Security 2020)
 * Observed: A canary of the other instance that has changed.
 * Needs: two-instances */
#include "attacks/attack.h"

FOREIGN(run)
{
    spoil(at->canary_other);
    return 0;
}
