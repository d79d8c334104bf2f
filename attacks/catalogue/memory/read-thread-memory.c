/* Tries: to read a secret of the host's in its thread's own memory, beside the C library's, by
 *   its address
 * From: CWE-125; Hodor (Hedayati et al., USENIX ATC 2019)
 * Observed: The secret in what the call gave back. */
#include "attacks/attack.h"

FOREIGN(run)
{
    take(at, at->secret_thread);
    return 0;
}
