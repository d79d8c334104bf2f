/* Tries: to unmap the host's code under it
 * From: CWE-400; PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_munmap, at->forbidden & ~4095ull, 4096, 0);
    kernel3(SYS_munmap, at->host_open & ~4095ull, 4096, 0);
    return 0;
}
