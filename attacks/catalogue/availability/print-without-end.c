/* Tries: to keep the host's thread by printing for ever, to a host that hears it
 * From: CWE-400; CWE-779
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    static uint8_t bytes[1 << 16];
    for (;;)
        kernel3(SYS_write, 2, ADDRESS(bytes), sizeof(bytes));
    return 0;
}
#endif

#ifdef ATTACK_HOST
static void LOCAL(hear)(void *user, enum og_stream stream, char *text, size_t size)
{
    (void)user, (void)stream;
    og_output_make_printable(text, size);
}

HOST(before)
{
    host->output = LOCAL(hear);
}
#endif
