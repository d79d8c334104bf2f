/* Tries: to use up the host's descriptors from two threads, which open what they may and close
 *   it again
 * From: CWE-362; CWE-775
 * Observed: The number of the host's descriptors, from outside.
 * Needs: linux, threads */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    /* Where nothing isolates, nobody counts. */
    for (int i = 0; i < 2000; i++) {
        long file = kernel3(SYS_open, ADDRESS("/proc/version"), 0, 0);
        if (at->gate_start)
            kernel3(SYS_close, (uint64_t)file, 0, 0);
    }
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(before)
{
    static const char *const paths[] = {"/proc/version", NULL};
    host->readable_paths = paths;
}

HOST(run)
{
    static volatile bool done;
    struct host_thread second;
    enum og_error error = host_prepare(host);
    if (error)
        return error;
    host_thread_start(&second, host, 1, &done);
    for (int i = 0; i < 5 && !error; i++)
        error = host_call(host, 0);
    done = true;
    enum og_error other = host_thread_join(&second);
    return error ? error : other;
}
#endif
