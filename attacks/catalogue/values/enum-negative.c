/* Tries: to have the host call what lies before a table, by an enum that is negative
 * From: Omniglot (Schuermann et al., OSDI 2025): an enum that is none; CWE-129
 * Observed: A function of the host's that nobody calls was entered. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(value)
{
    (void)at;
    return (uint32_t)-1;
}
#endif

#ifdef ATTACK_HOST
struct LOCAL(table) {
    void (*before)(void);
    void (*handlers[3])(void);
    void (*behind)(void);
};

static void LOCAL(handle)(void)
{
}

/* The host's handlers by a colour, and what else lies there. */
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
    enum attack_colour colour = ATTACK_RED;
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_colour(&host->library, &colour, &host->fault);
    if (!error)
        LOCAL(call)((int)colour);
    return error;
}
#endif
