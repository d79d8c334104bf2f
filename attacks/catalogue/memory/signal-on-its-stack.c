/* Tries: to have the kernel write a signal's frame where its stack pointer points: into the
 *   host's memory. The host has a handler that it forgot to hand to the runtime
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); signal(7)
 * Observed: A canary that has changed.
 * Needs: machine-code
 * Not for: process: the host's signals are not the worker's */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
/* For some 200 ms its stack pointer is where the host's memory ends. */
FOREIGN(run)
{
    const uint64_t stack = at->canary_page + 4096;
    __asm__ volatile("mov %%rsp, %%rbx\n\tmov %0, %%rsp\n\tmov $200000000, %%ecx\n"
                     "1:\tdec %%ecx\n\tjnz 1b\n\tmov %%rbx, %%rsp"
                     :
                     : "r"(stack)
                     : "rbx", "rcx", "memory");
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

static volatile bool LOCAL(done);
static pthread_t LOCAL(main);

static void *LOCAL(disturb)(void *unused)
{
    while (!LOCAL(done)) {
        usleep(10000);
        pthread_kill(LOCAL(main), SIGUSR1);
    }
    return unused;
}

HOST(run)
{
    pthread_t thread;
    enum og_error error = host_prepare(host);
    if (error)
        return error;
    struct sigaction action = {.sa_handler = LOCAL(handle)}, before;
    sigaction(SIGUSR1, &action, &before);
    LOCAL(main) = pthread_self();
    if (pthread_create(&thread, NULL, LOCAL(disturb), NULL))
        abort();
    error = host_call(host, 0);
    LOCAL(done) = true;
    pthread_join(thread, NULL);
    sigaction(SIGUSR1, &before, NULL);
    return error;
}
#endif
