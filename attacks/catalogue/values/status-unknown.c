/* Tries: to return a status that the interface does not know, with which the host finds a
 *   message
 * From: CWE-129; CWE-253
 * Observed: The secret in what the host prints. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(value)
{
    (void)at;
    return (uint32_t)-3;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    /* Messages for 0 and -1, and what lies behind them. */
    const struct {
        char messages[2][SECRET_SIZE], others[SECRET_SIZE], key[SECRET_SIZE];
    } memory = {{"fine", "failed"}, "", ""};
    int status = 0;
    memcpy((void *)(uintptr_t)memory.key, host_secret(), SECRET_SIZE);
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_status(&host->library, &status, &host->fault);
    if (!error) {
        const char *message = memory.messages[0];
        __asm__ volatile("" : "+r"(message));
        host_gives(host, message - (ptrdiff_t)status * SECRET_SIZE, SECRET_SIZE);
    }
    return error;
}
#endif
