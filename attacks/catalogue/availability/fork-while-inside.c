/* Tries: to hold a lock of the library's on another thread when the host forks: the child, which
 *   lacks that thread, waits for it for ever
 * From: CWE-833; CWE-667; the rationale of POSIX's fork
 * Observed: The host is still there, and has its thread, and so has its child.
 * Needs: threads */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
static volatile int LOCAL(lock);

/* Step 1 is made over and over on another thread, and holds the lock nearly all the time; step 2 is
 * the child's. */
FOREIGN(run)
{
    while (__atomic_exchange_n(&LOCAL(lock), 1, __ATOMIC_ACQUIRE))
        ;
    for (volatile int i = 0; at->step == 1 && i < 1000000; i++)
        ;
    __atomic_store_n(&LOCAL(lock), 0, __ATOMIC_RELEASE);
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <sys/wait.h>
#include <unistd.h>

HOST(run)
{
    struct host_thread second;
    volatile bool done = false;
    enum og_error refused = OG_OK, error = host_prepare(host);
    if (error)
        return error;
    host_thread_start(&second, host, 1, &done);
    for (int i = 0; i < 8 && !refused; i++) {
        usleep(5000);
        pid_t child = fork();
        if (child == 0) {
            alarm(1);
            _exit((int)host_call(host, 2));
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) != child)
            continue;
        refused = (enum og_error)WEXITSTATUS(status);
        if (WIFSIGNALED(status)) {
            host_harmed(host, "the host's child waits for a thread that it does not have");
            break;
        }
    }
    done = true;
    error = host_thread_join(&second);
    /* The child has been told that it cannot use the library. */
    return error      ? error
           : !refused ? OG_OK
                      : og_fail(&host->fault, refused, NULL, 0, "in a child of the host's");
}
#endif
