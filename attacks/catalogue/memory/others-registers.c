/* Tries: to read the registers of another instance that was interrupted last, where the gate
 *   keeps them
 * From: CWE-226; CWE-200
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, keys, two-instances */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
/* Step 1, in the other instance: the secret in registers, for a while. */
FOREIGN(run)
{
    if (at->step == 1) {
        __asm__ volatile("mov (%0), %%rax\n\tmov 8(%0), %%rcx\n\tmov $10000000, %%r8d\n"
                         "1:\tdec %%r8d\n\tjnz 1b"
                         :
                         : "r"(at->secret_other)
                         : "rax", "rcx", "r8", "memory");
    } else if (at->gs) {
        memcpy(at->loot, POINTER(const void, at->gs + 8), 16);
    } else {
        take(at, at->secret_other);
    }
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <signal.h>
#include <unistd.h>

static void LOCAL(handle)(int signal)
{
    (void)signal;
}

static pthread_t LOCAL(main);
static volatile bool LOCAL(done);

static void *LOCAL(disturb)(void *unused)
{
    while (!LOCAL(done)) {
        usleep(500);
        pthread_kill(LOCAL(main), SIGUSR1);
    }
    return unused;
}

HOST(before)
{
    host->deadline_ms = 4000;
    signal(SIGUSR1, LOCAL(handle));
}

HOST(run)
{
    pthread_t thread;
    LOCAL(main) = pthread_self();
    if (pthread_create(&thread, NULL, LOCAL(disturb), NULL))
        abort();
    enum og_error error = host_call_other(host, 1);
    LOCAL(done) = true;
    pthread_join(thread, NULL);
    host->evidence->loot_size = 0; /* what it did with its own secret is its own affair */
    if (!error)
        error = host_prepare(host);
    return error ? error : host_call(host, 0);
}
#endif
