/* Tries: to pass the host's check of a path by a text that is no UTF-8: what its decoder makes
 *   of it later is another path
 * From: CVE-2000-0884 (IIS); CWE-176; Omniglot (Schuermann et al., OSDI 2025): text
 * Observed: A file that only the host may make.
 * Needs: in-place */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    /* "/forbidden", with a slash of two bytes. */
    memcpy(POINTER(char, at->argument),
           "\xc0\xaf"
           "forbidden",
           12);
    return 0;
}
#endif

#ifdef ATTACK_HOST
#if RESIDENT_PLACEMENT
#include <fcntl.h>
#include <unistd.h>

/* A decoder of old, which believes each first byte. */
static void LOCAL(decode)(const char *text, size_t size, char *path)
{
    for (size_t i = 0; i < size && text[i]; i++)
        *path++ = (unsigned char)text[i] == 0xc0 ? (char)(text[++i] & 0x3f) : text[i];
    *path = 0;
}

/* Names without a slash only: they are put behind a folder's. */
static enum og_error LOCAL(make)(struct host *host, instance_scope *scope,
                                 unsigned char resident *memory) INSTANCE_REQUIRES(scope)
{
    const char *text = NULL;
    char name[32] = "", path[128];
    resident_read_begin(scope);
    enum og_error error =
        resident_validate_utf8(scope, (const char resident *)memory, 12, &text, &host->fault);
    if (!error && !memchr(text, '/', 12)) {
        LOCAL(decode)(text, 12, name);
        snprintf(path, sizeof(path), "%s%s%s", host->folder, *name == '/' ? "" : "/names-", name);
        close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    }
    resident_read_end(scope);
    return error;
}

HOST(run)
{
    unsigned char resident *memory = NULL;
    instance_scope scope;
    enum og_error error = resident_alloc(&host->library.instance, &memory, 64, 64, &host->fault);
    if (error)
        return error;
    host->places[PLACE_argument] = resident_address(memory);
    error = host_prepare(host);
    if (!error)
        error = host_call(host, 0);
    if (error)
        return error;
    instance_enter(&host->library.instance, &scope);
    error = LOCAL(make)(host, &scope, memory);
    instance_leave(&scope);
    return error;
}
#else
HOST(run)
{
    (void)host;
    return OG_OK;
}
#endif
#endif
