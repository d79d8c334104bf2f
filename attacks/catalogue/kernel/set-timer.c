/* Tries: to have a signal sent to the host at a time of the library's choice
 * From: CWE-400
 * Observed: No timer of the process runs.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    uint64_t in_an_hour[4] = {0, 0, 3600, 0};
    kernel3(SYS_setitimer, 0, ADDRESS(in_an_hour), 0);
    return 0;
}
