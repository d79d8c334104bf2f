/* Tries: to have the host's messages carry commands for its terminal: the name of a library that
 *   the library needs
 * From: CWE-150; CVE-2003-0063 (xterm)
 * Observed: Control characters in what the host prints.
 * Needs: load */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
FOREIGN(run)
{
    (void)at;
    return 0;
}
#endif

#ifdef ATTACK_HOST
/* Its first need by another name, as long as the C library's. */
HOST(run)
{
    static const char name[] = "libc.so.6";
    size_t size = 0;
    unsigned char *bytes = host_read_library(host, &size);
    unsigned char *place = memmem(bytes, size, name, sizeof(name));
    if (place)
        memcpy(place, "\033[31mx.so", sizeof(name));
    enum og_error error = host_open_changed(host, bytes, size);
    free(bytes);
#if defined(WORKLOAD_SYSTEM_raw)
    /* As programs do that have nobody between the loader and them. */
    if (error && !dlopen(host->hostile_path, RTLD_NOW))
        snprintf(host->fault.message, sizeof(host->fault.message), "%s", dlerror());
#endif
    return error;
}
#endif
