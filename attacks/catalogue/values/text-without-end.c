/* Tries: to have the host read past all memory: a text without an end
 * From: CWE-170; CWE-126
 * Observed: The host is still there, and has its thread.
 * Needs: linux */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(tell)
{
    /* Two pages, and nothing behind them. */
    (void)at;
    long pages = kernel6(SYS_mmap, 0, 8192, 3, 0x22, -1, 0);
    kernel3(SYS_munmap, (uint64_t)pages + 4096, 4096, 0);
    memset(POINTER(char, pages), 'a', 4096);
    tell(POINTER(const char, pages));
    return 0;
}
#endif

#ifdef ATTACK_HOST
static struct host *LOCAL(host);

/* The host's log: it prints what it is told. */
static int LOCAL(log)(const char *text)
{
    host_gives(LOCAL(host), text, strlen(text));
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
