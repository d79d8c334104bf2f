/* Tries: to have the host store more texts than it has room for, by a list that does not end
 * From: CWE-120; CWE-170
 * Observed: A canary that has changed. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(list)
{
    static const char *texts[700];
    (void)at;
    for (int i = 0; i < 600; i++)
        texts[i] = "text";
    list(texts);
    return 0;
}
#endif

#ifdef ATTACK_HOST
static struct host *LOCAL(host);

/* Room for 256, as the interface says (OG_STRINGS_MAX). */
static int LOCAL(store)(const char **texts)
{
    const char **room = (const char **)(uintptr_t)LOCAL(host)->places[PLACE_canary_page] - 256;
    for (int i = 0; texts[i]; i++)
        if (i >= 256)
            room[i] = texts[i];
    return 0;
}

HOST(run)
{
    struct attacks_listed callback;
    int status = 0;
    LOCAL(host) = host;
    enum og_error error = host_prepare(host);
    if (!error)
        error = attacks_listed_open(&host->library, &callback, LOCAL(store), NULL, &host->fault);
    if (error)
        return error;
    error = call_attack_list(&host->library, &status, &callback, &host->fault);
    attacks_listed_close(&host->library, &callback);
    return error;
}
#endif
