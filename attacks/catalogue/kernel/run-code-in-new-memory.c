/* Tries: to map memory that is writable and executable, and to run what it writes there
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); CWE-119
 * Observed: A file that only the host may make.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    /* open(path, O_CREAT | O_WRONLY, 0600) */
    static const uint8_t code[] = {0xb8, SYS_open, 0, 0, 0, 0x0f, 0x05, 0xc3};

    long page = kernel6(SYS_mmap, 0, 4096, 7, 0x22, -1, 0);
    if (page < 0 && page > -4096)
        return 1;
    memcpy(POINTER(void, page), code, sizeof(code));
    ((long (*)(const char *, int, int))(uintptr_t)page)(at->path, 0101, 0600);
    return 0;
}
