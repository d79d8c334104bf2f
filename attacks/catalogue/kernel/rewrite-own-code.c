/* Tries: to make its own code writable, and to put instructions there that no scan has seen
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); ERIM (Vahldiek-Oberwagner et al.,
 *   USENIX Security 2019)
 * Observed: A file that only the host may make.
 * Needs: linux */
#include "attacks/attack.h"

__attribute__((noinline, aligned(4096), used)) static long LOCAL(victim)(const char *path,
                                                                         int flags, int mode)
{
    __asm__ volatile(".skip 64, 0x90");
    return (long)path + flags + mode;
}

FOREIGN(run)
{
    /* open(path, O_CREAT | O_WRONLY, 0600) */
    static const uint8_t code[] = {0xb8, SYS_open, 0, 0, 0, 0x0f, 0x05, 0xc3};
    long (*volatile run)(const char *, int, int) = LOCAL(victim);
    kernel3(SYS_mprotect, ADDRESS(run) & ~4095ull, 4096, 7);
    memcpy(POINTER(void, ADDRESS(run)), code, sizeof(code));
    run(at->path, 0101, 0600);
    return 0;
}
