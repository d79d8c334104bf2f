/* Tries: to call back with an enum that is none
 * From: Omniglot (Schuermann et al., OSDI 2025): a callback's arguments are foreign values, too;
 *   CWE-129
 * Observed: A function of the host's that nobody calls was entered. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(order)
{
    /* With whatever the registers can hold. */
    (void)at;
    ((int (*)(uint32_t, uint32_t, uint32_t))order)(3, 1, 1);
    return 0;
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

static struct host *LOCAL(host);

static int LOCAL(take)(enum attack_colour colour, bool visible, int layer)
{
    (void)LOCAL(host), (void)colour, (void)visible, (void)layer;
    LOCAL(call)((int)colour);
    return 0;
}

HOST(run)
{
    struct attacks_ordered callback;
    int status = 0;
    LOCAL(host) = host;
    enum og_error error = host_prepare(host);
    if (!error)
        error = attacks_ordered_open(&host->library, &callback, LOCAL(take), NULL, &host->fault);
    if (error)
        return error;
    error = call_attack_order(&host->library, &status, &callback, &host->fault);
    attacks_ordered_close(&host->library, &callback);
    return error;
}
#endif
