/* Tries: to keep a function of the host's running while another thread closes it and frees what it
 *   works on
 * From: CWE-416; CWE-362
 * Observed: A function of the host's that nobody calls was entered.
 * Needs: threads */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    for (;;)
        at->call(1);
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <unistd.h>

static volatile bool LOCAL(running), LOCAL(closed);

/* Looks, while it runs, whether what it works on is there still. */
static uint64_t LOCAL(call)(uint64_t value)
{
    LOCAL(running) = true;
    for (int i = 0; i < 20; i++) {
        if (LOCAL(closed))
            forbidden();
        host_spin(10);
    }
    return value;
}

static void *LOCAL(close)(void *memory)
{
    struct host *host = memory;
    while (!LOCAL(running))
        usleep(100);
    attacks_called_back_close(&host->library, &host->callback);
    LOCAL(closed) = true;
    return NULL;
}

HOST(before)
{
    host->called_back = LOCAL(call);
}

HOST(run)
{
    pthread_t closer;
    enum og_error error = host_prepare(host);
    if (error)
        return error;
    if (pthread_create(&closer, NULL, LOCAL(close), host))
        abort();
    error = host_call(host, 0);
    pthread_join(closer, NULL);
    return error;
}
#endif
