/* Tries: to have the host answer with more bytes than were sent, by a length that it believes: what
 *   the library claims to have filled is more than there was room for.
 * From: CVE-2014-0160 (Heartbleed); CWE-126, CWE-130
 * Observed: The secret in what the host sends. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
/* The heartbeat: four bytes came in, and their sender says that they were sixty. */
FOREIGN(echo)
{
    memcpy(out, in, in_size);
    *out_size = 60;
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    /* As on a server's heap: what was received, room for the answer, and a key behind it. */
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
        error = call_attack_echo(&host->library, &status, (const uint8_t *)"ping", 4, memory.answer,
                                 &size, &host->fault);
    if (!error)
        host_gives(host, memory.answer, size);
    return error;
}
#endif
