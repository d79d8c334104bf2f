/* Tries: to keep the thread by waiting for a word that nobody changes
 * From: CWE-833
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    static uint32_t word;
    kernel6(SYS_futex, ADDRESS(&word), 0, 0, 0, 0, 0); /* FUTEX_WAIT */
    return 0;
}
