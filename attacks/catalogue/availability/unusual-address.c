/* Tries: to fault by an address that no memory can have
 * From: CWE-822
 * Observed: The host is still there, and has its thread.
 * Not for: copy-wasm: an address has 32 bits */
#include "attacks/attack.h"

FOREIGN(run)
{
    *POINTER(volatile uint64_t, 0x8000000000000000) = 1;
    return 0;
}
