/* Tries: to find a secret in the x87 registers, below tags that say that they are empty
 * From: CWE-226; CVE-2018-3665 (Lazy FP) for what is left there
 * Observed: The secret in what the call gave back.
 * Needs: machine-code
 * Not for: process: the host's registers are not the worker's */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    uint8_t state[512] __attribute__((aligned(16)));
    __asm__ volatile("fxsave %0" : "=m"(state));
    for (int i = 0; i < 8; i++) /* the mantissas, in the order of the stack */
        memcpy(at->loot + 8 * i, state + 32 + 16 * i, 8);
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    uint64_t words[2];
    memcpy(words, host_secret(), sizeof(words));
    enum og_error error = host_prepare(host);
    if (error)
        return error;
    __asm__ volatile("movq %0, %%mm0\n\tmovq %1, %%mm1\n\temms" : : "m"(words[0]), "m"(words[1]));
    return host_call(host, 0);
}
#endif
