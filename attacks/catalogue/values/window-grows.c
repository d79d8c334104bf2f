/* Tries: to have the host hand on what lies behind its input: more is left of it than there was
 * From: CWE-191; CWE-126
 * Observed: The secret in what the host hands on. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(window)
{
    (void)at;
    *next += 16;
    *left -= 17;
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    struct {
        uint8_t input[16];
        uint8_t key[SECRET_SIZE];
    } memory = {.input = "0123456789abcde"};
    const uint8_t *next = memory.input;
    size_t left = sizeof(memory.input);
    int status = 0;
    memcpy(memory.key, host_secret(), SECRET_SIZE);
    __asm__ volatile("" : : "r"(&memory) : "memory");
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_window(&host->library, &status, &next, &left, &host->fault);
    /* What was not read is handed on to the next. */
    if (!error)
        host_gives(host, next, left < 64 ? left : 64);
    return error;
}
#endif
