/* Memory: all of it inside the arena. Protection is not the domain's to choose: what it maps is
 * readable and writable, and executable (then scanned, and not writable) while it loads. */
#include "policy.h"
#include "where.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t mpk_syscall_brk(struct mpk_syscall *call)
{
    struct mpk_arena *arena = &call->domain->arena;
    uint64_t wanted = call->arguments[0];
    pthread_mutex_lock(&call->domain->lock);
    if (wanted >= arena->heap && wanted <= arena->heap + arena->heap_size) {
        /* What is given back comes back zero. */
        uintptr_t from = (wanted + MPK_PAGE - 1) & -(uintptr_t)MPK_PAGE;
        if (wanted < arena->brk && from < arena->brk && !arena->loading &&
            from >= arena->loaded_brk)
            madvise((void *)from, arena->brk - from, MADV_DONTNEED);
        arena->brk = wanted;
    }
    int64_t now = (int64_t)arena->brk;
    pthread_mutex_unlock(&call->domain->lock);
    return now;
}

/* Fills fresh pages with a file's bytes. */
static bool read_whole(int file, uintptr_t address, size_t size, off_t offset)
{
    while (size) {
        ssize_t got = pread(file, (void *)address, size, offset);
        if (got <= 0)
            return got == 0;
        address += (size_t)got;
        offset += got;
        size -= (size_t)got;
    }
    return true;
}

static int64_t map_file(struct mpk_syscall *call, uintptr_t address, size_t size, int protection,
                        unsigned descriptor, off_t offset)
{
    struct mpk_domain *domain = call->domain;
    struct stat status;
    if (descriptor >= MPK_FILES || domain->files[descriptor] < 0)
        return -EBADF;
    int file = domain->files[descriptor];
    if (fstat(file, &status) || offset < 0 || offset % MPK_PAGE)
        return -EINVAL;
    uintptr_t start = mpk_arena_map(&domain->arena, address, size);
    if (!start)
        return -ENOMEM;
    size_t left = offset < status.st_size ? (size_t)(status.st_size - offset) : 0;
    if (left > size)
        left = size;
    if (!(protection & (PROT_WRITE | PROT_EXEC))) {
        if (left && !mpk_arena_map_file(&domain->arena, start, left, file, offset))
            return -ENOMEM;
        return (int64_t)start;
    }
    if (!read_whole(file, start, left, offset))
        return -EIO;
    if (protection & PROT_EXEC) {
        if (protection & PROT_WRITE)
            return -EPERM;
        enum og_error error = mpk_arena_make_code(
            &domain->arena, start, size, domain->file_trusted[descriptor], &domain->refusal);
        if (error)
            mpk_library_refused(domain, file, start, offset);
        if (error)
            return -EPERM;
    }
    return (int64_t)start;
}

int64_t mpk_syscall_mmap(struct mpk_syscall *call)
{
    struct mpk_domain *domain = call->domain;
    uintptr_t address = call->arguments[3] & MAP_FIXED ? call->arguments[0] : 0;
    size_t size = call->arguments[1];
    int protection = (int)call->arguments[2], flags = (int)call->arguments[3];
    int64_t result;
    if (!size || (flags & MAP_FIXED && !address) || flags & MAP_FIXED_NOREPLACE)
        return -EINVAL;
    if ((flags & MAP_TYPE) != MAP_PRIVATE)
        return -EPERM;
    pthread_mutex_lock(&domain->lock);
    if (!(flags & MAP_ANONYMOUS)) {
        unsigned descriptor = (unsigned)call->arguments[4] - 3;
        off_t offset = (off_t)call->arguments[5];
        result = map_file(call, address, size, protection, descriptor, offset);
        if (result > 0 && domain->arena.loading)
            mpk_mapped_add(&domain->arena, (uintptr_t)result, size, domain->files[descriptor],
                           offset);
    } else if (protection & PROT_EXEC) {
        result = -EPERM;
    } else {
        uintptr_t start = mpk_arena_map(&domain->arena, address, size);
        result = start ? (int64_t)start : -ENOMEM;
    }
    pthread_mutex_unlock(&domain->lock);
    return result;
}

int64_t mpk_syscall_munmap(struct mpk_syscall *call)
{
    pthread_mutex_lock(&call->domain->lock);
    bool done = mpk_arena_unmap(&call->domain->arena, call->arguments[0], call->arguments[1]);
    pthread_mutex_unlock(&call->domain->lock);
    return done ? 0 : -EINVAL;
}

int64_t mpk_syscall_mprotect(struct mpk_syscall *call)
{
    struct mpk_arena *arena = &call->domain->arena;
    uintptr_t address = call->arguments[0];
    size_t size = call->arguments[1];
    uint64_t protection = call->arguments[2];
    if (!og_is_within(address, size, arena->start, arena->start + arena->size))
        return -ENOMEM;
    if (protection & PROT_EXEC)
        return -EPERM;
    if (protection & PROT_WRITE)
        for (uintptr_t page = address; page < address + size; page += MPK_PAGE)
            if (mpk_arena_holds(arena, page, 1)) {
                unsigned char state = arena->pages[(page - arena->start) / MPK_PAGE];
                if (state != MPK_MEMORY && state != MPK_FREE)
                    return -EACCES;
            }
    return 0;
}

/* malloc and realloc do without. */
int64_t mpk_syscall_mremap(struct mpk_syscall *call)
{
    (void)call;
    return -ENOMEM;
}

int64_t mpk_syscall_madvise(struct mpk_syscall *call)
{
    struct mpk_arena *arena = &call->domain->arena;
    uintptr_t address = call->arguments[0];
    size_t size = (call->arguments[1] + MPK_PAGE - 1) & -(size_t)MPK_PAGE;
    if (call->arguments[2] != MADV_DONTNEED)
        return 0;
    if (address % MPK_PAGE || !mpk_arena_holds(arena, address, size))
        return -EINVAL;
    if (arena->loading || (address - arena->start) / MPK_PAGE < arena->loaded_pages)
        return -EPERM;
    return madvise((void *)address, size, MADV_DONTNEED) ? -errno : 0;
}
