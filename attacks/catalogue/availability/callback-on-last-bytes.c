/* Tries: to call back from the last bytes of its stack, so that what the host pushes for its
 *   next call goes into what guards it
 * From: CWE-121; CWE-674
 * Observed: The host is still there, and has its thread.
 * Needs: machine-code, keys */
#include "attacks/attack.h"

#include <omniglot/domain.h>

#ifdef ATTACK_FOREIGN
extern void *__libc_stack_end;

FOREIGN(run)
{
    /* The end of its stack; the lowest page, above the guard. Where nothing isolates: of the
     * host's. */
    uint64_t end = (ADDRESS(__libc_stack_end) + 4095) & ~4095ull;
    uint64_t stack = at->gate_start ? end - OG_DEFAULT_FOREIGN_STACK + 208 : at->canary_page + 64;
    if (at->step == 1)
        return 0;
    __asm__ volatile(
        "mov %%rsp, %%rbx\n\tmov %0, %%rsp\n\tmov $1, %%edi\n\tcall *%1\n\tmov %%rbx, %%rsp"
        :
        : "r"(stack), "r"(at->call)
        : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
    return 0;
}
#endif

#ifdef ATTACK_HOST
static struct host *LOCAL(host);

static uint64_t LOCAL(call)(uint64_t value)
{
    (void)add_two(LOCAL(host));
    return value;
}

HOST(before)
{
    LOCAL(host) = host;
    host->called_back = LOCAL(call);
}
#endif
