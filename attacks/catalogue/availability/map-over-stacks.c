/* Tries: to map a file over the stacks of threads to come, in a constructor: what the host
 *   pushes there for a call faults
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); CWE-400
 * Observed: The host is still there, and has its thread.
 * Needs: linux, keys, load, threads
 * Run: constructor */
#include "attacks/attack.h"

#include <omniglot/domain.h>

#ifdef ATTACK_FOREIGN
extern void *__libc_stack_end;

FOREIGN(run)
{
    char path[128];
    strcpy(path, at->path);
    strcpy(strrchr(path, '/'), "/hostile.so");
    int file = (int)kernel3(SYS_open, ADDRESS(path), 0, 0);
    /* Above the first stack lie what scopes allocate, the heap, and the stacks of who comes next,
     * each with a guard below it. */
    uint64_t stacks =
        ((ADDRESS(__libc_stack_end) + 4095) & ~4095ull) + OG_DEFAULT_STACK + OG_DEFAULT_HEAP;
    if (!at->gate_start)
        kernel6(SYS_mmap, at->canary_page, 4096, 1, 0x12, (uint64_t)file, 0);
    else
        for (uint64_t i = 1; i < 16; i++)
            kernel6(SYS_mmap, stacks + i * (OG_DEFAULT_FOREIGN_STACK + 4096) - 4096, 4096, 1, 0x12,
                    (uint64_t)file, 0);
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    return 0;
}
#endif

#ifdef ATTACK_HOST
static void *LOCAL(call)(void *argument)
{
    struct host *host = argument;
#if !defined(WORKLOAD_SYSTEM_raw)
    uint32_t sum = 0;
    struct og_fault fault;
    (void)call_attack_add(&host->other, &sum, 1, 2, &fault);
#endif
    return host;
}

HOST(run)
{
    pthread_t thread;
    enum og_error error = host_open_hostile(host);
    if (!error && pthread_create(&thread, NULL, LOCAL(call), host) == 0)
        pthread_join(thread, NULL);
    return error;
}
#endif
