/* What a library asks for pages of its own memory.
 *
 * That it cannot touch them itself (mprotect with PROT_NONE), as guards of what lies beside them.
 * Such pages have the host's key, as free ones have, and so stay the host's to read and write: it
 * may be doing that now. What they hold stays, and counts as memory.
 *
 * That they stay in memory (mlock): as many as the host's options allow, until the library lets
 * them go, or they are no memory of its any more, or reset. None while it loads, for what is mapped
 * then is mapped anew when it has.
 *
 * The books have it as flags of a page's state: those of the mappings with the state, those of the
 * heap, whose pages up to its end are memory all, alone. Each page unlike the one before is a
 * mapping of the host's, and of those a domain has so many and no more. */
#include "mpk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Pages in a row, [first, end), of one of the two books. */
struct row {
    unsigned char *pages; /* the book */
    uintptr_t start;      /* where its first page is */
    size_t first, end, size;
    unsigned char base; /* what the pages are, beside their flags, if the book does not say it */
};

/* What a page's flags become. */
struct change {
    unsigned char set, clear;
    bool (*is_late)(void); /* may be NULL */
};

static struct row heap_row(const struct mpk_arena *arena, size_t first, size_t end)
{
    return (struct row){arena->heap_pages,           arena->heap, first, end,
                        arena->heap_size / MPK_PAGE, MPK_MEMORY};
}

/* The heap's pages that brk has asked for. */
static size_t heap_end(const struct mpk_arena *arena)
{
    return (arena->brk - arena->heap + MPK_PAGE - 1) / MPK_PAGE;
}

/* False: it is in none of the books, or in both. */
static bool find_row(const struct mpk_arena *arena, uintptr_t address, size_t size, struct row *row)
{
    size_t count = size / MPK_PAGE + (size % MPK_PAGE != 0);
    if (mpk_arena_holds(arena, address, size)) {
        size_t first = (address - arena->start) / MPK_PAGE;
        *row = (struct row){arena->pages, arena->start, first, first + count, arena->map_pages, 0};
        return true;
    }
    if (!og_is_within(address, size, arena->heap, arena->heap + arena->heap_size))
        return false;
    size_t first = (address - arena->heap) / MPK_PAGE;
    *row = heap_row(arena, first, first + count);
    return true;
}

static unsigned char state_of(const struct row *row, size_t page)
{
    return row->base | row->pages[page];
}

/* What the page's state is to be. */
static unsigned char wanted(const struct row *row, size_t page, struct change change)
{
    unsigned char state = state_of(row, page);
    bool changes = page >= row->first && page < row->end && state & MPK_MEMORY;
    return changes ? (state & ~change.clear) | change.set : state;
}

/* How many of the row's pages, and the one behind it, are unlike the one before. */
static size_t count_borders(const struct row *row, struct change change)
{
    size_t count = 0;
    for (size_t page = row->first ? row->first : 1; page <= row->end && page < row->size; page++)
        count += wanted(row, page, change) != wanted(row, page - 1, change);
    return count;
}

/* A piece at once, between which it is asked whether it is late. False: that, or the host may lock
 * no more. */
static bool lock_pages(uintptr_t start, uintptr_t end, bool (*is_late)(void))
{
    enum { AT_ONCE = 1 << 20 };
    while (start < end) {
        size_t part = end - start < AT_ONCE ? end - start : AT_ONCE;
        if ((is_late && is_late()) || mpk_mlock((void *)start, part))
            return false;
        start += part;
    }
    return true;
}

static bool unlock_pages(struct mpk_arena *arena, uintptr_t start, uintptr_t end)
{
    if (!mpk_munlock((void *)start, end - start))
        return true;
    arena->failed = errno;
    return false;
}

static bool change_memory(struct mpk_arena *arena, uintptr_t start, uintptr_t end,
                          unsigned char old, unsigned char state, bool (*is_late)(void))
{
    unsigned changed = old ^ state;
    if (changed & MPK_OFF_LIMITS && !mpk_arena_protect(arena, start, end, state))
        return false;
    if (!(changed & MPK_LOCKED))
        return true;
    if (!(state & MPK_LOCKED))
        return unlock_pages(arena, start, end);
    if (lock_pages(start, end, is_late))
        return true;
    unlock_pages(arena, start, end); /* the pieces before */
    return false;
}

/* Pages [first, end) of the row, which are alike, become `state`: the memory first. */
static bool become(struct mpk_arena *arena, const struct row *row, size_t first, size_t end,
                   unsigned char state, bool (*is_late)(void))
{
    unsigned char old = state_of(row, first);
    if (!change_memory(arena, row->start + first * MPK_PAGE, row->start + end * MPK_PAGE, old,
                       state, is_late))
        return false;
    if ((old ^ state) & MPK_LOCKED)
        arena->locked_pages += state & MPK_LOCKED ? end - first : first - end;
    bool was_off_limits = old & MPK_OFF_LIMITS, is_off_limits = state & MPK_OFF_LIMITS;
    if (row->base && was_off_limits != is_off_limits)
        arena->heap_off_limits += is_off_limits ? end - first : first - end;
    memset(row->pages + first, state & ~row->base, end - first);
    arena->flags_changed = true;
    return true;
}

/* 0, ENOMEM: the host would have too many mappings, or arena->failed is set. */
static int apply(struct mpk_arena *arena, const struct row *row, struct change change)
{
    const struct change none = {0};
    size_t before = count_borders(row, none), after = count_borders(row, change);
    if (!mpk_arena_may_divide(arena, before, after))
        return ENOMEM;
    int error = 0;
    for (size_t page = row->first; page < row->end && !error;) {
        unsigned char old = state_of(row, page), state = wanted(row, page, change);
        size_t first = page;
        while (page < row->end && state_of(row, page) == old)
            page++;
        if (state != old && !become(arena, row, first, page, state, change.is_late))
            error = ENOMEM;
    }
    arena->borders += count_borders(row, none) - before;
    return error;
}

/* --- what a library asks for --- */

/* May the library have it? 0, or an errno. */
static int check(const struct mpk_arena *arena, const struct row *row)
{
    if (row->base)
        return row->end <= heap_end(arena) ? 0 : ENOMEM;
    for (size_t page = row->first; page < row->end; page++) {
        unsigned char state = state_of(row, page);
        if (state == MPK_FREE)
            return ENOMEM;
        if (state == MPK_STACK || state == MPK_GUARD)
            return EACCES;
    }
    return 0;
}

int mpk_arena_deny(struct mpk_arena *arena, uintptr_t address, size_t size)
{
    struct row row;
    if (address % MPK_PAGE)
        return EINVAL;
    if (!find_row(arena, address, size, &row))
        return EACCES;
    int error = check(arena, &row);
    return error ? error : apply(arena, &row, (struct change){.set = MPK_OFF_LIMITS});
}

int mpk_arena_allow(struct mpk_arena *arena, uintptr_t address, size_t size)
{
    struct row row;
    if (address % MPK_PAGE)
        return EINVAL;
    return find_row(arena, address, size, &row)
               ? apply(arena, &row, (struct change){.clear = MPK_OFF_LIMITS})
               : 0;
}

/* The memory around the bytes. 0, or an errno. */
static int find_memory(const struct mpk_arena *arena, uintptr_t address, size_t size,
                       struct row *row)
{
    size_t before = address % MPK_PAGE;
    if (!arena->locked_limit)
        return EPERM;
    if (arena->loading)
        return EAGAIN;
    if (size > SIZE_MAX - before || !find_row(arena, address - before, size + before, row) ||
        (row->base && row->end > heap_end(arena)))
        return ENOMEM;
    for (size_t page = row->first; page < row->end; page++)
        if (!(state_of(row, page) & MPK_MEMORY))
            return ENOMEM;
    return 0;
}

int mpk_arena_lock(struct mpk_arena *arena, uintptr_t address, size_t size, bool (*is_late)(void))
{
    struct row row;
    int error = find_memory(arena, address, size, &row);
    if (error)
        return error;
    size_t more = 0;
    for (size_t page = row.first; page < row.end; page++)
        more += !(state_of(&row, page) & MPK_LOCKED);
    if (more > arena->locked_limit - arena->locked_pages)
        return ENOMEM;
    return apply(arena, &row, (struct change){.set = MPK_LOCKED, .is_late = is_late});
}

int mpk_arena_unlock(struct mpk_arena *arena, uintptr_t address, size_t size)
{
    struct row row;
    int error = find_memory(arena, address, size, &row);
    return error ? error : apply(arena, &row, (struct change){.clear = MPK_LOCKED});
}

/* --- what becomes of it --- */

bool mpk_arena_clear_heap_flags(struct mpk_arena *arena, uintptr_t end)
{
    const struct row row = heap_row(arena, (end - arena->heap) / MPK_PAGE, heap_end(arena));
    const struct change none_left = {.clear = MPK_OFF_LIMITS | MPK_LOCKED};
    return row.first >= row.end || !apply(arena, &row, none_left);
}

/* Gives the row's pages the protection that `states` say, where it is another. */
static bool protect_as(struct mpk_arena *arena, const struct row *row, const unsigned char *states)
{
    for (size_t page = row->first; page < row->end;) {
        unsigned char old = row->pages[page], state = states[page];
        size_t first = page;
        while (page < row->end && row->pages[page] == old && states[page] == state)
            page++;
        if (state != old && !mpk_arena_protect(arena, row->start + first * MPK_PAGE,
                                               row->start + page * MPK_PAGE, row->base | state))
            return false;
    }
    return true;
}

static size_t count_off_limits(const unsigned char *states, size_t count)
{
    size_t denied = 0;
    for (size_t i = 0; i < count; i++)
        denied += (states[i] & MPK_OFF_LIMITS) != 0;
    return denied;
}

enum og_error mpk_arena_settle_flags(struct mpk_arena *arena, struct og_fault *fault)
{
    size_t count = (arena->heap_granted - arena->heap) / MPK_PAGE;
    const struct row heap = heap_row(arena, 0, count);
    arena->loaded_heap_pages = mpk_allocate(1, count + 1);
    if (!arena->loaded_heap_pages)
        return mpk_out_of_memory(fault);
    memcpy(arena->loaded_heap_pages, arena->heap_pages, count);
    memset(arena->heap_pages, 0, count); /* as its memory is now */
    bool done = protect_as(arena, &heap, arena->loaded_heap_pages);
    memcpy(arena->heap_pages, arena->loaded_heap_pages, count);
    arena->flags_changed = false;
    return done ? OG_OK
                : og_fail_system(fault, errno, NULL, arena->heap, "cannot protect the heap");
}

bool mpk_arena_reset_flags(struct mpk_arena *arena)
{
    size_t loaded = (arena->loaded_heap - arena->heap) / MPK_PAGE;
    size_t granted = (arena->heap_granted - arena->heap) / MPK_PAGE;
    const struct row mappings = {arena->pages,        arena->start,     0,
                                 arena->loaded_pages, arena->map_pages, 0};
    const struct row heap = heap_row(arena, 0, loaded);
    if (!protect_as(arena, &mappings, arena->loaded) ||
        !protect_as(arena, &heap, arena->loaded_heap_pages))
        return false;
    memcpy(arena->heap_pages, arena->loaded_heap_pages, loaded);
    memset(arena->heap_pages + loaded, 0, granted - loaded);
    arena->heap_off_limits = count_off_limits(arena->heap_pages, loaded);
    arena->locked_pages = 0; /* to drop memory is to let go of it */
    arena->flags_changed = false;
    return true;
}
