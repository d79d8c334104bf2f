/* Tries: to hand out a bool that is neither true nor false. The host keeps it as the tag of a
 *   union: what it stores as a number it then reads as a pointer.
 * From: Omniglot (Schuermann et al., OSDI 2025), the example of the talk; CWE-843, CWE-704
 * Observed: A canary that the host itself has overwritten. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(value)
{
    return 2;
}
#endif

#ifdef ATTACK_HOST
/* What a compiler makes of an optional value: a tag that is 0 or 1, and nothing else. */
struct LOCAL(optional) {
    uint64_t number; /* with the tag 0 a number, with 1 an address of the host's */
    uint8_t tag;
};

static void LOCAL(use)(struct host *host, struct LOCAL(optional) * value)
{
    uint64_t *const buffers[2] = {&value->number, (uint64_t *)&value->tag};
    /* Two cases, told apart by an index: the third is what lies behind. */
    uint64_t *const *cases = buffers;
    uint64_t *volatile behind[3] = {cases[0], cases[1],
                                    (uint64_t *)(uintptr_t)host->places[PLACE_canary_global]};
    uint64_t *target = behind[value->tag];
    if (value->tag != 1)
        *target = 0;
}

HOST(run)
{
    bool is_address = false;
    struct LOCAL(optional) value = {.number = 7};
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_bool(&host->library, &is_address, &host->fault);
    if (error)
        return error;
    memcpy(&value.tag, &is_address, 1);
    LOCAL(use)(host, &value);
    return OG_OK;
}
#endif
