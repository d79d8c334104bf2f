/* og-worker-resolver: its resolver, which the dynamic loader calls before anything else of the
 * worker runs, and so before its filter, writes to its host's memory. */
#include "baselines/process/tests/test-worker.h"
#include "baselines/process/worker.h"

#include <sys/syscall.h>
#include <sys/uio.h>

const struct process_handler process_handlers[] = {{NULL}};
const size_t process_handler_count = 0;

/* Where nothing is relocated yet, the C library's functions are not there. */
static inline long call(long number, long a, long b, long c, long d, long e)
{
    long result;
    register long fourth __asm__("r10") = d;
    register long fifth __asm__("r8") = e;
    register long sixth __asm__("r9") = 0;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
    return result;
}

static void nothing(void)
{
}

__attribute__((no_sanitize("address", "undefined"), used)) static void (*resolve(void))(void)
{
    char byte = 1;
    struct iovec from = {&byte, 1}, to = {(void *)RESOLVER_PREY, 1};
    call(SYS_process_vm_writev, call(SYS_getppid, 0, 0, 0, 0, 0), (long)&from, 1, (long)&to, 1);
    return nothing;
}

void resolved(void) __attribute__((ifunc("resolve")));
void (*volatile resolved_first)(void);
void (*volatile resolved_first)(void) = resolved;
