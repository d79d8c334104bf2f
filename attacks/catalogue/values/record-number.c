/* Tries: to hide a number out of its range in a struct
 * From: Omniglot (Schuermann et al., OSDI 2025): validity of what is nested; CWE-129
 * Observed: A canary that has changed. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(record)
{
    (void)at;
    memset(record, 0, sizeof(*record));
    record->layer = 512;
    return 0;
}
#endif

#ifdef ATTACK_HOST
HOST(run)
{
    struct attack_record record = {ATTACK_RED, false, 0};
    int status = 0;
    enum og_error error = host_prepare(host);
    if (!error)
        error = call_attack_record(&host->library, &status, &record, &host->fault);
    if (!error)
        ((uint64_t *)(uintptr_t)host->places[PLACE_canary_page] - 512)[record.layer]++;
    return error;
}
#endif
