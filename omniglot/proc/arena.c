/* The arena: one range of addresses of the host's, in which the memory of the domain's process lies
 * at the same addresses. The host maps it to be read and written, never to be executed. */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* What the C library and the loader need of the heap before foreign code is there. */
enum { OWN_HEAP = 1 << 20 };
#define LOWEST (UINT64_C(1) << 32) /* below is the starter's */

/* `size` in whole pages, or 0 if that is too much. */
static size_t whole_pages(size_t size)
{
    size_t rounded;
    return __builtin_add_overflow(size, PROC_PAGE - 1, &rounded)
               ? 0
               : rounded & ~(size_t)(PROC_PAGE - 1);
}

static struct proc_range take(uint64_t *next, size_t size)
{
    struct proc_range range = {*next, *next + size};
    *next += size;
    return range;
}

enum og_error proc_arena_open(struct proc_domain *domain, const struct og_options *options,
                              struct og_fault *fault)
{
    const struct og_options none = {0}, *of = options ? options : &none;
    size_t foreign =
        whole_pages(of->foreign_stack_size ? of->foreign_stack_size : OG_DEFAULT_FOREIGN_STACK);
    size_t scopes = whole_pages(of->stack_size ? of->stack_size : OG_DEFAULT_STACK);
    size_t heap = whole_pages(of->heap_size ? of->heap_size : OG_DEFAULT_HEAP);
    size_t size = PROC_CONTROL + PROC_ALTERNATE + (size_t)PROC_CODE_PAGES * PROC_PAGE +
                  2 * PROC_PAGE + OWN_HEAP;
    if (foreign < 64 << 10 || foreign > 1 << 30)
        return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0,
                       "foreign_stack_size is from 64 KiB to 1 GiB");
    if (!scopes || !heap || __builtin_add_overflow(size, foreign, &size) ||
        __builtin_add_overflow(size, scopes, &size) || __builtin_add_overflow(size, heap, &size))
        return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0, "heap_size or stack_size is too large");
    void *arena = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (arena == MAP_FAILED)
        return og_fail_system(fault, errno, NULL, 0, "cannot reserve the domain's arena");
    uint64_t next = (uint64_t)arena;
    domain->arena = (struct proc_range){next, next + size};
    if (next < LOWEST)
        return og_fail(fault, OG_NO_MEMORY, NULL, next, "the arena would lie below 4 GiB");
    domain->control = arena;
    take(&next, PROC_CONTROL);
    domain->alternate = take(&next, PROC_ALTERNATE);
    domain->code = take(&next, (size_t)PROC_CODE_PAGES * PROC_PAGE);
    take(&next, PROC_PAGE);
    domain->stack = take(&next, foreign);
    take(&next, PROC_PAGE);
    domain->scopes = take(&next, scopes).start;
    domain->heap = take(&next, heap + OWN_HEAP);
    return OG_OK;
}

void proc_arena_close(struct proc_domain *domain)
{
    if (domain->arena.start)
        munmap((void *)domain->arena.start, domain->arena.end - domain->arena.start);
    free(domain->regions);
}

enum og_error proc_arena_renew(struct proc_domain *domain, int *file, struct og_fault *fault)
{
    const size_t size = domain->arena.end - domain->arena.start;
    struct rlimit limit;
    *file = memfd_create("omniglot-arena", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*file < 0)
        return og_fail_system(fault, errno, NULL, 0, "cannot make the arena's memory");
    /* A file that would be larger is refused by a signal, which ends the host. */
    if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur < size)
        errno = EFBIG;
    /* Nobody shortens what the host reads. */
    else if (!ftruncate(*file, (off_t)size) &&
             !fcntl(*file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) &&
             mmap((void *)domain->arena.start, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                  *file, 0) != MAP_FAILED &&
             !madvise((void *)domain->arena.start, size, MADV_DONTFORK) &&
             !madvise((void *)domain->arena.start, size, MADV_DONTDUMP))
        return OG_OK;
    enum og_error error =
        og_fail_system(fault, errno, NULL, domain->arena.start, "cannot map the arena's memory");
    close(*file);
    *file = -1;
    return error;
}

void proc_arena_leave(struct proc_domain *domain)
{
    if (domain->arena.start)
        (void)mmap((void *)domain->arena.start, domain->arena.end - domain->arena.start,
                   PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
                   -1, 0);
}

bool proc_arena_has(const struct proc_domain *domain, uintptr_t address, size_t size)
{
    return og_is_within(address, size, domain->alternate.end, domain->arena.end);
}

/* --- regions --- */

/* The process can say of its pages what it wants: the host has the right to all of them. */
static unsigned rights_of(unsigned char told)
{
    return !(told & PROT_READ) ? 0 : told & PROT_WRITE ? OG_READ | OG_WRITE : OG_READ;
}

enum og_error proc_arena_settle(struct proc_domain *domain, struct og_fault *fault)
{
    const volatile unsigned char *told = domain->control->rights;
    struct og_region *regions = NULL;
    size_t count = 0, room = 0;
    for (size_t page = 0; page <= PROC_CODE_PAGES; page++) {
        unsigned rights = page < PROC_CODE_PAGES ? rights_of(told[page]) : OG_READ | OG_WRITE;
        uintptr_t start = domain->code.start + page * PROC_PAGE, end = start + PROC_PAGE;
        if (page == PROC_CODE_PAGES) {
            start = domain->stack.start;
            end = domain->stack.end;
        }
        if (!rights)
            continue;
        if (count && regions[count - 1].end == start && regions[count - 1].rights == rights) {
            regions[count - 1].end = end;
            continue;
        }
        if (count == room) {
            struct og_region *more = realloc(regions, (room = 2 * room + 64) * sizeof(*regions));
            if (!more) {
                free(regions);
                return og_out_of_memory(fault);
            }
            regions = more;
        }
        regions[count++] = (struct og_region){start, end, rights};
    }
    free(domain->regions);
    domain->regions = regions;
    domain->domain.regions = regions;
    domain->domain.region_count = count;
    return OG_OK;
}
