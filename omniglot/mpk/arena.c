/* The arena: one reserved address range with the domain's key, and what is where in it.
 *
 * All of it is readable and writable for the domain and the host, zero until touched, but for
 * code, file pages and guards: what a domain asks to unmap or protect is never taken from the
 * host, which could be reading it. While the domain loads, the arena is a shared mapping of an
 * unnamed file; then it becomes a private mapping of the same file, so that reset is one
 * madvise: the pages that were written since are dropped, and the file's show again. */
#include "mpk.h"
#include "where.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    MAP_SIZE = 256 << 20,
    DEFAULT_HEAP = 64 << 20,
    DEFAULT_STACK = 16 << 20,
    READ_WRITE = PROT_READ | PROT_WRITE
};

/* `size` in whole pages, or 0 if that is too much. */
static size_t whole_pages(size_t size)
{
    size_t rounded;
    return __builtin_add_overflow(size, MPK_PAGE - 1, &rounded) ? 0 : rounded & -(size_t)MPK_PAGE;
}

static bool map_fixed(const struct mpk_arena *arena, uintptr_t start, uintptr_t end, int flags,
                      int file)
{
    if (start == end)
        return true;
    off_t offset = file < 0 ? 0 : (off_t)(start - arena->start);
    return mmap((void *)start, end - start, READ_WRITE, flags | MAP_FIXED | MAP_NORESERVE, file,
                offset) != MAP_FAILED &&
           !pkey_mprotect((void *)start, end - start, READ_WRITE, arena->key);
}

enum og_error mpk_arena_open(struct mpk_arena *arena, int key, const struct og_options *options,
                             struct og_fault *fault)
{
    size_t stack =
        whole_pages(options && options->stack_size ? options->stack_size : DEFAULT_STACK);
    size_t heap = whole_pages(options && options->heap_size ? options->heap_size : DEFAULT_HEAP);
    size_t stacks, size;
    *arena = (struct mpk_arena){.key = key, .file = -1, .loading = true};
    if (!stack || !heap || __builtin_mul_overflow(stack, MPK_ARENA_THREADS - 1, &stacks) ||
        __builtin_add_overflow(stacks + stack, heap, &size) || size > SIZE_MAX - MAP_SIZE)
        return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0, "heap_size or stack_size is too large");
    size += MAP_SIZE;
    arena->file = memfd_create("omniglot-domain", MFD_CLOEXEC);
    if (arena->file < 0 || ftruncate(arena->file, (off_t)size))
        return og_fail_system(fault, errno, NULL, 0, "cannot make the domain's arena");
    void *start = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "cannot reserve the domain's arena");
    arena->start = (uintptr_t)start;
    arena->size = size;
    arena->map_pages = MAP_SIZE / MPK_PAGE;
    arena->stacks = arena->start + MAP_SIZE;
    arena->stack = arena->stacks + stacks;
    arena->heap = arena->brk = arena->stack + stack;
    arena->stack_size = stack;
    arena->heap_size = heap;
    arena->pages = calloc(arena->map_pages, 1);
    if (!arena->pages)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "the host is out of memory");
    if (!map_fixed(arena, arena->start, arena->start + size, MAP_SHARED, arena->file))
        return og_fail_system(fault, errno, NULL, arena->start, "cannot map the domain's arena");
    return OG_OK;
}

void mpk_arena_close(struct mpk_arena *arena)
{
    if (arena->start)
        munmap((void *)arena->start, arena->size);
    if (arena->file >= 0)
        close(arena->file);
    free(arena->pages);
    free(arena->loaded);
    free(arena->regions);
    mpk_mapped_close(arena);
    *arena = (struct mpk_arena){.file = -1};
}

bool mpk_arena_holds(const struct mpk_arena *arena, uintptr_t address, size_t size)
{
    return og_is_within(address, size, arena->start, arena->start + arena->map_pages * MPK_PAGE);
}

/* --- mapping --- */

static size_t page_of(const struct mpk_arena *arena, uintptr_t address)
{
    return (address - arena->start) / MPK_PAGE;
}

/* The first of `count` free pages in a row, or `map_pages`. Loaded pages are never used again:
 * their contents belong to what reset brings back. */
static size_t find_free(const struct mpk_arena *arena, size_t count)
{
    size_t run = 0;
    for (size_t page = arena->search_from; page < arena->map_pages; page++) {
        run = arena->pages[page] == MPK_FREE ? run + 1 : 0;
        if (run == count)
            return page + 1 - count;
        if (page >= arena->used_pages)
            return page + 1 - run + count <= arena->map_pages ? page + 1 - run : arena->map_pages;
    }
    return arena->map_pages;
}

/* Takes the pages for a mapping and says where, or 0. */
static uintptr_t take_pages(struct mpk_arena *arena, uintptr_t address, size_t size,
                            unsigned char state)
{
    size = whole_pages(size);
    if (!size || size > arena->map_pages * MPK_PAGE || address % MPK_PAGE)
        return 0;
    size_t count = size / MPK_PAGE, first;
    if (!arena->loading && count > arena->heap_size / MPK_PAGE - arena->mapped_pages)
        return 0;
    if (address) {
        if (!mpk_arena_holds(arena, address, size))
            return 0;
        first = page_of(arena, address);
        if (!arena->loading && first < arena->loaded_pages)
            return 0;
    } else {
        first = find_free(arena, count);
        if (first == arena->map_pages)
            return 0;
        if (arena->search_from == first)
            arena->search_from = first + count;
    }
    if (!arena->loading)
        for (size_t i = 0; i < count; i++)
            arena->mapped_pages += arena->pages[first + i] == MPK_FREE;
    if (arena->loading)
        mpk_mapped_forget(arena, arena->start + first * MPK_PAGE, size);
    memset(arena->pages + first, state, count);
    if (arena->used_pages < first + count)
        arena->used_pages = first + count;
    return arena->start + first * MPK_PAGE;
}

/* Makes the pages memory of the arena again, and zero. */
static bool clear(const struct mpk_arena *arena, uintptr_t start, uintptr_t end)
{
    if (!arena->loading)
        return !madvise((void *)start, end - start, MADV_DONTNEED);
    return map_fixed(arena, start, end, MAP_SHARED, arena->file) &&
           !madvise((void *)start, end - start, MADV_REMOVE);
}

uintptr_t mpk_arena_map(struct mpk_arena *arena, uintptr_t address, size_t size)
{
    uintptr_t start = take_pages(arena, address, size, MPK_MEMORY);
    if (start && address && !clear(arena, start, start + whole_pages(size)))
        return 0;
    return start;
}

uintptr_t mpk_arena_map_file(struct mpk_arena *arena, uintptr_t address, size_t size, int file,
                             off_t offset)
{
    uintptr_t start = take_pages(arena, address, size, MPK_FILE);
    if (!start || mmap((void *)start, whole_pages(size), PROT_READ, MAP_PRIVATE | MAP_FIXED, file,
                       offset) == MAP_FAILED)
        return 0;
    return pkey_mprotect((void *)start, whole_pages(size), PROT_READ, arena->key) ? 0 : start;
}

bool mpk_arena_unmap(struct mpk_arena *arena, uintptr_t address, size_t size)
{
    size = whole_pages(size);
    if (!size || address % MPK_PAGE || !mpk_arena_holds(arena, address, size))
        return false;
    size_t first = page_of(arena, address);
    if (!arena->loading && first < arena->loaded_pages)
        return true; /* it stays, until reset */
    for (size_t i = 0; i < size / MPK_PAGE; i++)
        if (arena->pages[first + i] == MPK_GUARD)
            return false;
    if (!arena->loading)
        for (size_t i = 0; i < size / MPK_PAGE; i++)
            arena->mapped_pages -= arena->pages[first + i] != MPK_FREE;
    if (arena->loading)
        mpk_mapped_forget(arena, address, size);
    memset(arena->pages + first, MPK_FREE, size / MPK_PAGE);
    if (arena->search_from > first)
        arena->search_from = first;
    return clear(arena, address, address + size);
}

bool mpk_arena_guard(struct mpk_arena *arena, uintptr_t address, size_t size)
{
    memset(arena->pages + page_of(arena, address), MPK_GUARD, size / MPK_PAGE);
    return !mprotect((void *)address, size, PROT_NONE);
}

bool mpk_arena_is_memory(const struct mpk_arena *arena, uintptr_t address, size_t size)
{
    if (!mpk_arena_holds(arena, address, size))
        return false;
    for (size_t page = page_of(arena, address); page <= page_of(arena, address + size - 1); page++)
        if (arena->pages[page] != MPK_MEMORY && arena->pages[page] != MPK_FREE)
            return false;
    return true;
}

/* --- code --- */

enum og_error mpk_arena_make_code(struct mpk_arena *arena, uintptr_t address, size_t size,
                                  bool trusted, struct og_fault *fault)
{
    size = whole_pages(size);
    if (!arena->loading || !size || !mpk_arena_holds(arena, address, size))
        return og_fail(fault, OG_FORBIDDEN, NULL, address, "code can be made while loading only");
    memset(arena->pages + page_of(arena, address), MPK_CODE, size / MPK_PAGE);
    const char *name = NULL;
    unsigned char *code = (unsigned char *)address;
    /* Instructions that straddle the edge to other code count, too. Nothing else than this
     * thread writes the pages: it alone runs while the domain loads. */
    size_t before = 0, after = 0;
    while (before < 15 && mpk_arena_holds(arena, address - before - 1, 1) &&
           arena->pages[page_of(arena, address - before - 1)] == MPK_CODE)
        before++;
    while (after < 15 && mpk_arena_holds(arena, address + size + after, 1) &&
           arena->pages[page_of(arena, address + size + after)] == MPK_CODE)
        after++;
    for (size_t at = 0, all = before + size + after; at < all;) {
        at += mpk_scan(code - before + at, all - at, &name);
        if (at >= all)
            break;
        /* The system's libc has one WRPKRU, in pkey_set, and its loader two XRSTORs, in the lazy
         * resolver that a domain does not use: they become traps. */
        if (!trusted || at < before || at - before + 2 > size) {
            og_fail(fault, OG_FORBIDDEN, NULL, address - before + at, name);
            return OG_FORBIDDEN;
        }
        code[at - before] = 0x0f; /* UD2 */
        code[at - before + 1] = 0x0b;
    }
    if (mprotect(code, size, PROT_READ | PROT_EXEC))
        return og_fail_system(fault, errno, NULL, address, "cannot make code executable");
    return OG_OK;
}

/* --- settling and resetting --- */

static bool append_region(struct mpk_arena *arena, uintptr_t start, uintptr_t end, unsigned rights)
{
    if (start == end)
        return true;
    struct og_region *regions =
        realloc(arena->regions, (arena->region_count + 1) * sizeof(*regions));
    if (!regions)
        return false;
    regions[arena->region_count++] = (struct og_region){start, end, rights};
    arena->regions = regions;
    return true;
}

static unsigned rights_of(unsigned char state)
{
    switch (state) {
    case MPK_GUARD:
        return 0;
    case MPK_FILE:
    case MPK_CODE:
        return OG_READ;
    default:
        return OG_READ | OG_WRITE;
    }
}

static bool make_regions(struct mpk_arena *arena)
{
    for (size_t page = 0; page < arena->map_pages;) {
        size_t first = page;
        unsigned rights = rights_of(arena->pages[first]);
        while (page < arena->map_pages && rights_of(arena->pages[page]) == rights)
            page++;
        if (rights && !append_region(arena, arena->start + first * MPK_PAGE,
                                     arena->start + page * MPK_PAGE, rights))
            return false;
    }
    return append_region(arena, arena->heap, arena->heap + arena->heap_size, OG_READ | OG_WRITE);
}

/* Makes a range private, with the contents it has. */
static bool make_private(struct mpk_arena *arena, size_t first, size_t last, unsigned char state)
{
    uintptr_t start = arena->start + first * MPK_PAGE, end = arena->start + last * MPK_PAGE;
    if (state == MPK_FILE || state == MPK_GUARD)
        return true;
    return map_fixed(arena, start, end, MAP_PRIVATE, arena->file) &&
           (state != MPK_CODE || !mprotect((void *)start, end - start, PROT_READ | PROT_EXEC));
}

enum og_error mpk_arena_settle(struct mpk_arena *arena, struct og_fault *fault)
{
    arena->loaded_pages = arena->search_from = arena->used_pages;
    arena->loaded_brk = arena->brk;
    arena->loaded = malloc(arena->map_pages);
    if (!arena->loaded || !make_regions(arena))
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "the host is out of memory");
    memcpy(arena->loaded, arena->pages, arena->map_pages);
    for (size_t page = 0; page < arena->loaded_pages;) {
        size_t first = page;
        unsigned char state = arena->pages[first];
        while (page < arena->loaded_pages && arena->pages[page] == state)
            page++;
        if (!make_private(arena, first, page, state))
            return og_fail_system(fault, errno, NULL, arena->start,
                                  "cannot make the arena private");
    }
    uintptr_t heap_loaded = (arena->brk + MPK_PAGE - 1) & -(uintptr_t)MPK_PAGE;
    uintptr_t loaded_end = arena->start + arena->loaded_pages * MPK_PAGE;
    int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    if (!map_fixed(arena, arena->heap, heap_loaded, MAP_PRIVATE, arena->file) ||
        !map_fixed(arena, loaded_end, arena->heap, anonymous, -1) ||
        !map_fixed(arena, heap_loaded, arena->start + arena->size, anonymous, -1))
        return og_fail_system(fault, errno, NULL, arena->start, "cannot make the arena private");
    /* Huge pages would make the first touch, and every reset, cost two megabytes. */
    madvise((void *)arena->start, arena->size, MADV_NOHUGEPAGE);
    arena->loading = false;
    close(arena->file);
    arena->file = -1;
    return OG_OK;
}

enum og_error mpk_arena_reset(struct mpk_arena *arena, struct og_fault *fault)
{
    if (madvise((void *)arena->start, arena->size, MADV_DONTNEED))
        return og_fail_system(fault, errno, NULL, arena->start, "cannot clear the arena");
    memcpy(arena->pages, arena->loaded, arena->used_pages);
    arena->used_pages = arena->search_from = arena->loaded_pages;
    arena->mapped_pages = 0;
    arena->brk = arena->loaded_brk;
    return OG_OK;
}
