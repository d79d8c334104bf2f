/* Tries: to stop in the gate, when it has just opened, by the trap flag
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); CVE-2018-8897 (POP SS) for what
 *   single steps are good for
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, keys */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    if (at->gate_start)
        __asm__ volatile("pushf\n\torq $0x100, (%%rsp)\n\tpopf\n\tjmp *%0"
                         :
                         : "r"(at->gate_return));
    take(at, at->secret_global);
    return 0;
}
#endif
