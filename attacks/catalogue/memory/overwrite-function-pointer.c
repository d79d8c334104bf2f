/* Tries: to let the host call a function of its own that it never calls, by overwriting a
 *   pointer to a function
 * From: CWE-123; CWE-822
 * Observed: The function was entered. */
#include "attacks/attack.h"

FOREIGN(run)
{
    *POINTER(volatile uint64_t, at->pointer) = at->forbidden;
    return 0;
}
