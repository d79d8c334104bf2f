/* Tries: to fill whatever the host's output leads to
 * From: CWE-400; CWE-779
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

FOREIGN(run)
{
    static uint8_t bytes[1 << 16];
    for (;;)
        kernel3(SYS_write, 1, ADDRESS(bytes), sizeof(bytes));
    return 0;
}
