/* Tries: to hide one number that is out of range among a thousand that are not
 * From: Omniglot (Schuermann et al., OSDI 2025): each element; CWE-129
 * Observed: A canary that has changed. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(numbers)
{
    (void)at;
    memset(numbers, 0, count * sizeof(*numbers));
    numbers[count - 2] = 512;
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    uint64_t *counters = (uint64_t *)(uintptr_t)host->places[PLACE_canary_page] - 512;
    static uint32_t numbers[1000];
    int status = 0;
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_numbers(&host->library, &status, numbers, 1000, &host->fault);
    for (int i = 0; i < 1000 && !error; i++)
        if (numbers[i])
            counters[numbers[i]]++;
    return error;
}
#endif
