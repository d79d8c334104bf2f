/* Tries: to have the host print its own secret: a text to log, whose address is the host's
 * From: CWE-822; CWE-441; Jenny (Schrammel et al., USENIX Security 2022)
 * Observed: The secret in what the host prints. */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(tell)
{
    tell(POINTER(const char, at->secret_global));
    return 0;
}
#endif

#ifdef ATTACK_HOST
static struct host *LOCAL(host);

/* The host's log: it prints what it is told. */
static int LOCAL(log)(const char *text)
{
    host_gives(LOCAL(host), text, strnlen(text, 64));
    return 0;
}

HOST(run)
{
    struct attacks_told callback;
    int status = 0;
    LOCAL(host) = host;
    enum og_error error = host_prepare(host);
    if (!error)
        error = attacks_told_open(&host->library, &callback, LOCAL(log), NULL, &host->fault);
    if (error)
        return error;
    error = call_attack_tell(&host->library, &status, &callback, &host->fault);
    attacks_told_close(&host->library, &callback);
    return error;
}
#endif
