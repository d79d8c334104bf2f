/* Tries: to fault on threads that exit right after, while the host resets the library: what is kept
 *   of a fault, and of a thread, is freed by one and read by the other
 * From: CWE-416; CWE-362
 * Observed: The host is still there, and has its thread.
 * Needs: threads */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    if (at->step == 1)
        __builtin_trap();
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    enum og_error first = OG_OK, error = host_prepare(host);
    for (int i = 0; i < 40 && !error; i++) {
        struct host_thread threads[2];
        for (int j = 0; j < 2; j++)
            host_thread_start(&threads[j], host, 1, NULL);
        struct og_fault unused;
        while (!threads[0].ended || !threads[1].ended)
            (void)!instance_reset(&host->library.instance, &unused);
        for (int j = 0; j < 2; j++) {
            error = host_thread_join(&threads[j]);
            first = first ? first : error;
        }
        if (instance_reset(&host->library.instance, &unused))
            return unused.error;
        error = host_prepare(host);
    }
    return first ? first : error;
}
#endif
