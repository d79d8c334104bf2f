/* Tries: to fault while the host has all signals blocked
 * From: CWE-400; signal(7): a fault that is blocked ends the process
 * Observed: The host is still there, and has its thread.
 * Not for: copy-wasm: address 0 is memory of the module's */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    *POINTER(volatile uint64_t, at->step) = 1;
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <signal.h>

HOST(run)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    enum og_error error = host_prepare(host);
    if (!error)
        error = host_call(host, 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}
#endif
