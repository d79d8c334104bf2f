/* Tries: to fault after the host has set a signal stack of its own
 * From: CWE-400; sigaltstack(2)
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
    static char own[65536];
    const stack_t stack = {.ss_sp = own, .ss_size = sizeof(own)};
    enum og_error error = host_prepare(host);
    sigaltstack(&stack, NULL);
    return error ? error : host_call(host, 0);
}
#endif
