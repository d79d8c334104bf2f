/* Memory: all of it inside the arena. Of protection it is the domain's to choose whether it can
 * touch what it has (PROT_NONE): what it maps is readable and writable else, and executable (then
 * scanned, and not writable) while it loads, and later where the host lets it. What is mapped from
 * a file is a copy; of what is only read and mapped while it loads, one that stays as it is. */
#include "omniglot/mpk/describe/where.h"
#include "policy.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* After each change, with the lock held. Where the system has refused one half-way, books and
 * memory may differ, and nothing is served on such a ground. */
static int64_t finish(struct mpk_syscall *call, int64_t result)
{
    int failed = call->domain->arena.failed;
    pthread_mutex_unlock(&call->domain->lock);
    if (!failed)
        return result;
    call->ends_call = true;
    if (mpk_reading_is_execution())
        og_fail(&call->fault, OG_FORBIDDEN, NULL, 0, MPK_READING_IS_EXECUTION);
    else
        og_fail_system(&call->fault, failed, NULL, 0,
                       "the system refused to change the domain's memory");
    if (call->fault.error == OG_SYSTEM)
        (void)mpk_denied(&call->fault);
    return -ENOMEM;
}

int64_t mpk_syscall_brk(struct mpk_syscall *call)
{
    pthread_mutex_lock(&call->domain->lock);
    int64_t brk = (int64_t)mpk_arena_set_brk(&call->domain->arena, call->arguments[0]);
    mpk_context_show_heap(call->context);
    return finish(call, brk);
}

/* Code that is refused ends the opening, or the call: what has tried it once is not asked a second
 * time. */
static int64_t map_code(struct mpk_syscall *call, uintptr_t address, size_t size,
                        const struct mpk_source *source, bool trusted)
{
    struct og_fault refusal;
    uintptr_t start =
        mpk_arena_map_code(&call->domain->arena, address, size, source, trusted, &refusal);
    if (!start && refusal.error == OG_FORBIDDEN) {
        call->ends_call = true;
        call->fault = refusal;
    }
    return start ? (int64_t)start : -ENOMEM;
}

/* `late`: where code that comes with it may be. */
static int64_t map_copy(struct mpk_syscall *call, uintptr_t address, size_t size,
                        const struct mpk_source *source, bool late)
{
    struct mpk_arena *arena = &call->domain->arena;
    uintptr_t start =
        late ? mpk_arena_map_late(arena, address, size) : mpk_arena_map(arena, address, size);
    if (!start)
        return -ENOMEM;
    if (mpk_source_read(arena, source, start))
        return (int64_t)start;
    mpk_arena_unmap(arena, start, size);
    return -EIO;
}

static int64_t map_constant(struct mpk_syscall *call, uintptr_t address, size_t size,
                            const struct mpk_source *source)
{
    uintptr_t start = mpk_arena_map_file(&call->domain->arena, address, size, source);
    return start ? (int64_t)start : -ENOMEM;
}

/* The call ends at its deadline, whatever is left to be read. */
static bool is_late(void)
{
    return mpk_deadline_passed(mpk_thread_if_any());
}

static int64_t map_file(struct mpk_syscall *call, uintptr_t address, size_t size, int protection)
{
    struct mpk_domain *domain = call->domain;
    const bool loading = domain->arena.loading;
    int file = mpk_file_of(domain, call->arguments[4]);
    off_t offset = (off_t)call->arguments[5];
    struct stat status;
    int64_t result;
    if (file < 0)
        return -EBADF;
    struct mpk_source source = {file, offset, size, is_late};
    if (fstat(source.file, &status) || offset < 0 || offset % MPK_PAGE)
        return -EINVAL;
    const size_t index = call->arguments[4] - MPK_FIRST_FILE;
    const bool late = !loading && domain->file_late[index];
    if (protection & PROT_EXEC && (protection & PROT_WRITE || !(loading || late)))
        return -EPERM;
    size_t left = offset < status.st_size ? (size_t)(status.st_size - offset) : 0;
    if (source.size > left)
        source.size = left;
    if (protection & PROT_EXEC)
        result = map_code(call, address, size, &source, loading && domain->file_trusted[index]);
    else if (protection & PROT_WRITE || !loading || !source.size)
        result = map_copy(call, address, size, &source, late);
    else
        result = map_constant(call, address, size, &source);
    if (result > 0 && loading)
        mpk_mapped_add(&domain->arena, (uintptr_t)result, size, source.file, offset);
    return result;
}

static int64_t map_memory(struct mpk_arena *arena, uintptr_t address, size_t size)
{
    uintptr_t start = mpk_arena_map(arena, address, size);
    return start ? (int64_t)start : -ENOMEM;
}

/* What has just been mapped is denied to the domain. */
static int64_t deny_mapped(struct mpk_arena *arena, uintptr_t start, size_t size)
{
    if (!mpk_arena_deny(arena, start, size))
        return (int64_t)start;
    if (!arena->failed)
        mpk_arena_unmap(arena, start, size);
    return -ENOMEM;
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
    if (!(flags & MAP_ANONYMOUS))
        result = map_file(call, address, size, protection);
    else if (protection & PROT_EXEC)
        result = -EPERM;
    else
        result = map_memory(&domain->arena, address, size);
    if (result > 0 && protection == PROT_NONE)
        result = deny_mapped(&domain->arena, (uintptr_t)result, size);
    return finish(call, result);
}

int64_t mpk_syscall_munmap(struct mpk_syscall *call)
{
    pthread_mutex_lock(&call->domain->lock);
    bool done = mpk_arena_unmap(&call->domain->arena, call->arguments[0], call->arguments[1]);
    return finish(call, done ? 0 : -EINVAL);
}

/* PROT_NONE denies memory to the domain, and all else gives it back. Otherwise nothing is changed,
 * and what is asked for and there already is granted. */
int64_t mpk_syscall_mprotect(struct mpk_syscall *call)
{
    struct mpk_domain *domain = call->domain;
    struct mpk_arena *arena = &domain->arena;
    uintptr_t address = call->arguments[0];
    size_t size = call->arguments[1];
    uint64_t protection = call->arguments[2];
    if (address % MPK_PAGE)
        return -EINVAL;
    if (!og_is_within(address, size, arena->start, arena->start + arena->size))
        return -ENOMEM;
    if (protection & PROT_EXEC)
        return -EPERM;
    if (!size)
        return 0;
    pthread_mutex_lock(&domain->lock);
    int error = protection == PROT_NONE ? mpk_arena_deny(arena, address, size)
                                        : mpk_arena_allow(arena, address, size);
    if (!error && protection & PROT_WRITE && !mpk_arena_is_writable(arena, address, size))
        error = EACCES;
    return finish(call, -error);
}

/* --- memory that stays --- */

static int64_t lock_memory(struct mpk_syscall *call)
{
    pthread_mutex_lock(&call->domain->lock);
    int error =
        mpk_arena_lock(&call->domain->arena, call->arguments[0], call->arguments[1], is_late);
    return finish(call, -error);
}

int64_t mpk_syscall_mlock(struct mpk_syscall *call)
{
    return lock_memory(call);
}

/* What is to be locked as it is touched is locked at once. */
int64_t mpk_syscall_mlock2(struct mpk_syscall *call)
{
    return call->arguments[2] & ~(uint64_t)MLOCK_ONFAULT ? -EINVAL : lock_memory(call);
}

int64_t mpk_syscall_munlock(struct mpk_syscall *call)
{
    pthread_mutex_lock(&call->domain->lock);
    int error = mpk_arena_unlock(&call->domain->arena, call->arguments[0], call->arguments[1]);
    return finish(call, -error);
}

/* malloc and realloc do without. */
int64_t mpk_syscall_mremap(struct mpk_syscall *call)
{
    (void)call;
    return -ENOMEM;
}

int64_t mpk_syscall_madvise(struct mpk_syscall *call)
{
    if (call->arguments[2] != MADV_DONTNEED)
        return 0;
    pthread_mutex_lock(&call->domain->lock);
    bool done = mpk_arena_forget(&call->domain->arena, call->arguments[0], call->arguments[1]);
    return finish(call, done ? 0 : -EINVAL);
}
