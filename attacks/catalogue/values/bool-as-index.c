/* Tries: to have the host call what lies behind a table of two, by a bool of 2
 * From: Omniglot (Schuermann et al., OSDI 2025); CWE-129
 * Observed: A function of the host's that nobody calls was entered. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(value)
{
    (void)at;
    return 2;
}
#endif

#ifdef ATTACK_HOST
struct LOCAL(table) {
    void (*before)(void);
    void (*handlers[2])(void);
    void (*behind)(void);
};

static void LOCAL(handle)(void)
{
}

/* The host's handlers by a bool, and what else lies there. */
static void LOCAL(call)(int64_t which)
{
    struct LOCAL(table) table = {.before = forbidden, .behind = forbidden};
    for (size_t i = 0; i < sizeof(table.handlers) / sizeof(table.handlers[0]); i++)
        table.handlers[i] = LOCAL(handle);
    void (*volatile * handlers)(void) = (void (*volatile *)(void))table.handlers;
    __asm__ volatile("" : "+r"(handlers), "+r"(which) : : "memory");
    handlers[which]();
}

HOST(run)
{
    bool which = false;
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_bool(&host->library, &which, &host->fault);
    if (!error) {
        uint8_t index;
        memcpy(&index, &which, sizeof(index));
        LOCAL(call)(index);
    }
    return error;
}
#endif
