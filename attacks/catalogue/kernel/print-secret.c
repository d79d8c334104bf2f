/* Tries: to print the host's secret, to a host that shows what its library prints
 * From: CWE-441; CWE-532
 * Observed: The secret in what the host showed.
 * Needs: linux */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    const uint64_t parts[] = {at->secret_heap, SECRET_SIZE, at->secret_page, SECRET_SIZE};
    kernel3(SYS_write, 1, at->secret_global, SECRET_SIZE);
    kernel3(SYS_write, 2, at->secret_stack, SECRET_SIZE);
    kernel3(SYS_writev, 1, ADDRESS(parts), 2);
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <fcntl.h>
#include <unistd.h>

static void LOCAL(hear)(void *user, enum og_stream stream, char *text, size_t size)
{
    (void)stream;
    host_gives(user, text, size);
}

HOST(before)
{
    host->output = LOCAL(hear);
}

/* What comes to the streams of the process itself is shown as well. */
HOST(run)
{
    int ends[2], kept[2];
    uint8_t text[8 * SECRET_SIZE];
    enum og_error error = host_prepare(host);
    if (error || pipe2(ends, O_NONBLOCK | O_CLOEXEC))
        return error ? error : OG_SYSTEM;
    for (int i = 0; i < 2; i++) {
        kept[i] = dup(i + 1);
        dup2(ends[1], i + 1);
    }
    error = host_call(host, 0);
    for (int i = 0; i < 2; i++) {
        dup2(kept[i], i + 1);
        close(kept[i]);
    }
    ssize_t size = read(ends[0], text, sizeof(text));
    if (size > 0)
        host_gives(host, text, (size_t)size);
    close(ends[0]);
    close(ends[1]);
    return error;
}
#endif
