/* Addresses without memory, for what there can be many of. Where the host has all that is mapped
 * locked, they are not: the kernel would fill what becomes memory at once, and count all. */
#include "mpk.h"

#include <sys/mman.h>
#include <sys/resource.h>

/* How many bytes one kind of thing may take: where there is a limit, the host and other domains
 * have to live with what is left. */
static size_t most_bytes(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX;
    return limit.rlim_cur / 8;
}

static void *reserve(size_t size)
{
    void *start = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start != MAP_FAILED && !mpk_munlock(start, size))
        return start;
    if (start != MAP_FAILED)
        munmap(start, size);
    return NULL;
}

/* With as many free addresses above as a call reaches: what the host loads later comes to lie
 * there, or below, and jumps for it have to lie beside it (code/host_call.c). */
static void *reserve_apart(size_t size)
{
    const size_t reach = (size_t)1 << 30;
    size_t all;
    char *start = __builtin_add_overflow(size, reach, &all) ? NULL : reserve(all);
    if (!start)
        return reserve(size);
    munmap(start + (all - reach), reach);
    return start;
}

void *mpk_reserve(size_t own, size_t each, size_t *count)
{
    size_t most = most_bytes() / each;
    if (*count > most)
        *count = most;
    for (;; *count /= 2) {
        size_t size;
        if (!__builtin_mul_overflow(*count, each, &size) &&
            !__builtin_add_overflow(size, own, &size)) {
            void *start = reserve_apart(size);
            if (start)
                return start;
        }
        if (!*count)
            return NULL;
    }
}
