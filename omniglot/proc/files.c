/* The files that a domain's process may open: libraries, while they are loaded, and the loader's
 * list of them. The host opens them; the process gets the descriptor. */
#include "proc.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char cache[] = "/etc/ld.so.cache";

/* Copied once, for it is looked at more often. False: it is no path. */
static bool copy_path(const struct proc_domain *domain, uintptr_t from, char path[PATH_MAX])
{
    size_t length = 0;
    while (length < PATH_MAX && proc_arena_has(domain, from + length, 1)) {
        path[length] = *(const volatile char *)(from + length);
        if (!path[length++])
            return true;
    }
    return false;
}

static bool is_library(int file)
{
    char magic[SELFMAG];
    return pread(file, magic, SELFMAG, 0) == SELFMAG && !memcmp(magic, ELFMAG, SELFMAG);
}

int proc_file_open(const struct proc_domain *domain, uintptr_t from, int flags)
{
    char path[PATH_MAX];
    struct stat status;
    if (!copy_path(domain, from, path))
        return -EFAULT;
    if (flags & ~(O_CLOEXEC | O_NOCTTY | O_NONBLOCK))
        return -EPERM;
    bool is_cache = !strcmp(path, cache);
    const char *name = strrchr(path, '/');
    if (!is_cache && !strstr(name ? name : path, ".so"))
        return -EPERM;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0)
        return -errno;
    if (!fstat(file, &status) && S_ISREG(status.st_mode) && (is_cache || is_library(file)))
        return file;
    close(file);
    return -EPERM;
}
