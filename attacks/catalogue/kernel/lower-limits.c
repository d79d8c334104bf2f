/* Tries: to take the host's right to open files
 * From: CWE-770; CWE-400
 * Observed: The host can still open a file.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    uint64_t none[2] = {0, 0};
    kernel6(SYS_prlimit64, 0, 7, ADDRESS(none), 0, 0, 0); /* RLIMIT_NOFILE */
    return 0;
}
