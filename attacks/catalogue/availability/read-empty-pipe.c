/* Tries: to keep the thread by reading what nobody writes
 * From: CWE-400
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    int ends[2];
    uint8_t byte;
    if (!kernel3(SYS_pipe, ADDRESS(ends), 0, 0))
        kernel3(SYS_read, (uint64_t)ends[0], ADDRESS(&byte), 1);
    return 0;
}
