/* Tries: to have the host traced by its parent
 * From: CWE-250; Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: The host has a tracer.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_ptrace, 0, 0, 0); /* PTRACE_TRACEME */
    return 0;
}
