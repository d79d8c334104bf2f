/* Tries: to find a secret in the upper halves of vector registers
 * From: CWE-226; CVE-2018-3665 (Lazy FP) for what is left there
 * Observed: The secret in what the call gave back.
 * Needs: machine-code
 * Not for: process: the host's registers are not the worker's */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    __asm__ volatile("vextractf128 $1, %%ymm15, %%xmm0\n\tmovups %%xmm0, (%0)\n\tvzeroupper"
                     :
                     : "r"(at->loot)
                     : "memory", "xmm0");
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(before)
{
    if (!__builtin_cpu_supports("avx"))
        host_cannot(host, "this processor has no such registers");
}

HOST(run)
{
    enum og_error error = host_prepare(host);
    if (error)
        return error;
    __asm__ volatile("vmovups %0, %%xmm15\n\tvinsertf128 $1, %%xmm15, %%ymm15, %%ymm15\n\tvpxor "
                     "%%xmm14, %%xmm14, %%xmm14"
                     :
                     : "m"(*(const __uint128_t *)(const void *)host_secret())
                     : "xmm14", "xmm15");
    return host_call(host, 0);
}
#endif
