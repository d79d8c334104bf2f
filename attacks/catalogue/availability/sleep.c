/* Tries: to keep the thread by sleeping for an hour
 * From: CWE-400
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    uint64_t hour[2] = {3600, 0};
    kernel3(SYS_nanosleep, ADDRESS(hour), 0, 0);
    kernel6(SYS_clock_nanosleep, 1, 0, ADDRESS(hour), 0, 0, 0);
    return 0;
}
