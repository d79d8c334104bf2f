/* Tries: to have the host send what lies behind its buffer: what the library claims to have
 *   filled is more than there was room for
 * From: CWE-805; CVE-2014-0160, from the other side; Omniglot (Schuermann et al., OSDI 2025)
 * Observed: The secret in what the host sends. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(fill)
{
    (void)at;
    memset(out, 'a', *size);
    *size = 60;
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    struct {
        uint8_t answer[16];
        uint8_t key[SECRET_SIZE];
        uint8_t others[64];
    } memory = {.answer = {0}};
    size_t size = sizeof(memory.answer);
    int status = 0;
    memcpy(memory.key, host_secret(), SECRET_SIZE);
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_fill(&host->library, &status, memory.answer, &size, &host->fault);
    if (!error)
        host_gives(host, memory.answer, size);
    return error;
}
#endif
