/* Tries: to write to the host's data, by its address
 * From: CWE-787; ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019)
 * Observed: A canary there that has changed. */
#include "attacks/attack.h"

FOREIGN(run)
{
    spoil(at->canary_global);
    return 0;
}
