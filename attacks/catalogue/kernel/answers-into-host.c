/* Tries: to have the kernel write other answers there: names, limits, resolutions, memory, what a
 *   file is
 * From: CWE-441; PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: A canary that has changed.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel6(SYS_prlimit64, 0, 7, 0, at->canary_global, 0, 0);
    kernel3(SYS_clock_getres, 1, at->canary_heap, 0);
    kernel3(SYS_gettimeofday, at->canary_stack, 0, 0);
    kernel3(SYS_uname, at->canary_page, 0, 0);
    kernel3(SYS_sysinfo, at->canary_page, 0, 0);
    kernel3(SYS_arch_prctl, 0x1003, at->canary_heap, 0); /* ARCH_GET_FS */
    kernel3(SYS_fstat, 1, at->canary_stack, 0);
    return 0;
}
