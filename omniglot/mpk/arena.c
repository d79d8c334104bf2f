/* The arena: one reserved address range with the domain's key, and what is where in it.
 *
 * What a page is stands in the books, and its protection and key follow from that in one place
 * (protection_of, protect). The memory is changed first and the books last, when that has worked:
 * where it has not, the arena has failed, and the call that wanted it ends.
 *
 * What is not granted has the host's key: the domain cannot touch it, the host can. After loading
 * nothing is ever taken from the host, which could be reading it: every page that was granted once
 * stays readable and writable for it, and what was loaded stays as it is. What was never granted is
 * addresses and no memory, in no region that a reference can reach: where overcommit is off, the
 * system counts what is writable, whether it is used or not. Code that comes later has addresses of
 * its own, where the host has references to read and none to write (decision 136).
 *
 * No file is mapped: who may write one could change under the host's eyes what it has validated,
 * and who shortens one would end the host where it reads.
 *
 * While the domain loads, the arena is a shared mapping of an unnamed file; then it becomes a
 * private mapping of the same file, so that reset is one madvise: the pages that were written
 * since are dropped, and the file's show again. A process that is made meanwhile has nothing of it
 * (mpk_arena_forked). */
#include "mpk.h"
#include "omniglot/mpk/describe/where.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    MAP_SIZE = 256 << 20, /* beyond the first foreign stack */
    LATE_SIZE = 64 << 20, /* for what is loaded later, where the host lets it */
    SCAN_AT_ONCE = 1 << 20,
    LONGEST = 15, /* bytes of an instruction */
    FOREIGN_STACK_LEAST = 64 << 10,
    FOREIGN_STACK_MOST = 1 << 30, /* the first one is in the books, a byte a page */
    SEATS_LEAST = 16,
    HEAP_STEP = 256 << 10, /* of what brk grants: a trap and a system call each */
    LIBRARIES_MEMORY =
        16 << 20, /* while loading, beyond the heap: libraries' variables, the loader's books */
    READ_AT_ONCE = 256 << 10, /* of a file, before it is asked again whether it is late */
    READ_WRITE = PROT_READ | PROT_WRITE
};
/* Regions, from the end. */
enum { OF_STACKS = 1, OF_HEAP, OF_LATE, AFTER_LOADED };
#define SEATS_ADDRESSES ((size_t)1 << 40) /* for a domain's seats, unless those are too few */

/* `size` in whole pages, or 0 if that is too much. */
static size_t whole_pages(size_t size)
{
    size_t rounded;
    return __builtin_add_overflow(size, MPK_PAGE - 1, &rounded) ? 0 : rounded & -(size_t)MPK_PAGE;
}

/* --- what a page's state means for its memory --- */

static int protection_of(unsigned char state)
{
    switch (state) {
    case MPK_GUARD:
        return PROT_NONE;
    case MPK_FILE:
        return PROT_READ;
    case MPK_CODE:
        return PROT_READ | PROT_EXEC;
    default:
        return READ_WRITE;
    }
}

/* Of foreign stacks, each with the guard below it. */
static size_t stride_of_stacks(const struct mpk_arena *arena)
{
    return MPK_PAGE + arena->foreign_stack_size;
}

/* Key -1 is none at all: the books can be tested where there are no keys. */
static int key_of(const struct mpk_arena *arena, unsigned char state)
{
    bool is_hosts = state == MPK_FREE || state & MPK_OFF_LIMITS;
    return is_hosts && arena->key > 0 ? 0 : arena->key;
}

static bool try_to_protect(const struct mpk_arena *arena, uintptr_t start, uintptr_t end,
                           unsigned char state)
{
    if (start == end)
        return true;
    if (!mpk_reading_is_execution())
        return !pkey_mprotect((void *)start, end - start, protection_of(state),
                              key_of(arena, state));
    errno = EPERM;
    return false;
}

/* Makes addresses memory of that state. False: there is none, and nothing has changed; or the arena
 * has failed. */
static bool make_memory(struct mpk_arena *arena, uintptr_t start, uintptr_t end,
                        unsigned char state)
{
    if (try_to_protect(arena, start, end, state))
        return true;
    if (errno != ENOMEM)
        arena->failed = errno;
    return false;
}

static bool protect(struct mpk_arena *arena, uintptr_t start, uintptr_t end, unsigned char state)
{
    if (try_to_protect(arena, start, end, state))
        return true;
    arena->failed = errno;
    return false;
}

bool mpk_arena_protect(struct mpk_arena *arena, uintptr_t start, uintptr_t end, unsigned char state)
{
    return protect(arena, start, end, state);
}

/* Maps the range anew, for nobody to touch. Where the host has all that is mapped locked, the
 * kernel would fill what can be touched at once. */
static bool map_addresses(struct mpk_arena *arena, uintptr_t start, uintptr_t end, int flags,
                          int file)
{
    if (start == end)
        return true;
    off_t offset = file < 0 ? 0 : (off_t)(start - arena->start);
    if (mmap((void *)start, end - start, PROT_NONE, flags | MAP_FIXED | MAP_NORESERVE, file,
             offset) != MAP_FAILED &&
        !mpk_munlock((void *)start, end - start))
        return true;
    arena->failed = errno;
    return false;
}

/* The same, as pages of that state. */
static bool map_fixed(struct mpk_arena *arena, uintptr_t start, uintptr_t end, int flags, int file,
                      unsigned char state)
{
    return map_addresses(arena, start, end, flags, file) && protect(arena, start, end, state);
}

/* What the options say, in whole pages. */
static enum og_error take_sizes(struct mpk_arena *arena, const struct og_options *options,
                                struct og_fault *fault)
{
    const struct og_options given = options ? *options : (struct og_options){0};
    size_t size;
    arena->stack_size = whole_pages(given.stack_size ? given.stack_size : OG_DEFAULT_STACK);
    arena->heap_size = whole_pages(given.heap_size ? given.heap_size : OG_DEFAULT_HEAP);
    arena->locked_limit = given.locked_size / MPK_PAGE;
    arena->foreign_stack_size =
        whole_pages(given.foreign_stack_size ? given.foreign_stack_size : OG_DEFAULT_FOREIGN_STACK);
    if (!arena->foreign_stack_size || arena->foreign_stack_size > FOREIGN_STACK_MOST)
        return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0,
                       "foreign_stack_size is too large: 1 GiB at most");
    if (arena->foreign_stack_size < FOREIGN_STACK_LEAST)
        return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0,
                       "foreign_stack_size is too small: 65536 at least");
    if (!arena->stack_size || !arena->heap_size ||
        __builtin_add_overflow(arena->stack_size, arena->heap_size, &size) ||
        size > SIZE_MAX / 2 - MAP_SIZE - FOREIGN_STACK_MOST)
        return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0, "heap_size or stack_size is too large");
    return OG_OK;
}

/* Addresses for the arena's own part and as many seats as there can be had. */
static bool reserve(struct mpk_arena *arena, size_t own)
{
    size_t each = stride_of_stacks(arena) + arena->stack_size, others = SEATS_ADDRESSES / each;
    others = others < SEATS_LEAST ? SEATS_LEAST : others < MPK_THREADS ? others : MPK_THREADS;
    others--;
    arena->start = (uintptr_t)mpk_reserve(own, each, &others);
    arena->size = own + others * each;
    arena->seat_limit = others + 1;
    return arena->start != 0;
}

enum og_error mpk_arena_open(struct mpk_arena *arena, int key, const struct og_options *options,
                             struct og_fault *fault)
{
    *arena = (struct mpk_arena){.key = key, .file = -1, .loading = true};
    enum og_error error = take_sizes(arena, options, fault);
    if (error)
        return error;
    size_t late = options && options->late_folders && options->late_folders[0] ? LATE_SIZE : 0;
    size_t mappings = MAP_SIZE + stride_of_stacks(arena) + late;
    size_t own = mappings + arena->stack_size + arena->heap_size;
    if (!reserve(arena, own))
        return mpk_no_addresses(
            fault, "no addresses for the domain's arena: less heap_size, stack_size or "
                   "foreign_stack_size takes fewer, and ulimit -v may limit them");
    error = mpk_memory_file("omniglot-domain", own, &arena->file, fault);
    if (error)
        return error;
    arena->map_pages = mappings / MPK_PAGE;
    arena->late_first = (mappings - late) / MPK_PAGE;
    arena->stack = arena->start + mappings;
    arena->heap = arena->brk = arena->heap_granted = arena->stack + arena->stack_size;
    arena->stacks = arena->start + own;
    arena->scopes = arena->stacks + (arena->seat_limit - 1) * stride_of_stacks(arena);
    arena->shown_pages = arena->late_first; /* while loading all of it is there */
    arena->shown_late = arena->map_pages;
    arena->shown_heap = arena->stacks;
    arena->pages = mpk_allocate(arena->map_pages, 1);
    arena->heap_pages = mpk_allocate(arena->heap_size / MPK_PAGE, 1);
    if (!arena->pages || !arena->heap_pages)
        return mpk_out_of_memory(fault);
    if (!map_fixed(arena, arena->start, arena->stacks, MAP_SHARED, arena->file, MPK_FREE))
        return og_fail_system(fault, errno, NULL, arena->start, "cannot map the domain's arena");
    return OG_OK;
}

bool mpk_arena_close(struct mpk_arena *arena)
{
    bool gone = !arena->start || !munmap((void *)arena->start, arena->size);
    if (arena->file >= 0)
        close(arena->file);
    mpk_release(arena->pages);
    mpk_release(arena->loaded);
    mpk_release(arena->heap_pages);
    mpk_release(arena->loaded_heap_pages);
    mpk_release(arena->regions);
    mpk_mapped_close(arena);
    *arena = (struct mpk_arena){.file = -1};
    return gone;
}

/* What is scanned and mapped in one process would be written in the other, and it can be executed:
 * code is no key's. */
void mpk_arena_forked(struct mpk_arena *arena)
{
    if (arena->borders > arena->loaded_borders)
        arena->inherited += arena->borders - arena->loaded_borders;
    if (!arena->loading)
        return;
    if (mmap((void *)arena->start, arena->stacks - arena->start, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
        __builtin_trap();
    close(arena->file);
    arena->file = -1;
}

bool mpk_arena_holds(const struct mpk_arena *arena, uintptr_t address, size_t size)
{
    return og_is_within(address, size, arena->start, arena->start + arena->map_pages * MPK_PAGE);
}

/* --- the books --- */

/* Pages in a row, by number. */
struct range {
    size_t first, count;
};

static uintptr_t start_of(const struct mpk_arena *arena, struct range range)
{
    return arena->start + range.first * MPK_PAGE;
}

static uintptr_t end_of(const struct mpk_arena *arena, struct range range)
{
    return arena->start + (range.first + range.count) * MPK_PAGE;
}

static size_t page_of(const struct mpk_arena *arena, uintptr_t address)
{
    return (address - arena->start) / MPK_PAGE;
}

/* How many pages of the range have, of what `mask` keeps of their state, just `is`. */
static size_t count_pages(const struct mpk_arena *arena, struct range range, unsigned char mask,
                          unsigned char is)
{
    size_t count = 0;
    for (size_t i = 0; i < range.count; i++)
        count += (arena->pages[range.first + i] & mask) == is;
    return count;
}

static size_t count_free(const struct mpk_arena *arena, struct range range)
{
    return count_pages(arena, range, UCHAR_MAX, MPK_FREE);
}

/* Of memory, whatever has been asked for it. */
static size_t count_memory(const struct mpk_arena *arena, struct range range)
{
    return count_pages(arena, range, MPK_MEMORY, MPK_MEMORY);
}

static size_t count_locked(const struct mpk_arena *arena, struct range range)
{
    return count_pages(arena, range, MPK_LOCKED, MPK_LOCKED);
}

static bool has_code(const struct mpk_arena *arena, struct range range)
{
    return count_pages(arena, range, UCHAR_MAX, MPK_CODE) != 0;
}

/* How many pages of the range, and of the one behind it, differ from the page before. */
static size_t count_borders(const struct mpk_arena *arena, struct range range)
{
    size_t end = range.first + range.count, count = 0;
    for (size_t page = range.first ? range.first : 1; page <= end && page < arena->map_pages;
         page++)
        count += arena->pages[page] != arena->pages[page - 1];
    return count;
}

/* The same, were the range all of that state. */
static size_t borders_as(const struct mpk_arena *arena, struct range range, unsigned char state)
{
    size_t end = range.first + range.count;
    return (range.first && arena->pages[range.first - 1] != state) +
           (end < arena->map_pages && arena->pages[end] != state);
}

/* Writes down what the range has become. */
static void enter(struct mpk_arena *arena, struct range range, unsigned char state)
{
    size_t borders = borders_as(arena, range, state);
    arena->borders += borders - count_borders(arena, range);
    arena->memory_pages -= count_memory(arena, range);
    arena->memory_pages += state == MPK_MEMORY ? range.count : 0;
    if (arena->locked_pages)
        arena->locked_pages -= count_locked(arena, range);
    memset(arena->pages + range.first, state, range.count);
    if (state == MPK_FREE && arena->search_from > range.first)
        arena->search_from = range.first;
    if (state != MPK_FREE && arena->search_from == range.first)
        arena->search_from = range.first + range.count;
    if (state != MPK_FREE && arena->used_pages < range.first + range.count)
        arena->used_pages = range.first + range.count;
}

/* Changes the pages' protection to that of the state, and then the books. */
static bool become(struct mpk_arena *arena, struct range range, unsigned char state)
{
    size_t end = range.first + range.count;
    if (!range.count)
        return true;
    if (arena->used_pages < end)
        arena->used_pages = end; /* reset clears what is half done */
    if (!protect(arena, start_of(arena, range), end_of(arena, range), state))
        return false;
    enter(arena, range, state);
    return true;
}

static struct range part_of(struct range range, size_t first, size_t end)
{
    first = first < range.first ? range.first : first;
    end = end < range.first + range.count ? end : range.first + range.count;
    return (struct range){first, end > first ? end - first : 0};
}

/* As much of the range as there ever was memory: where late code may be, and before. */
static struct range shown_of(const struct mpk_arena *arena, struct range range)
{
    return part_of(range, 0, arena->shown_pages);
}

static struct range shown_late_of(const struct mpk_arena *arena, struct range range)
{
    return part_of(range, arena->late_first, arena->shown_late);
}

static bool clear_memory(struct mpk_arena *arena, struct range range)
{
    if (!range.count)
        return true;
    uintptr_t start = start_of(arena, range), end = end_of(arena, range);
    bool done = arena->loading ? map_fixed(arena, start, end, MAP_SHARED, arena->file, MPK_FREE) &&
                                     mpk_drop(start, end - start, MADV_REMOVE)
                               : mpk_drop(start, end - start, MADV_DONTNEED) &&
                                     protect(arena, start, end, MPK_FREE);
    if (!done) {
        arena->failed = errno;
        return false;
    }
    if (arena->loading)
        mpk_mapped_forget(arena, start, end - start);
    enter(arena, range, MPK_FREE);
    return true;
}

/* Makes the range free, and its memory zero, whatever it was. */
static bool clear(struct mpk_arena *arena, struct range range)
{
    return clear_memory(arena, shown_of(arena, range)) &&
           clear_memory(arena, shown_late_of(arena, range));
}

/* --- limits --- */

/* How many bytes of memory there may be in all, heap and mappings. */
static size_t memory_limit(const struct mpk_arena *arena)
{
    return arena->heap_size + (arena->loading ? LIBRARIES_MEMORY : 0);
}

/* May the domain's pages of the range become `memory` pages of memory, and the rest `state`? */
static bool is_within_limits(const struct mpk_arena *arena, struct range range, size_t memory,
                             unsigned char state)
{
    size_t had = count_memory(arena, range);
    size_t pages = arena->memory_pages - had + memory;
    size_t before = count_borders(arena, range);
    size_t after = borders_as(arena, range, state) + (memory && memory != range.count);
    if (memory > had &&
        pages * MPK_PAGE + (arena->heap_granted - arena->heap) > memory_limit(arena))
        return false;
    return mpk_arena_may_divide(arena, before, after);
}

/* Is any of it the runtime's own? Stacks and guards stay what they are. */
static bool is_owned(const struct mpk_arena *arena, struct range range)
{
    for (size_t i = range.first; i < range.first + range.count; i++)
        if (arena->pages[i] == MPK_STACK || arena->pages[i] == MPK_GUARD)
            return true;
    return false;
}

/* --- mapping --- */

/* The first of `count` free pages in a row, or `map_pages`; `late`: where late code may be. Loaded
 * pages are never used again: their contents belong to what reset brings back. */
static size_t find_free(const struct mpk_arena *arena, size_t count, bool late)
{
    size_t run = 0, end = late ? arena->map_pages : arena->late_first;
    for (size_t page = late ? arena->late_first : arena->search_from; page < end; page++) {
        run = arena->pages[page] == MPK_FREE ? run + 1 : 0;
        if (run == count)
            return page + 1 - count;
        if (page >= arena->used_pages)
            return page + 1 - run + count <= end ? page + 1 - run : arena->map_pages;
    }
    return arena->map_pages;
}

/* May the domain map to these pages, as that? While it loads nothing lies where late code may, and
 * later code lies nowhere else. */
static bool is_place_for(const struct mpk_arena *arena, struct range range, unsigned char state)
{
    if (arena->loading)
        return range.first + range.count <= arena->late_first;
    return range.first >= (state == MPK_CODE ? arena->late_first : arena->loaded_pages);
}

/* The pages at `address`, if a domain may have them changed. */
static bool find_range(const struct mpk_arena *arena, uintptr_t address, size_t size,
                       struct range *range)
{
    size = whole_pages(size);
    if (!size || address % MPK_PAGE || !mpk_arena_holds(arena, address, size))
        return false;
    *range = (struct range){page_of(arena, address), size / MPK_PAGE};
    return !is_owned(arena, *range);
}

/* Has the kernel give the mapping that starts there, which is divided later, what its pages have in
 * common: it joins none that were touched first when they were apart. */
static void touch(uintptr_t page)
{
    volatile char *byte = (volatile char *)page;
    *byte = *byte;
}

/* Addresses behind memory become memory too, the host's until it is granted. */
static bool show(struct mpk_arena *arena, uintptr_t start, uintptr_t end)
{
    if (!make_memory(arena, start, end, MPK_FREE))
        return false;
    touch(start);
    return true;
}

/* Has the host's memory, and what references reach, go on up to `end` at least, and by a page more:
 * with that one, which is not granted before more is shown, the kernel joins what comes next. */
static bool show_up_to(struct mpk_arena *arena, size_t *shown, size_t end, size_t last, int region)
{
    end = end < last ? end + 1 : last;
    struct range range = {*shown, end - *shown};
    if (end <= *shown)
        return true;
    if (!show(arena, start_of(arena, range), end_of(arena, range)))
        return false;
    *shown = end;
    arena->regions[arena->region_count - (size_t)region].end = end_of(arena, range);
    return true;
}

/* All of the range is there. */
static bool show_pages(struct mpk_arena *arena, struct range range)
{
    size_t end = range.first + range.count;
    if (range.first < arena->late_first &&
        !show_up_to(arena, &arena->shown_pages, end, arena->late_first, AFTER_LOADED))
        return false;
    return end <= arena->late_first ||
           show_up_to(arena, &arena->shown_late, end, arena->map_pages, OF_LATE);
}

/* Finds room for a mapping, at `address`, or if that is 0 anywhere, or (`late`) where late code may
 * be: free pages, zero, and the host's until they become what they are to be. */
static bool find_room_in(struct mpk_arena *arena, bool late, uintptr_t address, size_t size,
                         size_t memory, unsigned char state, struct range *range)
{
    size = whole_pages(size);
    if (!size || size > arena->map_pages * MPK_PAGE)
        return false;
    *range = (struct range){.count = size / MPK_PAGE};
    if (!address) {
        range->first = find_free(arena, range->count, late);
        return range->first != arena->map_pages && is_place_for(arena, *range, state) &&
               is_within_limits(arena, *range, memory, state) && show_pages(arena, *range);
    }
    if (!find_range(arena, address, size, range) || !is_place_for(arena, *range, state) ||
        !is_within_limits(arena, *range, memory, state) || !show_pages(arena, *range))
        return false;
    return count_free(arena, *range) == range->count || clear(arena, *range);
}

static bool find_room(struct mpk_arena *arena, uintptr_t address, size_t size, size_t memory,
                      unsigned char state, struct range *range)
{
    return find_room_in(arena, false, address, size, memory, state, range);
}

static uintptr_t map_memory(struct mpk_arena *arena, bool late, uintptr_t address, size_t size)
{
    struct range range;
    size_t pages = whole_pages(size) / MPK_PAGE;
    if (!find_room_in(arena, late, address, size, pages, MPK_MEMORY, &range) ||
        !become(arena, range, MPK_MEMORY))
        return 0;
    return start_of(arena, range);
}

uintptr_t mpk_arena_map(struct mpk_arena *arena, uintptr_t address, size_t size)
{
    return map_memory(arena, false, address, size);
}

uintptr_t mpk_arena_map_late(struct mpk_arena *arena, uintptr_t address, size_t size)
{
    return map_memory(arena, true, address, size);
}

uintptr_t mpk_arena_map_stack(struct mpk_arena *arena, size_t size)
{
    struct range range;
    if (!find_room(arena, 0, size, 0, MPK_STACK, &range) ||
        !become(arena, (struct range){range.first, 1}, MPK_GUARD) ||
        !become(arena, (struct range){range.first + 1, range.count - 1}, MPK_STACK))
        return 0;
    return start_of(arena, range) + MPK_PAGE;
}

uintptr_t mpk_arena_map_file(struct mpk_arena *arena, uintptr_t address, size_t size,
                             const struct mpk_source *source)
{
    struct range range, rest;
    size_t held = whole_pages(source->size);
    if (!arena->loading || !held || held > whole_pages(size) ||
        !find_room(arena, address, size, (whole_pages(size) - held) / MPK_PAGE, MPK_FILE, &range))
        return 0;
    uintptr_t start = start_of(arena, range);
    if (!mpk_source_read(arena, source, start)) {
        clear(arena, range);
        return 0;
    }
    rest = (struct range){range.first + held / MPK_PAGE, range.count - held / MPK_PAGE};
    range.count = held / MPK_PAGE;
    return become(arena, range, MPK_FILE) && become(arena, rest, MPK_MEMORY) ? start : 0;
}

bool mpk_arena_unmap(struct mpk_arena *arena, uintptr_t address, size_t size)
{
    struct range range;
    if (!find_range(arena, address, size, &range))
        return false;
    if (!arena->loading && range.first < arena->loaded_pages)
        return true; /* it stays, until reset */
    return is_within_limits(arena, range, 0, MPK_FREE) && clear(arena, range);
}

bool mpk_arena_forget(struct mpk_arena *arena, uintptr_t address, size_t size)
{
    struct range range;
    if (!find_range(arena, address, size, &range) || arena->loading ||
        range.first < arena->loaded_pages || count_locked(arena, range) || has_code(arena, range))
        return false;
    return mpk_drop(address, range.count * MPK_PAGE, MADV_DONTNEED);
}

/* --- the heap --- */

/* Makes [start, end) of the heap zero. What was granted when loading ended, a step at most, would
 * come back as it was. */
static bool clear_heap(struct mpk_arena *arena, uintptr_t start, uintptr_t end)
{
    uintptr_t loaded = arena->loading ? start : arena->loaded_heap;
    if (start < loaded) {
        memset((void *)start, 0, (end < loaded ? end : loaded) - start);
        start = loaded;
    }
    return start >= end ||
           mpk_drop(start, end - start, arena->loading ? MADV_REMOVE : MADV_DONTNEED);
}

/* The heap's end of what is granted, for that brk; 0: it is too much. */
static uintptr_t heap_end_for(const struct mpk_arena *arena, uintptr_t brk)
{
    size_t limit = memory_limit(arena) - arena->memory_pages * MPK_PAGE;
    size_t wanted = whole_pages(brk - arena->heap);
    size_t granted = (wanted + HEAP_STEP - 1) & -(size_t)HEAP_STEP;
    if (limit > arena->heap_size)
        limit = arena->heap_size;
    if (wanted > limit)
        return 0;
    return arena->heap + (granted < limit ? granted : limit);
}

/* The same as show_up_to, of the heap. */
static bool show_heap(struct mpk_arena *arena, uintptr_t end)
{
    end = end < arena->stacks ? end + MPK_PAGE : end;
    if (end <= arena->shown_heap)
        return true;
    if (!show(arena, arena->shown_heap, end))
        return false;
    arena->shown_heap = end;
    arena->regions[arena->region_count - OF_HEAP].end = end;
    return true;
}

/* What was loaded stays, until reset: to fill it with zeros would be a system call of no end. */
uintptr_t mpk_arena_set_brk(struct mpk_arena *arena, uintptr_t brk)
{
    uintptr_t low = arena->loading ? arena->heap : arena->loaded_brk;
    uintptr_t end =
        og_is_within(brk, 0, low, arena->heap + arena->heap_size) ? heap_end_for(arena, brk) : 0;
    uintptr_t kept = arena->heap + whole_pages(brk - arena->heap);
    if (!end || !show_heap(arena, end))
        return arena->brk;
    if (brk < arena->brk && !mpk_arena_clear_heap_flags(arena, kept))
        return arena->brk;
    if (brk < arena->brk && !clear_heap(arena, kept, arena->heap_granted)) {
        arena->failed = errno;
        return arena->brk;
    }
    if (!(end > arena->heap_granted ? protect(arena, arena->heap_granted, end, MPK_MEMORY)
                                    : protect(arena, end, arena->heap_granted, MPK_FREE)))
        return arena->brk;
    arena->heap_granted = end;
    return arena->brk = brk;
}

/* --- seats --- */

uintptr_t mpk_arena_scopes_of(const struct mpk_arena *arena, size_t seat)
{
    return seat ? arena->scopes + (seat - 1) * arena->stack_size : arena->stack;
}

uintptr_t mpk_arena_stack_of(const struct mpk_arena *arena, size_t seat)
{
    return arena->stacks + (seat - 1) * stride_of_stacks(arena) + MPK_PAGE;
}

/* The guard of a stack that was made after loading is no page that the host cannot touch: where it
 * uses references to stacks, guards lie between them. */
static bool grant_seat(const struct mpk_arena *arena, size_t seat)
{
    uintptr_t scopes = mpk_arena_scopes_of(arena, seat), stack = mpk_arena_stack_of(arena, seat);
    return try_to_protect(arena, scopes, scopes + arena->stack_size, MPK_MEMORY) &&
           (!seat || (try_to_protect(arena, stack - MPK_PAGE, stack, MPK_FREE) &&
                      try_to_protect(arena, stack, stack + arena->foreign_stack_size, MPK_STACK)));
}

/* Addresses again and no more. */
static void take_seat_back(struct mpk_arena *arena, size_t seat)
{
    void *scopes = (void *)mpk_arena_scopes_of(arena, seat);
    void *stack = (void *)(mpk_arena_stack_of(arena, seat) - MPK_PAGE);
    int key = key_of(arena, MPK_FREE);
    bool done = !pkey_mprotect(scopes, arena->stack_size, PROT_NONE, key);
    done &= !pkey_mprotect(stack, stride_of_stacks(arena), PROT_NONE, key);
    if (!done)
        arena->failed = errno;
}

bool mpk_arena_make_seat(struct mpk_arena *arena, size_t seat)
{
    if (seat < arena->seats)
        return true;
    if (seat != arena->seats || seat >= arena->seat_limit)
        return false;
    if (!grant_seat(arena, seat)) {
        if (seat)
            take_seat_back(arena, seat);
        return false;
    }
    arena->seats++;
    return true;
}

void mpk_arena_show_stack(struct mpk_arena *arena, size_t seat)
{
    struct og_region *stacks = &arena->regions[arena->region_count - OF_STACKS];
    uintptr_t end = arena->stacks + seat * stride_of_stacks(arena);
    if (stacks->end < end)
        stacks->end = end;
}

/* What the page at `address`, of a stack that was not loaded or of its guard, is. */
static unsigned char state_of_stack(const struct mpk_arena *arena, uintptr_t address)
{
    size_t offset = address - arena->stacks, stride = stride_of_stacks(arena);
    if (offset / stride + 1 >= arena->seats)
        return MPK_FREE;
    return offset % stride < MPK_PAGE ? MPK_GUARD : MPK_STACK;
}

unsigned char mpk_arena_state(const struct mpk_arena *arena, uintptr_t address)
{
    if (mpk_arena_holds(arena, address, 1))
        return arena->pages[page_of(arena, address)];
    if (address >= arena->scopes)
        return (address - arena->scopes) / arena->stack_size + 1 < arena->seats ? MPK_MEMORY
                                                                                : MPK_FREE;
    if (address >= arena->stacks)
        return state_of_stack(arena, address);
    if (address >= arena->heap)
        return address < arena->heap_granted
                   ? MPK_MEMORY | arena->heap_pages[(address - arena->heap) / MPK_PAGE]
                   : MPK_FREE;
    return arena->seats ? MPK_MEMORY : MPK_FREE;
}

/* What is one page's state is that of all from it to before this address. Of what is large and not
 * in the books by pages no page is looked at: to ask is to be quick. */
static uintptr_t end_of_state(const struct mpk_arena *arena, uintptr_t page)
{
    size_t others = arena->seats > 1 ? arena->seats - 1 : 0;
    const uintptr_t borders[] = {arena->heap, arena->heap_granted, arena->stacks,
                                 arena->scopes + others * arena->stack_size};
    uintptr_t end = arena->start + arena->size;
    if (mpk_arena_holds(arena, page, 1) ||
        (arena->heap_off_limits && og_is_within(page, 1, arena->heap, arena->heap_granted)))
        return page + MPK_PAGE;
    if (og_is_within(page, 1, arena->stacks, arena->scopes)) {
        size_t stride = stride_of_stacks(arena), offset = (page - arena->stacks) % stride;
        return page + (offset < MPK_PAGE ? MPK_PAGE : stride - offset);
    }
    for (size_t i = 0; i < sizeof(borders) / sizeof(borders[0]); i++)
        if (page < borders[i] && borders[i] < end)
            end = borders[i];
    return end;
}

static bool is_all(const struct mpk_arena *arena, uintptr_t address, size_t size, bool writable)
{
    if (!og_is_within(address, size, arena->start, arena->start + arena->size))
        return false;
    for (uintptr_t page = address & -(uintptr_t)MPK_PAGE; page < address + size;
         page = end_of_state(arena, page)) {
        unsigned char state = mpk_arena_state(arena, page);
        bool written = state == MPK_STACK || (state & MPK_MEMORY && !(state & MPK_OFF_LIMITS));
        if (!written && (writable || (state != MPK_FILE && state != MPK_CODE)))
            return false;
    }
    return true;
}

bool mpk_arena_is_writable(const struct mpk_arena *arena, uintptr_t address, size_t size)
{
    return is_all(arena, address, size, true);
}

bool mpk_arena_is_readable(const struct mpk_arena *arena, uintptr_t address, size_t size)
{
    return is_all(arena, address, size, false);
}

/* --- code --- */

static bool is_code(const struct mpk_arena *arena, uintptr_t address)
{
    return mpk_arena_holds(arena, address, 1) && arena->pages[page_of(arena, address)] == MPK_CODE;
}

/* Looks for what could undo the isolation, at every offset, over the borders to other code too.
 * `trusted`: the system's libc has one WRPKRU, in pkey_set, and its loader two XRSTORs, in the lazy
 * resolver that a domain does not use: they become traps. */
static enum og_error scan_code(const struct mpk_arena *arena, struct range range, bool trusted,
                               bool (*is_late)(void), struct og_fault *fault)
{
    uintptr_t start = start_of(arena, range);
    size_t size = range.count * MPK_PAGE, before = 0, after = 0;
    unsigned char *code = (unsigned char *)start;
    const char *name = NULL;
    while (before < LONGEST && is_code(arena, start - before - 1))
        before++;
    while (after < LONGEST && is_code(arena, start + size + after))
        after++;
    for (size_t from = 0, all = before + size + after; from < all;) {
        size_t part = all - from < SCAN_AT_ONCE ? all - from : SCAN_AT_ONCE;
        size_t at = from + mpk_scan(code - before + from, part, &name);
        if (at >= from + part) {
            /* Again what an instruction that lies across the end can hold. */
            from += from + part < all ? part - LONGEST : part;
            if (is_late && is_late())
                return og_fail(fault, OG_DEADLINE, NULL, start, "the code is too long to scan");
            continue;
        }
        if (!trusted || at < before || at - before + 2 > size)
            return og_fail(fault, OG_FORBIDDEN, NULL, start - before + at, name);
        code[at - before] = 0x0f; /* UD2 */
        code[at - before + 1] = 0x0b;
    }
    return OG_OK;
}

/* The pages, which nothing but the host can write or has written since, become code. */
static enum og_error seal_code(struct mpk_arena *arena, struct range range, bool trusted,
                               bool (*is_late)(void), struct og_fault *fault)
{
    enum og_error error = scan_code(arena, range, trusted, is_late, fault);
    if (!error && !become(arena, range, MPK_CODE))
        error = mpk_no_code(fault, start_of(arena, range), "cannot make code executable");
    return error;
}

enum og_error mpk_arena_make_code(struct mpk_arena *arena, uintptr_t address, size_t size,
                                  bool trusted, struct og_fault *fault)
{
    struct range range;
    if (!arena->loading || !find_range(arena, address, size, &range))
        return og_fail(fault, OG_FORBIDDEN, NULL, address, "code can be made while loading only");
    return seal_code(arena, range, trusted, NULL, fault);
}

/* Reads a part of a file to `address`: while loading into the file in memory that is mapped there,
 * which spares the kernel making pages zero first. */
static ssize_t read_part(const struct mpk_arena *arena, int file, off_t offset, uintptr_t address,
                         size_t size)
{
    if (arena->loading && lseek(arena->file, (off_t)(address - arena->start), SEEK_SET) >= 0) {
        off_t from = offset;
        ssize_t sent = sendfile(arena->file, file, &from, size);
        if (sent >= 0)
            return sent;
    }
    return pread(file, (void *)address, size, offset);
}

bool mpk_source_read(const struct mpk_arena *arena, const struct mpk_source *source,
                     uintptr_t address)
{
    size_t left = source->size;
    off_t offset = source->offset;
    while (left) {
        size_t part = left < READ_AT_ONCE ? left : READ_AT_ONCE;
        if (source->is_late && source->is_late())
            return false;
        ssize_t got = read_part(arena, source->file, offset, address, part);
        if (got <= 0)
            return got == 0;
        address += (size_t)got;
        offset += got;
        left -= (size_t)got;
    }
    return true;
}

uintptr_t mpk_arena_map_code(struct mpk_arena *arena, uintptr_t address, size_t size,
                             const struct mpk_source *source, bool trusted, struct og_fault *fault)
{
    struct range range;
    og_fail(fault, OG_NO_MEMORY, NULL, address, "no room for code");
    if (source->size > size ||
        !find_room_in(arena, !arena->loading, address, size, 0, MPK_CODE, &range))
        return 0;
    uintptr_t start = start_of(arena, range);
    /* Until it is code, the domain cannot touch it. */
    enum og_error error = mpk_source_read(arena, source, start)
                              ? seal_code(arena, range, trusted, source->is_late, fault)
                              : og_fail_system(fault, errno, NULL, start, "cannot read code");
    if (error) {
        if (error == OG_FORBIDDEN)
            mpk_refusal_tell(source, start, fault);
        clear(arena, range);
        return 0;
    }
    fault->error = OG_OK;
    return start;
}

/* --- settling and resetting --- */

static bool append_region(struct mpk_arena *arena, uintptr_t start, uintptr_t end, unsigned rights)
{
    struct og_region *regions =
        mpk_resize(arena->regions, (arena->region_count + 1) * sizeof(*regions));
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

/* What was not loaded is nothing yet, and what will be there is not looked at by pages. */
static bool make_regions(struct mpk_arena *arena)
{
    const unsigned all = OG_READ | OG_WRITE;
    const uintptr_t loaded_end = arena->start + arena->loaded_pages * MPK_PAGE;
    const uintptr_t late = arena->start + arena->late_first * MPK_PAGE;
    for (size_t page = 0; page < arena->loaded_pages;) {
        size_t first = page;
        unsigned rights = rights_of(arena->pages[first]);
        while (page < arena->loaded_pages && rights_of(arena->pages[page]) == rights)
            page++;
        if (rights && !append_region(arena, arena->start + first * MPK_PAGE,
                                     arena->start + page * MPK_PAGE, rights))
            return false;
    }
    return append_region(arena, loaded_end, loaded_end, all) &&
           append_region(arena, late, late, OG_READ) &&
           append_region(arena, arena->heap, arena->heap_granted, all) &&
           append_region(arena, arena->stacks, arena->stacks, all);
}

static enum og_error cannot_be_private(uintptr_t start, struct og_fault *fault)
{
    struct rlimit limit;
    bool is_limited = !getrlimit(RLIMIT_DATA, &limit) && limit.rlim_cur != RLIM_INFINITY;
    return og_fail_system(fault, errno, NULL, start,
                          is_limited ? "cannot make the arena private: ulimit -d (RLIMIT_DATA) has "
                                       "no room for stack_size and foreign_stack_size"
                                     : "cannot make the arena private (vm.overcommit_memory=2: "
                                       "CommitLimit has no room for stack_size and "
                                       "foreign_stack_size)");
}

/* What is done with a run of loaded pages of one state. */
typedef enum og_error visit_run(struct mpk_arena *arena, struct range run, struct og_fault *fault);

static enum og_error visit_loaded(struct mpk_arena *arena, visit_run *visit, struct og_fault *fault)
{
    enum og_error error = OG_OK;
    for (size_t page = 0; page < arena->loaded_pages && !error;) {
        struct range run = {.first = page};
        while (page < arena->loaded_pages && arena->pages[page] == arena->pages[run.first])
            page++;
        run.count = page - run.first;
        error = visit(arena, run, fault);
    }
    return error;
}

/* Code is looked at once more, as it is now: nothing of the domain's runs, and nothing could have
 * written it. */
static enum og_error scan_again(struct mpk_arena *arena, struct range run, struct og_fault *fault)
{
    unsigned char state = arena->pages[run.first];
    return state == MPK_CODE ? scan_code(arena, run, false, NULL, fault) : OG_OK;
}

static enum og_error protect_again(struct mpk_arena *arena, struct range run,
                                   struct og_fault *fault)
{
    unsigned char state = arena->pages[run.first];
    return protect(arena, start_of(arena, run), end_of(arena, run), state)
               ? OG_OK
               : cannot_be_private(start_of(arena, run), fault);
}

static bool is_constant(const struct mpk_arena *arena, size_t page)
{
    return arena->pages[page] == MPK_CODE || arena->pages[page] == MPK_FILE;
}

/* It is never writable, so that no system counts it as memory. */
static enum og_error protect_constant(struct mpk_arena *arena, struct range run,
                                      struct og_fault *fault)
{
    return is_constant(arena, run.first) ? protect_again(arena, run, fault) : OG_OK;
}

/* What lies between constants is one mapping until it is divided. */
static bool join_rest(struct mpk_arena *arena, size_t first)
{
    struct range rest = {.first = first};
    while (first + rest.count < arena->loaded_pages && !is_constant(arena, first + rest.count))
        rest.count++;
    if (!protect(arena, start_of(arena, rest), end_of(arena, rest), MPK_FREE))
        return false;
    touch(start_of(arena, rest));
    return true;
}

static enum og_error protect_rest(struct mpk_arena *arena, struct range run, struct og_fault *fault)
{
    if (is_constant(arena, run.first))
        return OG_OK;
    bool is_first = !run.first || is_constant(arena, run.first - 1);
    if (is_first && !join_rest(arena, run.first))
        return cannot_be_private(start_of(arena, run), fault);
    return protect_again(arena, run, fault);
}

/* With the contents that it has. Code first, which nobody has touched: a policy may deny that a
 * file's page is executed that was written. */
static enum og_error make_loaded_private(struct mpk_arena *arena, struct og_fault *fault)
{
    uintptr_t end = arena->start + arena->loaded_pages * MPK_PAGE;
    enum og_error error = visit_loaded(arena, scan_again, fault);
    if (!error && !map_addresses(arena, arena->start, end, MAP_PRIVATE, arena->file))
        error = cannot_be_private(arena->start, fault);
    if (!error)
        error = visit_loaded(arena, protect_constant, fault);
    if (!error)
        error = visit_loaded(arena, protect_rest, fault);
    if (!error && !mpk_drop(arena->start, end - arena->start, MADV_DONTNEED))
        error = cannot_be_private(arena->start, fault);
    return error;
}

/* Where what is granted later begins. */
static bool show_first(struct mpk_arena *arena)
{
    arena->shown_pages = arena->loaded_pages;
    arena->shown_late = arena->late_first;
    arena->shown_heap = arena->heap_granted;
    return show_up_to(arena, &arena->shown_pages, arena->loaded_pages, arena->late_first,
                      AFTER_LOADED) &&
           show_up_to(arena, &arena->shown_late, arena->late_first, arena->map_pages, OF_LATE) &&
           show_heap(arena, arena->heap_granted);
}

/* What was not loaded becomes anonymous: addresses, but for the first seat's allocations. */
static bool make_rest_anonymous(struct mpk_arena *arena)
{
    uintptr_t loaded_end = arena->start + arena->loaded_pages * MPK_PAGE;
    int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    if (!map_addresses(arena, loaded_end, arena->heap, anonymous, -1) ||
        !map_fixed(arena, arena->heap, arena->heap_granted, MAP_PRIVATE, arena->file, MPK_MEMORY) ||
        !map_addresses(arena, arena->heap_granted, arena->stacks, anonymous, -1))
        return false;
    if (arena->heap < arena->heap_granted)
        touch(arena->heap);
    if (!show_first(arena))
        return false;
    /* Huge pages would make the first touch, and every reset, cost two megabytes. */
    madvise((void *)arena->start, arena->size, MADV_NOHUGEPAGE);
    return !arena->seats || protect(arena, arena->stack, arena->heap, MPK_MEMORY);
}

enum og_error mpk_arena_settle(struct mpk_arena *arena, struct og_fault *fault)
{
    arena->loaded_pages = arena->search_from = arena->used_pages;
    arena->loaded = mpk_allocate(1, arena->map_pages);
    if (!arena->loaded || !make_regions(arena))
        return mpk_out_of_memory(fault);
    memcpy(arena->loaded, arena->pages, arena->map_pages);
    enum og_error error = make_loaded_private(arena, fault);
    if (error)
        return error;
    if (!make_rest_anonymous(arena))
        return cannot_be_private(arena->start, fault);
    error = mpk_arena_settle_flags(arena, fault);
    if (error)
        return error;
    arena->loaded_brk = arena->brk;
    arena->loaded_heap = arena->heap_granted;
    arena->loaded_borders = arena->borders;
    arena->memory_pages = 0;
    arena->loading = false;
    close(arena->file);
    arena->file = -1;
    return OG_OK;
}

/* Drops what was written since loading, the other seats' memory too. */
static bool forget_all(const struct mpk_arena *arena)
{
    size_t others = arena->seats > 1 ? arena->seats - 1 : 0;
    return mpk_drop(arena->start, arena->stacks - arena->start, MADV_DONTNEED) &&
           (!others || (mpk_drop(arena->stacks, others * stride_of_stacks(arena), MADV_DONTNEED) &&
                        mpk_drop(arena->scopes, others * arena->stack_size, MADV_DONTNEED)));
}

/* What was not loaded is free. */
static bool take_mappings(struct mpk_arena *arena)
{
    const struct range used = {arena->loaded_pages, arena->used_pages - arena->loaded_pages};
    const struct range early = shown_of(arena, used), late = shown_late_of(arena, used);
    return protect(arena, start_of(arena, early), end_of(arena, early), MPK_FREE) &&
           protect(arena, start_of(arena, late), end_of(arena, late), MPK_FREE);
}

enum og_error mpk_arena_reset(struct mpk_arena *arena, struct og_fault *fault)
{
    if (!forget_all(arena) || !take_mappings(arena) ||
        !protect(arena, arena->loaded_heap, arena->heap_granted, MPK_FREE) ||
        (arena->flags_changed && !mpk_arena_reset_flags(arena)))
        return og_fail_system(fault, errno, NULL, arena->start, "cannot clear the arena");
    memcpy(arena->pages, arena->loaded, arena->used_pages);
    arena->used_pages = arena->search_from = arena->loaded_pages;
    arena->memory_pages = 0;
    arena->borders = arena->loaded_borders;
    arena->brk = arena->loaded_brk;
    arena->heap_granted = arena->loaded_heap;
    arena->failed = 0;
    return OG_OK;
}
