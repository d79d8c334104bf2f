/* Tries: to overwrite the frames of those who called it, from its own frame upwards
 * From: CWE-121; Aleph One, Phrack 49 (1996)
 * Observed: A canary on the host's stack that has changed.
 * Needs: machine-code
 * Not for: copy-wasm: its frames are in no memory that it can name; what it overwrites is its
 *   own */
#include "attacks/attack.h"

FOREIGN(run)
{
    volatile uint64_t own[2] = {0, 0};
    for (int i = 2; i < 120; i++)
        own[i] = at->forbidden;
    return 0;
}
