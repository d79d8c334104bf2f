/* Tries: to have the host read where a file was mapped that has become shorter: as a system call's
 *   argument, of a page that a constructor has mapped of a file that the library may read
 * From: CWE-367; CWE-248
 * Observed: The host is still there, and has its thread.
 * Needs: linux, load
 * Run: constructor */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
static uint64_t LOCAL(page);

FOREIGN(run)
{
    if (!at->step) {
        char path[128];
        strcpy(path, at->path);
        strcpy(strrchr(path, '/'), "/granted");
        int file = (int)kernel3(SYS_open, ADDRESS(path), 0, 0);
        LOCAL(page) = (uint64_t)kernel6(SYS_mmap, 0, 4096, 1, 2, (uint64_t)file, 0);
        kernel3(SYS_close, (uint64_t)file, 0, 0);
        return 0;
    }
    kernel3(SYS_open, LOCAL(page), 0, 0);
    return *POINTER(volatile uint8_t, LOCAL(page));
}
#endif

#ifdef ATTACK_HOST
#include <unistd.h>

static const char *LOCAL(paths)[2];

HOST(before)
{
    static const char text[4096] = "a text";
    LOCAL(paths)[0] = host_path(host, "granted");
    FILE *file = fopen(LOCAL(paths)[0], "w");
    if (!file || fwrite(text, sizeof(text), 1, file) != 1 || fclose(file))
        host_cannot(host, "the file cannot be written");
    host->readable_paths = LOCAL(paths);
}

/* Whose file it is writes it anew. */
HOST(run)
{
    enum og_error error = host_open_hostile(host);
    if (!error && truncate(LOCAL(paths)[0], 0))
        return OG_SYSTEM;
    return error ? error : host_call_other(host, 1);
}
#endif
