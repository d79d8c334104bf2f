/* Tries: to free a block twice
 * From: CWE-415
 * Observed: The host is still there, and has its thread.
 * Not for: copy-wasm: its allocator does not look, and what it damages is the module's own */
#include "attacks/attack.h"

FOREIGN(run)
{
    void *block = malloc(24), *volatile again = block;
    free(block);
    free(again);
    free(again);
    return 0;
}
