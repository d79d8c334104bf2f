/* Tries: to forbid the host nearly all system calls, for ever
 * From: CWE-400; PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: The host goes on.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    kernel3(SYS_prctl, 22, 1, 0); /* PR_SET_SECCOMP, strict */
    return 0;
}
