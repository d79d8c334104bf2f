/* Tries: to return with the alignment-check flag set: the host's next access that is not aligned
 *   traps
 * From: CWE-664; Intel SDM volume 3, 6.15 (vector 17)
 * Observed: The host is still there, and has its thread.
 * Needs: machine-code, alignment-check */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    (void)at;
    __asm__ volatile("pushf\n\torq $0x40000, (%%rsp)\n\tpopf" : : : "memory");
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    static uint8_t bytes[16];
    enum og_error error = host_prepare(host);
    if (!error)
        error = host_call(host, 0);
    *(volatile uint64_t *)(void *)(bytes + 1) = 1;
    return error;
}
#endif
