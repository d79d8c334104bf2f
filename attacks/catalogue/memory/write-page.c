/* Tries: to write to a page of the host's, by its address
 * From: CWE-787; Hodor (Hedayati et al., USENIX ATC 2019)
 * Observed: A canary there that has changed. */
#include "attacks/attack.h"

FOREIGN(run)
{
    spoil(at->canary_page);
    return 0;
}
