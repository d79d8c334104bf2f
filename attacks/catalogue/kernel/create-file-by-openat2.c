/* Tries: to make a file by a newer call than the list of calls knows
 * From: Jenny (Schrammel et al., USENIX Security 2022): a policy has to name what is allowed
 * Observed: A file that only the host may make.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    uint64_t how[3] = {0101, 0600, 0}; /* O_CREAT | O_WRONLY */
    kernel6(SYS_openat2, -100, ADDRESS(at->path), ADDRESS(how), sizeof(how), 0, 0);
    return 0;
}
