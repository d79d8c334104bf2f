/* Tries: to return with other values in the registers that a call preserves
 * From: CWE-664; Hodor (Hedayati et al., USENIX ATC 2019)
 * Observed: The host finds its registers as it left them.
 * Needs: machine-code */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
/* As a function that ends where it was called, and has put nothing back. */
FOREIGN(run)
{
    (void)at;
    __asm__ volatile("mov $-1, %rbx\n\tmov $-1, %r12\n\tmov $-1, %r13\n\tmov $-1, %r14\n\t"
                     "mov $-1, %r15\n\tmov $7, %eax");
    return 7;
}
#endif

#ifdef ATTACK_HOST
__attribute__((noinline, used)) static enum og_error LOCAL(call)(struct host *host)
{
    return host_call(host, 0);
}

/* Keeps markers in the registers over the call. */
HOST(run)
{
    uint64_t left = 0, error = 0;
    if (host_prepare(host))
        return OG_FAULTED;
    __asm__ volatile(
        "push %%rbp\n\tmov %%rsp, %%rbp\n\tand $-16, %%rsp\n\t"
        "mov $0x1234567, %%ebx\n\tmov %%rbx, %%r12\n\tmov %%rbx, %%r13\n\t"
        "mov %%rbx, %%r14\n\tmov %%rbx, %%r15\n\tcall *%%rcx\n\t"
        "mov %%rbp, %%rsp\n\tpop %%rbp\n\t"
        "mov $0x1234567, %%ecx\n\txor %%edx, %%edx\n\t"
        "xor %%rcx, %%rbx\n\tor %%rbx, %%rdx\n\txor %%rcx, %%r12\n\tor %%r12, %%rdx\n\t"
        "xor %%rcx, %%r13\n\tor %%r13, %%rdx\n\txor %%rcx, %%r14\n\tor %%r14, %%rdx\n\t"
        "xor %%rcx, %%r15\n\tor %%r15, %%rdx"
        : "=a"(error), "=d"(left)
        : "c"(LOCAL(call)), "D"(host)
        : "rbx", "r12", "r13", "r14", "r15", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
    if (left)
        host_harmed(host, "registers that a call preserves hold other values");
    return (enum og_error)error;
}
#endif
