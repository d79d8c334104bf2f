/* Tries: to call back with its stack pointer in the host's memory, for whoever comes next to
 *   push there
 * From: Garmr (Voulimeneas et al.); CWE-787
 * Observed: A canary that has changed.
 * Needs: machine-code */
#include "attacks/attack.h"

FOREIGN(run)
{
    const uint64_t stack = at->canary_page + 4096;
    __asm__ volatile(
        "mov %%rsp, %%rbx\n\tmov %0, %%rsp\n\tmov $1, %%edi\n\tcall *%1\n\tmov %%rbx, %%rsp"
        :
        : "r"(stack), "r"(at->call)
        : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
    return 0;
}
