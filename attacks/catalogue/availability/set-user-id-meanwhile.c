/* Tries: to be inside while another thread of the host calls setuid, for which the C library
 *   interrupts all threads, on whatever stack they have
 * From: nptl(7): SIGSETXID; CWE-787
 * Observed: A canary that has changed.
 * Needs: machine-code
 * Not for: process: the host's threads are not the worker's */
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
#include <unistd.h>

static void *LOCAL(change)(void *unused)
{
    usleep(20000);
    if (setuid(getuid()))
        abort();
    return unused;
}

HOST(run)
{
    pthread_t thread;
    enum og_error error = host_prepare(host);
    if (error || pthread_create(&thread, NULL, LOCAL(change), NULL))
        return error;
    error = host_call(host, 0);
    pthread_join(thread, NULL);
    return error;
}
#endif
