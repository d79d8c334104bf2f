/* Tries: to find a secret in registers that carry no argument
 * From: CWE-226; Hodor (Hedayati et al., USENIX ATC 2019)
 * Observed: The secret in what the call gave back.
 * Needs: machine-code
 * Not for: process: the host's registers are not the worker's */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    __asm__ volatile("movups %%xmm14, (%0)\n\tmovups %%xmm15, 16(%0)" : : "r"(at->loot) : "memory");
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    enum og_error error = host_prepare(host);
    if (error)
        return error;
    __asm__ volatile("movups %0, %%xmm15\n\tmovups %0, %%xmm14"
                     :
                     : "m"(*(const __uint128_t *)(const void *)host_secret())
                     : "xmm14", "xmm15");
    return host_call(host, 0);
}
#endif
