/* Tries: to call on one thread the function that the host has given to another one's call, with
 *   what is that one's
 * From: CWE-362; CWE-663
 * Observed: A function of one thread's ran on another.
 * Needs: threads */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
static attack_callback *volatile LOCAL(kept);

FOREIGN(run)
{
    if (at->step == 0)
        LOCAL(kept) = at->call;
    else if (LOCAL(kept))
        LOCAL(kept)(1);
    return 0;
}
#endif

#ifdef ATTACK_HOST
static pthread_t LOCAL(owner);
static struct host *LOCAL(host);

/* What it works on is its thread's own, and has no lock. */
static uint64_t LOCAL(call)(uint64_t value)
{
    if (!pthread_equal(pthread_self(), LOCAL(owner)))
        host_harmed(LOCAL(host), "a function that was one thread's to be called ran on another");
    return value;
}

HOST(before)
{
    LOCAL(host) = host;
    LOCAL(owner) = pthread_self();
    host->called_back = LOCAL(call);
}

HOST(run)
{
    struct host_thread second;
    enum og_error error = host_prepare(host);
    if (!error)
        error = host_call(host, 0);
    if (error)
        return error;
    host_thread_start(&second, host, 1, NULL);
    return host_thread_join(&second);
}
#endif
