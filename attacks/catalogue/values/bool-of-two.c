/* Tries: to hand out a bool that is neither true nor false. The host stores it as the tag of a
 *   union, for which 2 means something else: a number is taken for an address
 * From: Omniglot (Schuermann et al., OSDI 2025) and the talk: a bool of 2; CWE-843, CWE-704
 * Observed: The secret in what the host prints. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(value)
{
    (void)at;
    return 2;
}
#endif

#ifdef ATTACK_HOST
/* What a program keeps of a setting: yes, no, or a text. A bool is one of the first two as it is,
 * so the tag has no place of its own for it: as compilers lay out an enum with values in it. */
struct LOCAL(setting) {
    uint8_t tag; /* 0, 1: a bool; 2: `word` is a text's address */
    uint64_t word;
};

static void LOCAL(print)(struct host *host, const struct LOCAL(setting) * setting)
{
    switch (setting->tag) {
    case 0:
        host_gives(host, "no", 2);
        break;
    case 1:
        host_gives(host, "yes", 3);
        break;
    default:
        host_gives(host, (const void *)(uintptr_t)setting->word, SECRET_SIZE);
    }
}

HOST(run)
{
    bool answer = false;
    /* The word is whatever was there: here a number that somebody else has chosen. */
    struct LOCAL(setting) setting = {0, host->places[PLACE_secret_global]};
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_bool(&host->library, &answer, &host->fault);
    if (error)
        return error;
    memcpy(&setting.tag, &answer, sizeof(setting.tag));
    LOCAL(print)(host, &setting);
    return OG_OK;
}
#endif
