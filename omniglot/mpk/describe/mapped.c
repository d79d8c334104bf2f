/* Which file was loaded where in an arena. The host notes it while the domain loads; from then on
 * it does not change, since what was loaded stays where it is until the domain closes. The last
 * note about an address counts.
 *
 * Notes are made in the handler of a trapped system call, where foreign code was and so nobody
 * holds the host's heap. */
#include "where.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAPPED_MAX = 1024 /* a library has five: beyond that, faults are told without a place */ };

/* A new note, or NULL. */
static struct mpk_mapped *append(struct mpk_arena *arena, uintptr_t start, uintptr_t end)
{
    if (!arena->mapped)
        arena->mapped = mpk_allocate(MAPPED_MAX, sizeof(*arena->mapped));
    if (!arena->mapped || arena->mapped_count == MAPPED_MAX)
        return NULL;
    struct mpk_mapped *mapped = &arena->mapped[arena->mapped_count++];
    *mapped = (struct mpk_mapped){.start = start, .end = end};
    return mapped;
}

void mpk_mapped_add(struct mpk_arena *arena, uintptr_t start, size_t size, int file, off_t offset)
{
    char link[32], path[4096];
    struct mpk_identity identity;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    if (length <= 0 || !mpk_identity_of(file, &identity))
        return;
    struct mpk_mapped *mapped = append(arena, start, start + size);
    if (!mapped)
        return;
    path[length] = '\0';
    mapped->path = mpk_copy_text(path);
    mapped->identity = identity;
    mapped->by_offset = true;
    mapped->offset = offset;
}

void mpk_mapped_add_image(struct mpk_arena *arena, uintptr_t start, uintptr_t end, const char *path)
{
    struct stat status;
    struct mpk_mapped *mapped = stat(path, &status) ? NULL : append(arena, start, end);
    if (!mapped)
        return;
    mapped->path = mpk_copy_text(path);
    mapped->identity =
        (struct mpk_identity){status.st_dev, status.st_ino, status.st_size, status.st_mtim};
}

void mpk_mapped_forget(struct mpk_arena *arena, uintptr_t start, size_t size)
{
    bool noted = false;
    for (size_t i = 0; i < arena->mapped_count && !noted; i++)
        noted = arena->mapped[i].start < start + size && start < arena->mapped[i].end;
    if (noted && !append(arena, start, start + size))
        mpk_mapped_close(arena); /* rather no note than a wrong one */
}

void mpk_mapped_close(struct mpk_arena *arena)
{
    for (size_t i = 0; i < arena->mapped_count; i++)
        mpk_release(arena->mapped[i].path);
    mpk_release(arena->mapped);
    arena->mapped = NULL;
    arena->mapped_count = 0;
}

bool mpk_mapped_find(const struct mpk_arena *arena, uintptr_t address, struct mpk_place *place)
{
    for (size_t i = arena->mapped_count; i-- > 0;) {
        const struct mpk_mapped *mapped = &arena->mapped[i];
        if (!og_is_within(address, 1, mapped->start, mapped->end))
            continue;
        *place = (struct mpk_place){mapped->path, &mapped->identity, mapped->by_offset,
                                    (uint64_t)mapped->offset + (address - mapped->start)};
        return mapped->path != NULL;
    }
    return false;
}
