/* Tries: to have the host print its own secret: one of the texts of a list
 * From: CWE-822; CWE-441
 * Observed: The secret in what the host prints. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(list)
{
    const char *texts[] = {"one", POINTER(const char, at->secret_global), NULL};
    list(texts);
    return 0;
}
#endif

#ifdef ATTACK_HOST
static struct host *LOCAL(host);

static int LOCAL(print)(const char **texts)
{
    for (; *texts; texts++)
        host_gives(LOCAL(host), *texts, strnlen(*texts, 64));
    return 0;
}

HOST(run)
{
    struct attacks_listed callback;
    int status = 0;
    LOCAL(host) = host;
    enum og_error error = host_prepare(host);
    if (!error)
        error = attacks_listed_open(&host->library, &callback, LOCAL(print), NULL, &host->fault);
    if (error)
        return error;
    error = call_attack_list(&host->library, &status, &callback, &host->fault);
    attacks_listed_close(&host->library, &callback);
    return error;
}
#endif
