/* Tries: to take away the base by which the gate knows its thread, by loading a selector, and
 *   then to call back
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); Garmr (Voulimeneas et al.)
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, keys */
#include "attacks/attack.h"

FOREIGN(run)
{
    if (at->gate_start) {
        __asm__ volatile("mov %0, %%gs" : : "r"(0));
        at->call(1);
    }
    take(at, at->secret_global);
    return 0;
}
