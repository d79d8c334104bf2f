/* Tries: to fault with the alignment-check flag set: whoever handles it traps in turn
 * From: CWE-664; Intel SDM volume 3, 6.15 (vector 17)
 * Observed: The host is still there, and has its thread.
 * Needs: machine-code, alignment-check */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    __asm__ volatile("pushf\n\torq $0x40000, (%%rsp)\n\tpopf" : : : "memory");
    *POINTER(volatile uint64_t, at->step) = 1;
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    enum og_error error = host_prepare(host);
    return error ? error : host_call(host, 0);
}
#endif
