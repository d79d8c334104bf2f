/* Tries: to read a buffer long after the call that it was for: the host has a secret there
 * From: CWE-416; CWE-226
 * Observed: The secret in what the call gave back. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
static const uint8_t *LOCAL(kept);

FOREIGN(echo)
{
    (void)at, (void)in_size, (void)out;
    LOCAL(kept) = in;
    *out_size = 0;
    return 0;
}

FOREIGN(run)
{
    take(at, ADDRESS(LOCAL(kept)));
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    uint8_t memory[SECRET_SIZE] = "nothing special", answer[16];
    size_t size = sizeof(answer);
    int status = 0;
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_echo(&host->library, &status, memory, sizeof(memory), answer, &size,
                                 &host->fault);
    if (error)
        return error;
    memcpy(memory, host_secret(), SECRET_SIZE);
    __asm__ volatile("" : : "r"(memory) : "memory");
    return host_call(host, 0);
}
#endif
