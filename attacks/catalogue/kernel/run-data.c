/* Tries: to make its own data executable, and to run it
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: A file that only the host may make.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    /* open(path, O_CREAT | O_WRONLY, 0600) */
    static const uint8_t code[] = {0xb8, SYS_open, 0, 0, 0, 0x0f, 0x05, 0xc3};

    static uint8_t data[4096] __attribute__((aligned(4096)));
    memcpy(data, code, sizeof(code));
    kernel3(SYS_mprotect, ADDRESS(data), sizeof(data), 5);
    ((long (*)(const char *, int, int))(uintptr_t)data)(at->path, 0101, 0600);
    return 0;
}
