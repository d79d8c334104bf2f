/* Tries: to end the process by a null pointer
 * From: CWE-476
 * Observed: The host is still there.
 * Not for: copy-wasm: address 0 is memory of the module's */
#include "attacks/attack.h"

FOREIGN(run)
{
    *POINTER(volatile uint64_t, at->step) = 1;
    return 0;
}
