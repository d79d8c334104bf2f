/* The arena's books against what the kernel says of its memory (/proc/self/maps), in random
 * sequences of what domains ask for, before and after loading. Without keys, so that it runs
 * everywhere: keys follow from the same states as protection does. */
#include "omniglot/mpk/mpk.h"
#include "omniglot/tests/cmocka-tests.h"
#include "omniglot/tests/mappings.h"
#include "omniglot/tests/sanitized.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STACK_PAGES = 16 /* a foreign one's */, EARLY = 65536 + STACK_PAGES + 1 };
enum { LATE = 16384 /* pages where late code may be */, PAGES = EARLY + LATE };
enum { LOCKED = 8 /* pages that may be */ };
enum { FILE_PAGES = 8, STEPS = 1000, MAPPINGS = 2048 };

static struct mpk_arena arena;
static unsigned char before[PAGES];
static char rights[PAGES][4]; /* "rwxp", as the kernel has them */
static int harmless, hostile; /* files; the hostile one has a WRPKRU over a border of pages */
static uint64_t randomness;

static unsigned pick(unsigned below)
{
    randomness = randomness * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(randomness >> 33) % below;
}

static int make_file(const char *bytes, size_t at)
{
    static char content[FILE_PAGES * MPK_PAGE];
    memset(content, 0x90, sizeof(content));
    if (bytes)
        memcpy(content + at, bytes, strlen(bytes));
    int file = memfd_create("file", MFD_CLOEXEC);
    assert_int_equal(write(file, content, sizeof(content)), sizeof(content));
    return file;
}

/* --- checks --- */

/* Those that were ever used, and some more. */
static size_t pages_to_look_at(void)
{
    return arena.used_pages + 64 < arena.map_pages ? arena.used_pages + 64 : arena.map_pages;
}

/* How many mappings there are in what was ever used of the arena. */
static size_t look_at_memory(void)
{
    size_t count = 0;
    uintptr_t start, end, low = arena.start, high = low + pages_to_look_at() * MPK_PAGE;
    char line[512], found[5];
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    memset(rights, '?', sizeof(rights));
    while (fgets(line, sizeof(line), maps)) {
        assert_int_equal(sscanf(line, "%lx-%lx %4s", &start, &end, found), 3);
        count += start < high && end > low;
        start = start < low ? low : start;
        end = end < high ? end : high;
        for (; start < end; start += MPK_PAGE)
            memcpy(rights[(start - low) / MPK_PAGE], found, 4);
    }
    fclose(maps);
    return count;
}

static const char *rights_of(unsigned char state)
{
    switch (state) {
    case MPK_GUARD:
        return "---";
    case MPK_FILE:
        return "r--";
    case MPK_CODE:
        return "r-x";
    default:
        return "rw-";
    }
}

/* The heap's part of the books, which counts its borders. */
static size_t look_at_heap_pages(void)
{
    size_t pages = arena.heap_size / MPK_PAGE,
           used = (arena.brk - arena.heap + MPK_PAGE - 1) / MPK_PAGE;
    size_t borders = 0, off_limits = 0;
    for (size_t page = 0; page < pages; page++) {
        bool is_off_limits = arena.heap_pages[page] & MPK_OFF_LIMITS;
        assert_false(arena.heap_pages[page] & ~(MPK_OFF_LIMITS | MPK_LOCKED));
        assert_true(!arena.heap_pages[page] || page < used);
        borders += page && arena.heap_pages[page] != arena.heap_pages[page - 1];
        off_limits += is_off_limits;
    }
    assert_int_equal(arena.heap_off_limits, off_limits);
    return borders;
}

static size_t count_locked(void)
{
    size_t count = 0;
    for (size_t page = 0; page < arena.map_pages; page++)
        count += (arena.pages[page] & MPK_LOCKED) != 0;
    for (size_t page = 0; page < arena.heap_size / MPK_PAGE; page++)
        count += (arena.heap_pages[page] & MPK_LOCKED) != 0;
    return count;
}

/* Are all pages of the heap's part mapped so? */
static void assert_heap_is(uintptr_t start, uintptr_t end, const char *wanted)
{
    uintptr_t from, to;
    char line[512], found[5];
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps)) {
        assert_int_equal(sscanf(line, "%lx-%lx %4s", &from, &to, found), 3);
        if (from < end && to > start)
            assert_memory_equal(found, wanted, 3);
    }
    fclose(maps);
}

/* Was there ever memory, or is there? */
static bool is_shown(size_t page)
{
    return page < arena.shown_pages || (page >= arena.late_first && page < arena.shown_late);
}

/* What references reach is memory, and what was never granted is none: so much of it is shown, that
 * there is a page more than was ever granted, for what comes next to be joined with. */
static void assert_memory_is_what_is_shown(void)
{
    const struct og_region *last = arena.regions + arena.region_count;
    const uintptr_t ends[] = {arena.start + arena.shown_pages * MPK_PAGE,
                              arena.start + arena.shown_late * MPK_PAGE, arena.shown_heap,
                              arena.stacks};
    const uintptr_t starts[] = {arena.start + arena.loaded_pages * MPK_PAGE,
                                arena.start + arena.late_first * MPK_PAGE, arena.heap,
                                arena.stacks};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(last[i - 4].start, starts[i]);
        assert_int_equal(last[i - 4].end, ends[i]);
        assert_int_equal(last[i - 4].rights, i == 1 ? OG_READ : OG_READ | OG_WRITE);
    }
    for (const struct og_region *region = arena.regions; region < last - 4; region++)
        assert_true(region->end <= starts[0]);
    for (size_t page = arena.loaded_pages; page < pages_to_look_at(); page++) {
        if (!is_shown(page))
            assert_memory_equal(rights[page], "---", 3);
        assert_true(is_shown(page) || arena.pages[page] == MPK_FREE);
    }
    assert_true(arena.pages[arena.shown_pages - 1] == MPK_FREE ||
                arena.shown_pages == arena.late_first);
    assert_true(arena.late_first == arena.map_pages || arena.shown_late == arena.map_pages ||
                arena.pages[arena.shown_late - 1] == MPK_FREE);
    assert_true(arena.shown_heap > arena.heap_granted || arena.shown_heap == arena.stacks);
    assert_heap_is(arena.heap, arena.shown_heap, "rw-");
    assert_heap_is(arena.shown_heap, arena.stacks, "---");
}

static void assert_books_are_true(void)
{
    size_t memory = 0, borders = look_at_heap_pages();
    assert_false(arena.failed);
    assert_true(look_at_memory() <= MAPPINGS + 64);
    for (size_t page = 0; page < pages_to_look_at(); page++) {
        if (is_shown(page) && memcmp(rights[page], rights_of(arena.pages[page]), 3))
            fail_msg("page %zu: state %d, %.4s", page, arena.pages[page], rights[page]);
        if (!arena.loading)
            assert_int_equal(rights[page][3], 'p');
        if (arena.loading || page >= arena.loaded_pages)
            memory += (arena.pages[page] & MPK_MEMORY) != 0;
        borders += page && arena.pages[page] != arena.pages[page - 1];
    }
    assert_int_equal(arena.locked_pages, count_locked());
    assert_true(arena.locked_pages <= arena.locked_limit);
    assert_int_equal(arena.memory_pages, memory);
    assert_int_equal(arena.borders, borders);
    assert_true(memory * MPK_PAGE + arena.heap_granted - arena.heap <=
                arena.heap_size + (arena.loading ? 16 << 20 : 0));
    assert_true(arena.brk <= arena.heap_granted);
    if (!arena.loading)
        assert_memory_is_what_is_shown();
}

/* No code holds what is forbidden, over borders of pages either. */
static void assert_code_is_harmless(void)
{
    const char *name;
    for (size_t page = 0; page < arena.map_pages;) {
        size_t first = page;
        while (page < arena.map_pages && arena.pages[page] == MPK_CODE)
            page++;
        size_t size = (page - first) * MPK_PAGE;
        const unsigned char *code = (const unsigned char *)arena.start + first * MPK_PAGE;
        assert_int_equal(mpk_scan(code, size, &name), size);
        page += page == first;
    }
}

/* What the host may read and write by references is what has been loaded as that. */
static void assert_regions_are_true(void)
{
    for (size_t page = 0; page < arena.map_pages; page++) {
        unsigned found = 0, wanted = OG_READ | OG_WRITE;
        for (size_t i = 0; i < arena.region_count; i++)
            if (og_is_within(arena.start + page * MPK_PAGE, MPK_PAGE, arena.regions[i].start,
                             arena.regions[i].end))
                found |= arena.regions[i].rights;
        if (arena.pages[page] == MPK_GUARD || page >= arena.shown_pages)
            wanted = 0;
        if (arena.pages[page] == MPK_FILE || arena.pages[page] == MPK_CODE)
            wanted = OG_READ;
        if (page >= arena.late_first)
            wanted = page < arena.shown_late ? OG_READ : 0;
        assert_int_equal(found, wanted);
    }
}

/* --- what a domain can ask for --- */

static bool is_zero(uintptr_t start, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((const char *)start)[i])
            return false;
    return true;
}

/* 0, or an address: of what is there, or what is not. */
static uintptr_t pick_address(void)
{
    uintptr_t page = arena.start + (uintptr_t)pick((unsigned)pages_to_look_at()) * MPK_PAGE;
    if (pick(2) && arena.late_first < arena.map_pages)
        page = arena.start + (arena.late_first - 8 + pick(64)) * MPK_PAGE;
    switch (pick(20)) {
    case 0:
        return arena.start - MPK_PAGE;
    case 1: /* while loading it would make everything loaded */
        return arena.loading || pick(20) ? page : arena.start + (uintptr_t)(EARLY - 1) * MPK_PAGE;
    case 2:
        return page + 8;
    default:
        return pick(3) ? page : 0;
    }
}

static size_t pick_size(void)
{
    static const size_t odd[] = {0, SIZE_MAX, SIZE_MAX - MPK_PAGE, (size_t)PAGES * MPK_PAGE,
                                 (size_t)300 << 20};
    return pick(30) ? 1 + pick(12 * MPK_PAGE) : odd[pick(5)];
}

static void map_memory(void)
{
    size_t size = pick_size();
    uintptr_t address = pick_address();
    uintptr_t start =
        pick(2) ? mpk_arena_map(&arena, address, size) : mpk_arena_map_late(&arena, address, size);
    if (!start)
        return;
    assert_true(!address || start == address);
    assert_true(is_zero(start, size));
    memset((void *)start, 1, size);
}

static void map_source(bool code)
{
    int is_hostile = pick(2) == 0;
    struct og_fault fault = {0};
    struct mpk_source source = {.file = is_hostile ? hostile : harmless,
                                .offset = (off_t)pick(FILE_PAGES) * MPK_PAGE};
    size_t size = 1 + pick(10 * MPK_PAGE), left = FILE_PAGES * MPK_PAGE - (size_t)source.offset;
    source.size = size < left ? size : left;
    uintptr_t start = code
                          ? mpk_arena_map_code(&arena, pick_address(), size, &source, false, &fault)
                          : mpk_arena_map_file(&arena, pick_address(), size, &source);
    if (!start)
        assert_int_equal(fault.error != OG_OK, code);
    else if (is_hostile && source.offset == 3 * MPK_PAGE)
        assert_int_equal(*(const unsigned char *)start, 0x01);
    else
        assert_int_equal(*(const unsigned char *)start, 0x90);
    if (start && !arena.loading && (!code || start < arena.start + arena.late_first * MPK_PAGE))
        fail_msg("a file was mapped, or code made, after loading");
}

static void unmap_memory(void)
{
    uintptr_t address = pick_address();
    size_t size = pick_size();
    mpk_arena_unmap(&arena, address, size);
}

static void move_brk(void)
{
    uintptr_t brk = arena.heap + pick((unsigned)arena.heap_size + 2 * MPK_PAGE) - MPK_PAGE;
    uintptr_t old = arena.brk, now = mpk_arena_set_brk(&arena, brk);
    assert_true(now == brk || now == old);
    assert_true(arena.heap_off_limits ||
                mpk_arena_is_writable(&arena, arena.heap, now - arena.heap));
    if (now > old) {
        assert_true(is_zero(old, now - old));
        memset((void *)old, 1, now - old);
    } else {
        memset((void *)now, 0, (MPK_PAGE - now % MPK_PAGE) % MPK_PAGE);
    }
}

static void deny_or_allow(void)
{
    uintptr_t address = pick(2) ? pick_address() : arena.heap + (uintptr_t)pick(300) * MPK_PAGE;
    size_t size = pick_size();
    bool denies = pick(2);
    int error =
        denies ? mpk_arena_deny(&arena, address, size) : mpk_arena_allow(&arena, address, size);
    if (error || !size)
        return;
    for (uintptr_t page = address; page < address + size && denies; page += MPK_PAGE)
        assert_false(mpk_arena_is_writable(&arena, page, 1));
    if (!denies && mpk_arena_holds(&arena, address, size))
        for (uintptr_t page = address; page < address + size; page += MPK_PAGE)
            assert_false(mpk_arena_state(&arena, page) & MPK_OFF_LIMITS);
}

static void lock_or_unlock(void)
{
    uintptr_t address = pick(2) ? pick_address() : arena.heap + (uintptr_t)pick(300) * MPK_PAGE;
    size_t size = pick_size();
    if (!(pick(2) ? mpk_arena_lock(&arena, address, size, NULL)
                  : mpk_arena_unlock(&arena, address, size)))
        assert_false(arena.loading);
}

static void step(void)
{
    memcpy(before, arena.pages, arena.map_pages);
    switch (pick(12)) {
    case 0:
    case 1:
        map_memory();
        break;
    case 2:
        map_source(true);
        break;
    case 3:
        map_source(false);
        break;
    case 4:
        move_brk();
        break;
    case 5:
        mpk_arena_forget(&arena, pick_address(), pick_size());
        break;
    case 6:
    case 7:
        deny_or_allow();
        break;
    case 8:
    case 9:
        lock_or_unlock();
        break;
    default:
        unmap_memory();
    }
    for (size_t page = 0; page < pages_to_look_at(); page++) {
        bool owned = before[page] == MPK_STACK || before[page] == MPK_GUARD;
        enum { FLAGS = MPK_OFF_LIMITS | MPK_LOCKED };
        if ((before[page] & ~FLAGS) != (arena.pages[page] & ~FLAGS) &&
            (owned || (!arena.loading && page < arena.loaded_pages)))
            fail_msg("page %zu was %d and became %d", page, before[page], arena.pages[page]);
    }
}

/* --- tests --- */

static void open_arena_with(uint64_t seed, const char *const *folders)
{
    const struct og_options options = {.late_folders = folders,
                                       .heap_size = 1 << 20,
                                       .stack_size = MPK_PAGE,
                                       .foreign_stack_size = STACK_PAGES * MPK_PAGE,
                                       .locked_size = LOCKED * MPK_PAGE + MPK_PAGE - 1};
    struct og_fault fault;
    randomness = seed;
    assert_int_equal(mpk_arena_open(&arena, -1, &options, &fault), OG_OK);
    assert_int_equal(arena.late_first, EARLY);
    assert_int_equal(arena.map_pages, folders ? PAGES : EARLY);
    harmless = make_file(NULL, 0);
    hostile = make_file("\x0f\x01\xef", 3 * MPK_PAGE - 1);
    for (int i = 0; i < 4; i++)
        assert_true(mpk_arena_map_stack(&arena, 16 * MPK_PAGE) != 0);
    assert_true(mpk_arena_make_seat(&arena, 0));
}

static const char *const late_folders[] = {"/anywhere", NULL};

static void open_arena(uint64_t seed)
{
    open_arena_with(seed, NULL);
}

static void close_arena(void)
{
    mpk_arena_close(&arena);
    close(harmless);
    close(hostile);
}

static void books_and_memory_agree_at_every_step(void **state)
{
    (void)state;
    struct og_fault fault;
    static unsigned char contents[1 << 20];
    for (uint64_t seed = 1; seed <= 6; seed++) {
        open_arena_with(seed, seed > 3 ? late_folders : NULL);
        for (int i = 0; i < STEPS; i++) {
            step();
            if (i % 25 == 0)
                assert_books_are_true();
        }
        assert_code_is_harmless();
        assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
        assert_books_are_true();
        assert_regions_are_true();
        assert_code_is_harmless();
        size_t size = arena.brk - arena.heap, loaded = arena.loaded_pages;
        static unsigned char heap_pages[(1 << 20) / MPK_PAGE];
        memcpy(heap_pages, arena.heap_pages, sizeof(heap_pages));
        memcpy(contents, (const void *)arena.heap, size);
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < STEPS / 4; i++) {
                step();
                if (i % 25 == 0)
                    assert_books_are_true();
            }
            assert_code_is_harmless();
            /* Whatever the domain has done, the host can write what was ever granted. */
            for (size_t page = loaded; page < loaded + 1000 && page < arena.shown_pages; page++)
                *(volatile char *)(arena.start + page * MPK_PAGE) = 1;
            assert_int_equal(mpk_arena_reset(&arena, &fault), OG_OK);
            assert_books_are_true();
            assert_memory_equal(arena.pages, arena.loaded, arena.map_pages);
            assert_int_equal(arena.brk - arena.heap, size);
            assert_memory_equal((const void *)arena.heap, contents, size);
            assert_memory_equal(arena.heap_pages, heap_pages, sizeof(heap_pages));
        }
        close_arena();
    }
}

static void code_is_looked_at_again_when_loading_ends(void **state)
{
    (void)state;
    struct og_fault fault;
    for (int changed = 0; changed < 2; changed++) {
        open_arena(8);
        const struct mpk_source from = {.file = harmless, .offset = 0, .size = MPK_PAGE};
        uintptr_t code = mpk_arena_map_code(&arena, 0, MPK_PAGE, &from, false, &fault);
        assert_true(code != 0);
        off_t at = (off_t)(code - arena.start) + 100;
        if (changed)
            assert_int_equal(pwrite(arena.file, "\x0f\x01\xef", 3, at), 3);
        assert_int_equal(mpk_arena_settle(&arena, &fault), changed ? OG_FORBIDDEN : OG_OK);
        if (!changed) {
            uintptr_t made = mpk_arena_map(&arena, 0, MPK_PAGE);
            assert_int_equal(mpk_arena_make_code(&arena, made, MPK_PAGE, false, &fault),
                             OG_FORBIDDEN);
        }
        close_arena();
    }
}

/* A WRPKRU whose first byte ends one page, and whose others start the next. */
static void code_is_scanned_over_borders(void **state)
{
    (void)state;
    struct og_fault fault;
    for (int trusted = 0; trusted < 2; trusted++) {
        open_arena(11);
        const struct mpk_source first = {hostile, 2 * MPK_PAGE, MPK_PAGE, NULL};
        const struct mpk_source second = {hostile, 3 * MPK_PAGE, MPK_PAGE, NULL};
        uintptr_t start = mpk_arena_map(&arena, 0, 8 * MPK_PAGE);
        assert_true(start != 0);
        assert_int_equal(mpk_arena_map_code(&arena, start, MPK_PAGE, &first, false, &fault), start);
        assert_int_equal(
            mpk_arena_map_code(&arena, start + MPK_PAGE, MPK_PAGE, &second, trusted, &fault), 0);
        assert_int_equal(fault.error, OG_FORBIDDEN);
        start += 4 * MPK_PAGE;
        assert_int_equal(
            mpk_arena_map_code(&arena, start + MPK_PAGE, MPK_PAGE, &second, false, &fault),
            start + MPK_PAGE);
        assert_int_equal(mpk_arena_map_code(&arena, start, MPK_PAGE, &first, trusted, &fault), 0);
        assert_int_equal(fault.error, OG_FORBIDDEN);
        assert_books_are_true();
        close_arena();
    }
}

/* --- code that comes late --- */

static uintptr_t late_start(void)
{
    return arena.start + arena.late_first * MPK_PAGE;
}

static void open_settled(uint64_t seed, const char *const *folders)
{
    struct og_fault fault;
    open_arena_with(seed, folders);
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
}

static uintptr_t map_late_code(uintptr_t address, int file, size_t first, size_t pages,
                               enum og_error wanted)
{
    struct og_fault fault = {0};
    const struct mpk_source from = {file, (off_t)(first * MPK_PAGE), pages * MPK_PAGE, NULL};
    uintptr_t start = mpk_arena_map_code(&arena, address, pages * MPK_PAGE, &from, false, &fault);
    assert_int_equal(fault.error, wanted);
    assert_int_equal(start != 0, wanted == OG_OK);
    return start;
}

static void late_code_lies_where_the_host_does_not_write(void **state)
{
    (void)state;
    open_arena_with(30, late_folders);
    assert_int_equal(mpk_arena_map(&arena, late_start() - MPK_PAGE, 2 * MPK_PAGE), 0);
    assert_int_equal(mpk_arena_map_late(&arena, late_start(), MPK_PAGE), 0); /* it loads */
    assert_int_equal(mpk_arena_map_late(&arena, 0, MPK_PAGE), 0);
    uintptr_t loaded = mpk_arena_map(&arena, 0, MPK_PAGE);
    struct og_fault fault;
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    assert_regions_are_true();
    uintptr_t library = mpk_arena_map_late(&arena, 0, 3 * MPK_PAGE);
    assert_int_equal(library, late_start());
    assert_int_equal(map_late_code(library + MPK_PAGE, harmless, 0, 1, OG_OK), library + MPK_PAGE);
    assert_books_are_true();
    assert_true(mpk_arena_is_readable(&arena, library, 3 * MPK_PAGE));
    assert_true(mpk_arena_is_writable(&arena, library, MPK_PAGE));
    assert_false(mpk_arena_is_writable(&arena, library + MPK_PAGE, 1));
    assert_int_equal(*(unsigned char *)(library + MPK_PAGE), 0x90);
    /* Nor anywhere else. */
    uintptr_t early = mpk_arena_map(&arena, 0, MPK_PAGE);
    assert_true(early < late_start());
    map_late_code(early, harmless, 0, 1, OG_NO_MEMORY);
    map_late_code(loaded, harmless, 0, 1, OG_NO_MEMORY);
    map_late_code(late_start() - MPK_PAGE, harmless, 0, 2, OG_NO_MEMORY);
    map_late_code(arena.start + (PAGES - 1) * MPK_PAGE, harmless, 0, 2, OG_NO_MEMORY);
    assert_true(map_late_code(0, harmless, 0, 1, OG_OK) >= late_start());
    assert_true(mpk_arena_is_writable(&arena, early, MPK_PAGE));
    assert_books_are_true();
    close_arena();
    open_settled(31, NULL);
    map_late_code(0, harmless, 0, 1, OG_NO_MEMORY);
    map_late_code(mpk_arena_map(&arena, 0, MPK_PAGE), harmless, 0, 1, OG_NO_MEMORY);
    assert_int_equal(mpk_arena_map_late(&arena, 0, MPK_PAGE), 0);
    close_arena();
}

/* The addresses before are not enough for it, and both together were. */
static void memory_is_not_put_where_late_code_may_be(void **state)
{
    (void)state;
    struct og_fault fault;
    const size_t large = (size_t)EARLY * MPK_PAGE;
    const struct og_options options = {.heap_size = 2 * large,
                                       .stack_size = MPK_PAGE,
                                       .foreign_stack_size = STACK_PAGES * MPK_PAGE,
                                       .late_folders = late_folders};
    assert_int_equal(mpk_arena_open(&arena, -1, &options, &fault), OG_OK);
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    assert_int_equal(mpk_arena_map(&arena, 0, large + MPK_PAGE), 0);
    assert_true(mpk_arena_map(&arena, 0, large / 2) != 0);
    assert_int_equal(mpk_arena_map(&arena, 0, large / 2 + 2 * MPK_PAGE), 0);
    assert_int_equal(mpk_arena_map_late(&arena, 0, MPK_PAGE), late_start());
    mpk_arena_close(&arena);
}

/* What of it is mapped over, or given back, is what anything else is, and the rest stays code. */
static void late_code_is_mapped_over_and_given_back(void **state)
{
    (void)state;
    struct og_fault fault;
    open_settled(32, late_folders);
    uintptr_t code = map_late_code(0, harmless, 0, 4, OG_OK), second = code + MPK_PAGE;
    assert_false(mpk_arena_forget(&arena, code, MPK_PAGE));
    assert_int_equal(mpk_arena_deny(&arena, code, MPK_PAGE), 0);
    assert_int_equal(mpk_arena_state(&arena, code), MPK_CODE);
    assert_int_equal(mpk_arena_lock(&arena, code, MPK_PAGE, NULL), ENOMEM);
    assert_int_equal(mpk_arena_map(&arena, second, MPK_PAGE), second);
    assert_true(is_zero(second, MPK_PAGE));
    assert_true(mpk_arena_is_writable(&arena, second, MPK_PAGE));
    assert_books_are_true();
    memset((void *)second, 7, MPK_PAGE);
    assert_int_equal(map_late_code(second, harmless, 1, 1, OG_OK), second);
    assert_int_equal(*(unsigned char *)second, 0x90);
    assert_true(mpk_arena_unmap(&arena, code, 2 * MPK_PAGE));
    assert_int_equal(mpk_arena_state(&arena, second), MPK_FREE);
    assert_int_equal(mpk_arena_state(&arena, second + MPK_PAGE), MPK_CODE);
    assert_true(is_zero(code, 2 * MPK_PAGE));
    assert_books_are_true();
    assert_int_equal(mpk_arena_reset(&arena, &fault), OG_OK);
    assert_int_equal(mpk_arena_state(&arena, second + MPK_PAGE), MPK_FREE);
    assert_true(is_zero(code, 4 * MPK_PAGE));
    assert_books_are_true();
    close_arena();
}

/* The file has a WRPKRU over the border of its third and fourth pages. */
static void late_code_is_scanned_over_borders(void **state)
{
    (void)state;
    open_settled(33, late_folders);
    map_late_code(0, hostile, 0, FILE_PAGES, OG_FORBIDDEN);
    uintptr_t start = late_start() + 8 * MPK_PAGE, next = start + MPK_PAGE;
    for (int first = 0; first < 2; first++) {
        assert_int_equal(map_late_code(first ? start : next, hostile, first ? 2 : 3, 1, OG_OK),
                         first ? start : next);
        map_late_code(first ? next : start, hostile, first ? 3 : 2, 1, OG_FORBIDDEN);
        /* What is refused is not there, nor what was there before. */
        assert_int_equal(mpk_arena_state(&arena, first ? next : start), MPK_FREE);
        assert_true(is_zero(first ? next : start, MPK_PAGE));
        assert_books_are_true();
        assert_code_is_harmless();
        assert_true(mpk_arena_unmap(&arena, start, 2 * MPK_PAGE));
    }
    /* Once there is something between them, or the one is no code any more, it is two libraries. */
    assert_int_equal(map_late_code(start, hostile, 2, 1, OG_OK), start);
    assert_int_equal(mpk_arena_map(&arena, start, MPK_PAGE), start);
    assert_int_equal(map_late_code(next, hostile, 3, 1, OG_OK), next);
    map_late_code(start, hostile, 2, 1, OG_FORBIDDEN);
    assert_code_is_harmless();
    close_arena();
}

/* Wherever it is in much code, which is scanned in pieces. */
static void much_code_is_scanned_at_every_offset(void **state)
{
    (void)state;
    enum { PIECE = 1 << 20, SIZE = 3 << 20 };
    static const struct {
        const char *bytes;
        size_t size;
    } codes[] = {{"\x0f\x01\xef", 3},
                 {"\xf3\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x0f\xae\xd0", 15}};
    int file = memfd_create("code", MFD_CLOEXEC);
    assert_int_equal(ftruncate(file, SIZE), 0);
    open_settled(34, late_folders);
    assert_int_equal(map_late_code(0, file, 0, SIZE / MPK_PAGE, OG_OK), late_start());
    assert_true(mpk_arena_unmap(&arena, late_start(), SIZE));
    for (size_t piece = 1; piece < 3; piece++)
        for (size_t i = 0; i < 2; i++)
            for (size_t at = piece * (PIECE - 15) - 20; at < piece * PIECE + 5; at++) {
                struct og_fault fault;
                const char zeros[15] = {0};
                const struct mpk_source from = {file, 0, SIZE, NULL};
                if (at > piece * (PIECE - 15) + 20 && at < piece * PIECE - 20)
                    continue;
                assert_int_equal(pwrite(file, codes[i].bytes, codes[i].size, (off_t)at),
                                 codes[i].size);
                assert_int_equal(mpk_arena_map_code(&arena, 0, SIZE, &from, false, &fault), 0);
                assert_int_equal(fault.error, OG_FORBIDDEN);
                assert_int_equal(fault.address, late_start() + at + codes[i].size - 3);
                assert_int_equal(pwrite(file, zeros, codes[i].size, (off_t)at), codes[i].size);
            }
    close(file);
    close_arena();
}

static int looks_left;

static bool is_late_after_some(void)
{
    return looks_left-- == 0;
}

/* Copying is asked every 256 KiB, scanning every MiB. */
static void much_code_is_late_at_any_time(void **state)
{
    (void)state;
    enum { SIZE = 3 << 20, LOOKS = 12 + 3 };
    int file = memfd_create("code", MFD_CLOEXEC);
    assert_int_equal(ftruncate(file, SIZE), 0);
    const struct mpk_source from = {file, 0, SIZE, is_late_after_some};
    open_settled(35, late_folders);
    for (int looks = 0; looks <= LOOKS + 1; looks++) {
        struct og_fault fault;
        looks_left = looks;
        bool made = mpk_arena_map_code(&arena, 0, SIZE, &from, false, &fault) != 0;
        assert_int_equal(made, looks_left >= 0);
        assert_int_equal(made, looks >= LOOKS + 1);
        assert_int_equal(mpk_arena_state(&arena, late_start()), made ? MPK_CODE : MPK_FREE);
        assert_books_are_true();
    }
    close(file);
    close_arena();
}

static void late_code_is_limited(void **state)
{
    (void)state;
    enum { PIECE = FILE_PAGES };
    open_settled(36, late_folders);
    struct og_fault fault;
    const struct mpk_source from = {harmless, 0, PIECE * MPK_PAGE, NULL};
    size_t pages = 0;
    while (mpk_arena_map_code(&arena, 0, PIECE * MPK_PAGE, &from, false, &fault))
        pages += PIECE;
    assert_int_equal(fault.error, OG_NO_MEMORY);
    assert_int_equal(pages, LATE);
    assert_int_equal(mpk_arena_map_late(&arena, 0, MPK_PAGE), 0);
    assert_true(mpk_arena_map(&arena, 0, MPK_PAGE) != 0);
    assert_true(mpk_arena_unmap(&arena, late_start() + PIECE * MPK_PAGE, MPK_PAGE));
    assert_int_equal(mpk_arena_map_late(&arena, 0, MPK_PAGE), late_start() + PIECE * MPK_PAGE);
    assert_int_equal(mpk_arena_reset(&arena, &fault), OG_OK);
    assert_int_equal(map_late_code(0, harmless, 0, 1, OG_OK), late_start());
    close_arena();
}

/* At every offset, and where the code ends with it. */
static void what_opens_rights_is_found_wherever_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size, prefixes; /* before 0F */
        const char *name;      /* NULL: harmless */
    } codes[] = {
        {"\x0f\x01\xef", 3, 0, "WRPKRU"},
        {"\x0f\xae\x28", 3, 0, "XRSTOR"},
        {"\x0f\xae\x6c\x24\x40", 5, 0, "XRSTOR"},
        {"\xf3\x0f\xae\xd0", 4, 1, "WRFSBASE"},
        {"\xf3\x48\x0f\xae\xd9", 5, 2, "WRGSBASE"},
        {"\xf3\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x0f\xae\xd0", 15, 12, "WRFSBASE"},
        {"\x0f\x01\xf9", 3, 0, NULL},     /* RDTSCP */
        {"\x0f\xae\xe8", 3, 0, NULL},     /* LFENCE */
        {"\x0f\xae\x20", 3, 0, NULL},     /* XSAVE */
        {"\x0f\xae\xd0", 3, 0, NULL},     /* WRFSBASE without F3 */
        {"\xf3\x0f\xae\xc0", 4, 1, NULL}, /* RDFSBASE */
        {"\x0f\x01", 2, 0, NULL},         /* cut off */
        {"\xf3\x0f\xae", 3, 1, NULL},
    };
    enum { AHEAD = 40, BEHIND = 20, LONGEST = 15 };
    unsigned char code[AHEAD + LONGEST + BEHIND];
    const char *name;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        for (size_t ahead = 0; ahead < AHEAD; ahead++)
            for (size_t behind = 0; behind < BEHIND; behind++) {
                size_t size = ahead + codes[i].size + behind;
                memset(code, 0x90, sizeof(code));
                memcpy(code + ahead, codes[i].bytes, codes[i].size);
                size_t found = mpk_scan(code, size, &name);
                assert_int_equal(found, codes[i].name ? ahead + codes[i].prefixes : size);
                if (codes[i].name)
                    assert_string_equal(name, codes[i].name);
            }
}

static size_t map_until_refused(size_t size)
{
    size_t count = 0;
    while (mpk_arena_map(&arena, 0, size))
        count++;
    return count;
}

static void memory_is_limited(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(12);
    assert_int_equal(map_until_refused(1 << 20), 17);
    assert_int_equal(mpk_arena_set_brk(&arena, arena.heap + MPK_PAGE), arena.heap);
    assert_books_are_true();
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    assert_int_equal(map_until_refused(64 << 10), 16);
    assert_int_equal(mpk_arena_set_brk(&arena, arena.heap + 1), arena.heap);
    assert_int_equal(mpk_arena_reset(&arena, &fault), OG_OK);
    assert_int_equal(mpk_arena_set_brk(&arena, arena.heap + (1 << 19)), arena.heap + (1 << 19));
    assert_int_equal(map_until_refused(64 << 10), 8);
    assert_books_are_true();
    close_arena();
}

/* Every second page is a file's. */
static void mappings_are_limited(void **state)
{
    (void)state;
    enum { DIVIDED = 3072 };
    struct og_fault fault;
    open_arena(13);
    const struct mpk_source from = {.file = harmless, .offset = 0, .size = MPK_PAGE};
    uintptr_t start = mpk_arena_map(&arena, 0, DIVIDED * MPK_PAGE);
    size_t mapped = 0;
    assert_true(start != 0);
    for (uintptr_t page = 0; page < DIVIDED; page += 2)
        mapped += mpk_arena_map_file(&arena, start + page * MPK_PAGE, MPK_PAGE, &from) != 0;
    assert_true(mapped > 100 && mapped < MAPPINGS / 2);
    assert_books_are_true();
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    assert_books_are_true();
    close_arena();
}

/* A refusal of the system half-way: the arena says that it has failed, until reset. */
static void a_refusal_of_the_system_is_noticed(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(9);
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    uintptr_t start = mpk_arena_map(&arena, 0, 4 * MPK_PAGE);
    assert_true(start != 0);
    munmap((void *)(start + MPK_PAGE), MPK_PAGE);
    assert_false(mpk_arena_unmap(&arena, start, 4 * MPK_PAGE));
    assert_true(arena.failed);
    assert_int_equal(mpk_arena_reset(&arena, &fault), OG_NO_MEMORY);
    assert_true(mmap((void *)(start + MPK_PAGE), MPK_PAGE, PROT_READ,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
    assert_int_equal(mpk_arena_reset(&arena, &fault), OG_OK);
    assert_books_are_true();
    munmap((void *)start, MPK_PAGE);
    assert_int_equal(mpk_arena_map(&arena, 0, 4 * MPK_PAGE), 0);
    assert_true(arena.failed);
    close_arena();
}

static void writable_is_what_is_granted(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(10);
    const struct mpk_source from = {.file = harmless, .offset = 0, .size = MPK_PAGE};
    uintptr_t memory = mpk_arena_map(&arena, 0, 2 * MPK_PAGE);
    uintptr_t file = mpk_arena_map_file(&arena, 0, MPK_PAGE, &from);
    uintptr_t code = mpk_arena_map_code(&arena, 0, MPK_PAGE, &from, false, &fault);
    uintptr_t stack = mpk_arena_map_stack(&arena, 4 * MPK_PAGE);
    assert_true(mpk_arena_is_writable(&arena, memory, 2 * MPK_PAGE));
    assert_false(mpk_arena_is_writable(&arena, memory, 2 * MPK_PAGE + 1));
    assert_false(mpk_arena_is_writable(&arena, memory, SIZE_MAX));
    assert_false(mpk_arena_is_writable(&arena, file, 1));
    assert_true(mpk_arena_is_readable(&arena, file, MPK_PAGE));
    assert_false(mpk_arena_is_writable(&arena, code, 1));
    assert_true(mpk_arena_is_readable(&arena, code, MPK_PAGE));
    assert_true(mpk_arena_is_writable(&arena, stack, 3 * MPK_PAGE));
    assert_false(mpk_arena_is_readable(&arena, stack - 1, 1));
    assert_false(mpk_arena_is_readable(&arena, stack + 3 * MPK_PAGE, 1));
    assert_true(mpk_arena_is_writable(&arena, arena.stack, arena.stack_size));
    assert_false(mpk_arena_is_writable(&arena, arena.stack - 1, 1));
    assert_false(mpk_arena_is_readable(&arena, arena.heap, 1));
    assert_int_equal(mpk_arena_set_brk(&arena, arena.heap + 1), arena.heap + 1);
    assert_true(mpk_arena_is_writable(&arena, arena.heap, 1));
    assert_false(mpk_arena_is_readable(&arena, arena.start + arena.size, 1));
    close_arena();
}

/* --- what a library denies itself --- */

static void denied_memory_is_not_the_domains_until_it_asks_again(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(20);
    uintptr_t loaded = mpk_arena_map(&arena, 0, 4 * MPK_PAGE);
    assert_true(loaded != 0);
    for (int settled = 0; settled < 2; settled++) {
        uintptr_t brk = arena.heap + 4 * MPK_PAGE;
        assert_int_equal(mpk_arena_set_brk(&arena, brk), brk);
        const uintptr_t starts[] = {settled ? mpk_arena_map(&arena, 0, 4 * MPK_PAGE) : loaded,
                                    arena.heap, loaded};
        for (int i = 0; i < 3; i++) {
            uintptr_t second = starts[i] + MPK_PAGE;
            *(char *)second = 7;
            assert_int_equal(mpk_arena_deny(&arena, second, MPK_PAGE), 0);
            assert_int_equal(mpk_arena_deny(&arena, second, 1), 0);
            assert_true(mpk_arena_is_writable(&arena, starts[i], MPK_PAGE));
            assert_false(mpk_arena_is_writable(&arena, starts[i], MPK_PAGE + 1));
            assert_false(mpk_arena_is_readable(&arena, second + MPK_PAGE - 1, 2));
            assert_true(mpk_arena_is_writable(&arena, second + MPK_PAGE, 2 * MPK_PAGE));
            assert_int_equal(mpk_arena_state(&arena, second), MPK_MEMORY | MPK_OFF_LIMITS);
            assert_books_are_true();
            *(char *)second += 1; /* by the host */
            assert_int_equal(mpk_arena_allow(&arena, starts[i], 4 * MPK_PAGE), 0);
            assert_true(mpk_arena_is_writable(&arena, starts[i], 4 * MPK_PAGE));
            assert_int_equal(*(char *)second, 8);
            assert_books_are_true();
        }
        if (!settled)
            assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    }
    close_arena();
}

static void what_cannot_be_denied_is_refused(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(21);
    const struct mpk_source from = {.file = harmless, .offset = 0, .size = MPK_PAGE};
    uintptr_t stack = mpk_arena_map_stack(&arena, 4 * MPK_PAGE);
    uintptr_t file = mpk_arena_map_file(&arena, 0, MPK_PAGE, &from);
    uintptr_t code = mpk_arena_map_code(&arena, 0, MPK_PAGE, &from, false, &fault);
    uintptr_t memory = mpk_arena_map(&arena, 0, 2 * MPK_PAGE), free = memory + 2 * MPK_PAGE;
    uintptr_t brk = arena.heap + MPK_PAGE + 1;
    assert_int_equal(mpk_arena_set_brk(&arena, brk), brk);
    for (int settled = 0; settled < 2; settled++) {
        assert_int_equal(mpk_arena_deny(&arena, memory + 8, MPK_PAGE), EINVAL);
        assert_int_equal(mpk_arena_allow(&arena, memory + 8, MPK_PAGE), EINVAL);
        assert_int_equal(mpk_arena_deny(&arena, memory, 3 * MPK_PAGE), ENOMEM);
        assert_int_equal(mpk_arena_deny(&arena, free, MPK_PAGE), ENOMEM);
        assert_int_equal(mpk_arena_deny(&arena, stack, MPK_PAGE), EACCES);
        assert_int_equal(mpk_arena_deny(&arena, stack - MPK_PAGE, MPK_PAGE), EACCES);
        assert_int_equal(mpk_arena_deny(&arena, stack + 2 * MPK_PAGE, 2 * MPK_PAGE), EACCES);
        assert_int_equal(mpk_arena_deny(&arena, arena.stack, MPK_PAGE), EACCES);
        assert_int_equal(mpk_arena_deny(&arena, arena.start - MPK_PAGE, MPK_PAGE), EACCES);
        assert_int_equal(mpk_arena_deny(&arena, arena.heap, 3 * MPK_PAGE), ENOMEM);
        assert_int_equal(mpk_arena_deny(&arena, arena.heap, SIZE_MAX), EACCES);
        assert_int_equal(mpk_arena_allow(&arena, arena.stack, MPK_PAGE), 0);
        /* What is only read stays so: a loader denies the holes of a library, with what is there.
         */
        assert_int_equal(mpk_arena_deny(&arena, file, MPK_PAGE), 0);
        assert_int_equal(mpk_arena_deny(&arena, code, MPK_PAGE), 0);
        assert_true(mpk_arena_is_readable(&arena, file, MPK_PAGE));
        assert_true(mpk_arena_is_readable(&arena, code, MPK_PAGE));
        assert_true(mpk_arena_is_writable(&arena, memory, 2 * MPK_PAGE));
        assert_true(mpk_arena_is_writable(&arena, arena.heap, 2 * MPK_PAGE));
        assert_books_are_true();
        if (!settled)
            assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    }
    close_arena();
}

/* Unmapped, mapped over, below the heap's end no more: it is what anything else is then. */
static void denied_memory_goes_as_other_memory_does(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(22);
    for (int settled = 0; settled < 2; settled++) {
        size_t had = arena.memory_pages;
        uintptr_t low = arena.brk, brk = low + 8 * MPK_PAGE,
                  start = mpk_arena_map(&arena, 0, 4 * MPK_PAGE);
        assert_int_equal(mpk_arena_set_brk(&arena, brk), brk);
        assert_int_equal(mpk_arena_deny(&arena, start, 4 * MPK_PAGE), 0);
        assert_int_equal(arena.memory_pages, had + 4);
        assert_true(mpk_arena_unmap(&arena, start, MPK_PAGE));
        assert_int_equal(mpk_arena_map(&arena, start + MPK_PAGE, MPK_PAGE), start + MPK_PAGE);
        assert_true(mpk_arena_is_writable(&arena, start + MPK_PAGE, MPK_PAGE));
        assert_true(mpk_arena_unmap(&arena, start, 4 * MPK_PAGE));
        assert_int_equal(arena.memory_pages, had);
        *(char *)(low + 4 * MPK_PAGE) = 1;
        assert_int_equal(mpk_arena_deny(&arena, low + 2 * MPK_PAGE, 6 * MPK_PAGE), 0);
        assert_int_equal(mpk_arena_set_brk(&arena, low + 3 * MPK_PAGE - 1), low + 3 * MPK_PAGE - 1);
        assert_books_are_true();
        assert_int_equal(mpk_arena_set_brk(&arena, brk), brk);
        assert_false(mpk_arena_is_readable(&arena, low + 2 * MPK_PAGE, 1));
        assert_true(mpk_arena_is_writable(&arena, low + 3 * MPK_PAGE, 5 * MPK_PAGE));
        assert_true(is_zero(low + 3 * MPK_PAGE, 5 * MPK_PAGE));
        assert_books_are_true();
        if (!settled)
            assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    }
    close_arena();
}

static void reset_puts_back_what_was_denied_while_loading(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(23);
    uintptr_t start = mpk_arena_map(&arena, 0, 4 * MPK_PAGE), brk = arena.heap + 4 * MPK_PAGE;
    const uintptr_t starts[] = {start, arena.heap};
    assert_int_equal(mpk_arena_set_brk(&arena, brk), brk);
    for (int i = 0; i < 2; i++)
        assert_int_equal(mpk_arena_deny(&arena, starts[i] + MPK_PAGE, MPK_PAGE), 0);
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    for (int round = 0; round < 2; round++) {
        uintptr_t more = mpk_arena_map(&arena, 0, MPK_PAGE), end = brk + 2 * MPK_PAGE;
        assert_int_equal(mpk_arena_set_brk(&arena, end), end);
        assert_int_equal(mpk_arena_deny(&arena, more, MPK_PAGE), 0);
        assert_int_equal(mpk_arena_deny(&arena, brk, MPK_PAGE), 0);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(mpk_arena_state(&arena, starts[i] + MPK_PAGE),
                             MPK_MEMORY | MPK_OFF_LIMITS);
            assert_int_equal(mpk_arena_allow(&arena, starts[i], 4 * MPK_PAGE), 0);
            assert_int_equal(mpk_arena_deny(&arena, starts[i], MPK_PAGE), 0);
        }
        assert_int_equal(mpk_arena_reset(&arena, &fault), OG_OK);
        assert_books_are_true();
        assert_int_equal(mpk_arena_state(&arena, starts[0]), MPK_MEMORY);
        assert_int_equal(mpk_arena_state(&arena, starts[1]), MPK_MEMORY);
        assert_int_equal(mpk_arena_set_brk(&arena, end), end);
        assert_true(mpk_arena_is_writable(&arena, brk, 2 * MPK_PAGE));
    }
    close_arena();
}

/* Each page that is unlike the one before is a mapping of the host's. */
static void what_is_denied_is_limited(void **state)
{
    (void)state;
    enum { HEAP = 4096, HALF = MAPPINGS / 4 };
    const struct og_options options = {.heap_size = 2 * HEAP * MPK_PAGE, .stack_size = MPK_PAGE};
    struct og_fault fault;
    assert_int_equal(mpk_arena_open(&arena, -1, &options, &fault), OG_OK);
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    uintptr_t start = mpk_arena_map(&arena, 0, HEAP * MPK_PAGE), brk = arena.heap + HEAP * MPK_PAGE;
    assert_true(start != 0);
    assert_int_equal(mpk_arena_set_brk(&arena, brk), brk);
    for (uintptr_t i = 0; i < HALF; i++) {
        assert_int_equal(mpk_arena_deny(&arena, start + (1 + 2 * i) * MPK_PAGE, MPK_PAGE), 0);
        assert_int_equal(mpk_arena_deny(&arena, arena.heap + (1 + 2 * i) * MPK_PAGE, MPK_PAGE),
                         i < HALF - 1 ? 0 : ENOMEM);
    }
    assert_true(arena.borders <= MAPPINGS);
    assert_false(arena.failed);
    uintptr_t last = arena.heap + (2 * HALF + 1) * MPK_PAGE;
    assert_int_equal(mpk_arena_deny(&arena, last, MPK_PAGE), ENOMEM);
    /* Nor is a large one divided by giving a part of it back. */
    assert_int_equal(mpk_arena_allow(&arena, start + MPK_PAGE, MPK_PAGE), 0);
    assert_int_equal(mpk_arena_deny(&arena, last - 2 * MPK_PAGE, brk - last), 0);
    assert_int_equal(mpk_arena_allow(&arena, last, MPK_PAGE), ENOMEM);
    assert_int_equal(mpk_arena_allow(&arena, start, HEAP * MPK_PAGE), 0);
    assert_int_equal(mpk_arena_allow(&arena, last, MPK_PAGE), 0);
    assert_true(mpk_arena_is_writable(&arena, start, HEAP * MPK_PAGE));
    mpk_arena_close(&arena);
}

/* --- what a library locks --- */

/* As the kernel says it of the process. */
static size_t locked_by_kernel(void)
{
    return (size_t)locked_kilobytes() * 1024 / MPK_PAGE;
}

static void assert_locked(size_t pages)
{
    assert_int_equal(arena.locked_pages, pages);
    assert_int_equal(locked_by_kernel(), pages);
    assert_books_are_true();
}

static void memory_is_locked_as_far_as_the_host_allows(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(24);
    uintptr_t loaded = mpk_arena_map(&arena, 0, 2 * MPK_PAGE),
              stack = mpk_arena_map_stack(&arena, 4 * MPK_PAGE);
    assert_int_equal(mpk_arena_lock(&arena, loaded, 1, NULL), EAGAIN);
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    uintptr_t start = mpk_arena_map(&arena, 0, 6 * MPK_PAGE), brk = arena.heap + 4 * MPK_PAGE;
    assert_int_equal(mpk_arena_set_brk(&arena, brk), brk);
    assert_int_equal(mpk_arena_lock(&arena, start + MPK_PAGE - 1, 2, NULL), 0);
    assert_locked(2);
    assert_int_equal(mpk_arena_lock(&arena, start, 6 * MPK_PAGE, NULL), 0);
    assert_locked(6);
    assert_int_equal(mpk_arena_lock(&arena, brk - 1, 1, NULL), 0);
    assert_int_equal(mpk_arena_lock(&arena, loaded, 1, NULL), 0);
    assert_locked(LOCKED);
    assert_int_equal(mpk_arena_lock(&arena, loaded + MPK_PAGE, 1, NULL), ENOMEM);
    assert_int_equal(mpk_arena_lock(&arena, loaded, MPK_PAGE, NULL), 0); /* it is */
    assert_int_equal(mpk_arena_unlock(&arena, start + 8, 1), 0);
    assert_int_equal(mpk_arena_unlock(&arena, start, MPK_PAGE), 0);
    assert_locked(LOCKED - 1);
    assert_int_equal(mpk_arena_lock(&arena, loaded + MPK_PAGE, 1, NULL), 0);
    assert_locked(LOCKED);
    assert_int_equal(mpk_arena_unlock(&arena, start, 6 * MPK_PAGE), 0);
    assert_locked(3);
    /* Only memory, and all of it. */
    const uintptr_t others[] = {
        stack, stack - MPK_PAGE, arena.stack, arena.start - MPK_PAGE, start + 6 * MPK_PAGE, brk};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(mpk_arena_lock(&arena, others[i], 1, NULL), ENOMEM);
        assert_int_equal(mpk_arena_unlock(&arena, others[i], 1), ENOMEM);
    }
    assert_int_equal(mpk_arena_lock(&arena, start, 7 * MPK_PAGE, NULL), ENOMEM);
    assert_int_equal(mpk_arena_lock(&arena, start + 1, SIZE_MAX, NULL), ENOMEM);
    assert_locked(3);
    close_arena();
    assert_int_equal(locked_by_kernel(), 0);
}

static void what_is_locked_is_let_go_of(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(25);
    uintptr_t loaded = mpk_arena_map(&arena, 0, 2 * MPK_PAGE);
    uintptr_t loaded_brk = mpk_arena_set_brk(&arena, arena.heap + 2 * MPK_PAGE);
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    for (int round = 0; round < 2; round++) {
        uintptr_t start = mpk_arena_map(&arena, 0, 3 * MPK_PAGE), brk = loaded_brk + 2 * MPK_PAGE;
        assert_int_equal(mpk_arena_set_brk(&arena, brk), brk);
        assert_int_equal(mpk_arena_lock(&arena, start, 3 * MPK_PAGE, NULL), 0);
        assert_int_equal(mpk_arena_lock(&arena, loaded, 1, NULL), 0);
        assert_int_equal(mpk_arena_lock(&arena, loaded_brk - 1, 2 * MPK_PAGE, NULL), 0);
        assert_locked(7);
        *(char *)start = *(char *)loaded = *(char *)(brk - 1) = 1;
        /* It is not dropped meanwhile; denied or not, it is locked. */
        assert_false(mpk_arena_forget(&arena, start, MPK_PAGE));
        assert_int_equal(mpk_arena_deny(&arena, start, MPK_PAGE), 0);
        assert_locked(7);
        assert_true(mpk_arena_unmap(&arena, start, MPK_PAGE));
        assert_locked(6);
        assert_int_equal(mpk_arena_map(&arena, start + MPK_PAGE, MPK_PAGE), start + MPK_PAGE);
        assert_locked(5);
        assert_int_equal(mpk_arena_set_brk(&arena, loaded_brk), loaded_brk);
        assert_locked(3);
        assert_int_equal(mpk_arena_set_brk(&arena, brk), brk);
        assert_true(is_zero(loaded_brk, 2 * MPK_PAGE));
        assert_int_equal(mpk_arena_lock(&arena, brk - 1, 1, NULL), 0);
        assert_locked(4);
        assert_int_equal(mpk_arena_reset(&arena, &fault), OG_OK);
        assert_locked(0);
        assert_true(is_zero(loaded, 2 * MPK_PAGE));
    }
    close_arena();
}

static bool is_always_late(void)
{
    return true;
}

/* Each page that is unlike the one before is a mapping of the host's, and it takes time. */
static void what_is_locked_is_limited(void **state)
{
    (void)state;
    enum { PIECES = MAPPINGS / 2 };
    const struct og_options options = {.locked_size = MAPPINGS * MPK_PAGE};
    struct og_fault fault;
    assert_int_equal(mpk_arena_open(&arena, -1, &options, &fault), OG_OK);
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    uintptr_t start = mpk_arena_map(&arena, 0, 3 * PIECES * MPK_PAGE);
    size_t locked = 0;
    assert_true(start != 0);
    assert_int_equal(mpk_arena_lock(&arena, start, MPK_PAGE, is_always_late), ENOMEM);
    assert_int_equal(locked_by_kernel(), 0);
    for (uintptr_t i = 0; i < PIECES + 8; i++)
        locked += !mpk_arena_lock(&arena, start + (1 + 2 * i) * MPK_PAGE, MPK_PAGE, NULL);
    assert_true(locked < PIECES && locked > PIECES - 4);
    assert_int_equal(locked_by_kernel(), locked);
    assert_true(arena.borders <= MAPPINGS);
    assert_false(arena.failed);
    mpk_arena_close(&arena);
}

/* How many mappings the range is divided into. */
static size_t count_mappings_in(uintptr_t start, uintptr_t end)
{
    uintptr_t from, to;
    size_t count = 0;
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps)) {
        assert_int_equal(sscanf(line, "%lx-%lx", &from, &to), 2);
        count += from < end && to > start;
    }
    fclose(maps);
    return count;
}

/* Every second page is touched by itself, and unlike those beside it. */
static void lock_apart(uintptr_t start, size_t pages)
{
    for (size_t page = 1; page < pages; page += 2)
        assert_int_equal(mpk_arena_lock(&arena, start + page * MPK_PAGE, MPK_PAGE, NULL), 0);
    assert_true(count_mappings_in(start, start + pages * MPK_PAGE) > pages / 2);
    assert_int_equal(mpk_arena_unlock(&arena, start, pages * MPK_PAGE), 0);
}

/* What was loaded, and what is granted later, is one mapping each, unless the library asks for
 * another. */
static void what_was_divided_can_be_joined_again(void **state)
{
    (void)state;
    enum { STEP = 64 /* of the heap */, STEPS_AT_ONCE = 3, FAR = STEPS_AT_ONCE * STEP };
    const struct og_options options = {.locked_size = MAPPINGS * MPK_PAGE};
    struct og_fault fault;
    assert_int_equal(mpk_arena_open(&arena, -1, &options, &fault), OG_OK);
    assert_true(mpk_arena_make_seat(&arena, 0));
    uintptr_t loaded = mpk_arena_map(&arena, 0, STEP * MPK_PAGE);
    uintptr_t heap = mpk_arena_set_brk(&arena, arena.heap + STEP * MPK_PAGE);
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    lock_apart(loaded, STEP);
    lock_apart(arena.heap, STEP);
    assert_int_equal(count_mappings_in(loaded, loaded + STEP * MPK_PAGE), 1);
    assert_int_equal(count_mappings_in(arena.heap, heap), 1);
    uintptr_t start = mpk_arena_map(&arena, 0, MPK_PAGE);
    for (uintptr_t step = 0; step < FAR; step += STEP) {
        uintptr_t last = start + (step + STEP) * MPK_PAGE, brk = arena.brk + STEP * MPK_PAGE;
        /* The last there is is unlike what comes next; and what comes next is far. */
        assert_int_equal(mpk_arena_lock(&arena, last - STEP * MPK_PAGE, MPK_PAGE, NULL), 0);
        assert_int_equal(mpk_arena_map(&arena, last, MPK_PAGE), last);
        assert_int_equal(mpk_arena_set_brk(&arena, brk), brk);
        assert_int_equal(mpk_arena_lock(&arena, brk - MPK_PAGE, MPK_PAGE, NULL), 0);
    }
    for (uintptr_t step = 0; step < FAR; step += STEP)
        assert_int_equal(
            mpk_arena_map(&arena, start + (step + 1) * MPK_PAGE, (STEP - 1) * MPK_PAGE),
            start + (step + 1) * MPK_PAGE);
    lock_apart(start, FAR);
    lock_apart(heap, FAR);
    assert_int_equal(mpk_arena_unlock(&arena, start, (FAR + 1) * MPK_PAGE), 0);
    assert_int_equal(count_mappings_in(start, start + FAR * MPK_PAGE), 1);
    assert_int_equal(count_mappings_in(heap, heap + FAR * MPK_PAGE), 1);
    mpk_arena_close(&arena);
}

/* Divides a range of its own as far as it may, and joins it again; so does a child, and its child,
 * in which the kernel no longer joins what was divided when it was made. How many mappings there
 * are in the last; or none, after a line. */
static size_t mappings_after_generations(unsigned generations, uintptr_t start)
{
    enum { DIVIDED = 2 * MAPPINGS };
    memset((void *)start, 1, DIVIDED * MPK_PAGE);
    for (size_t page = 1; page < DIVIDED; page += 2)
        if (mpk_arena_lock(&arena, start + page * MPK_PAGE, MPK_PAGE, NULL))
            break;
    if (generations > 1) {
        int status = -1;
        pid_t child = fork();
        if (child == 0) {
            mpk_arena_forked(&arena);
            mpk_arena_unlock(&arena, start, DIVIDED * MPK_PAGE);
            size_t count = mappings_after_generations(generations - 1, start + DIVIDED * MPK_PAGE);
            _exit((int)(count / 256));
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        return WIFEXITED(status) ? (size_t)WEXITSTATUS(status) * 256 : 0;
    }
    return count_mappings_in(arena.start, arena.start + arena.map_pages * MPK_PAGE);
}

static void forks_divide_no_more_than_one_process(void **state)
{
    (void)state;
    enum { GENERATIONS = 3 };
    const struct og_options options = {.heap_size = 64 << 20, .locked_size = 64 << 20};
    struct og_fault fault;
    assert_int_equal(mpk_arena_open(&arena, -1, &options, &fault), OG_OK);
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    uintptr_t start = mpk_arena_map(&arena, 0, GENERATIONS * 2 * MAPPINGS * MPK_PAGE);
    assert_true(start != 0);
    size_t count = mappings_after_generations(GENERATIONS, start);
    print_message("# %zu mappings\n", count);
    assert_in_range(count, MAPPINGS / 2, MAPPINGS + 256);
    mpk_arena_close(&arena);
}

/* In a process of its own, whose user is not root: 0, or a line. */
static int lock_where_the_host_may_not(void)
{
    const struct rlimit limit = {2 * MPK_PAGE, 2 * MPK_PAGE};
    const struct og_options options = {.locked_size = LOCKED * MPK_PAGE};
    struct og_fault fault;
    if (mpk_arena_open(&arena, -1, &options, &fault) || mpk_arena_settle(&arena, &fault) ||
        setrlimit(RLIMIT_MEMLOCK, &limit) || (!getuid() && setuid(1000)))
        return 1;
    uintptr_t start = mpk_arena_map(&arena, 0, 4 * MPK_PAGE);
    if (mpk_arena_lock(&arena, start, 3 * MPK_PAGE, NULL) != ENOMEM || arena.failed)
        return 2;
    if (locked_by_kernel() || arena.locked_pages)
        return 3;
    if (mpk_arena_lock(&arena, start, 2 * MPK_PAGE, NULL) || locked_by_kernel() != 2)
        return 4;
    if (mpk_arena_reset(&arena, &fault) || locked_by_kernel())
        return 5;
    return 0;
}

static void a_host_that_may_lock_no_more_has_a_library_that_may_not(void **state)
{
    (void)state;
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(lock_where_the_host_may_not());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void nothing_is_locked_where_the_host_has_not_said_so(void **state)
{
    (void)state;
    struct og_fault fault;
    const struct og_options options[] = {{.locked_size = 0}, {.locked_size = MPK_PAGE - 1}};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mpk_arena_open(&arena, -1, &options[i], &fault), OG_OK);
        assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
        uintptr_t start = mpk_arena_map(&arena, 0, MPK_PAGE);
        assert_int_equal(mpk_arena_lock(&arena, start, 1, NULL), EPERM);
        assert_int_equal(mpk_arena_unlock(&arena, start, 1), EPERM);
        mpk_arena_close(&arena);
    }
}

/* --- seats --- */

/* What the kernel says of a page: its rights, as in the list of mappings. */
static void assert_rights(uintptr_t address, const char *wanted)
{
    uintptr_t start, end;
    char line[512], found[5] = "";
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps))
        if (sscanf(line, "%lx-%lx %4s", &start, &end, found) == 3 && address >= start &&
            address < end)
            break;
    fclose(maps);
    if (strncmp(found, wanted, 3))
        fail_msg("%.3s, and not %s", found, wanted);
}

static void a_seat_is_addresses_until_it_is_made(void **state)
{
    (void)state;
    struct og_fault fault;
    const size_t stack_size = STACK_PAGES * MPK_PAGE;
    open_arena(16);
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    for (size_t seat = 1; seat < 4; seat++) {
        uintptr_t stack = mpk_arena_stack_of(&arena, seat), guard = stack - MPK_PAGE;
        uintptr_t scopes = mpk_arena_scopes_of(&arena, seat);
        assert_rights(stack, "---");
        assert_rights(scopes, "---");
        assert_false(mpk_arena_is_readable(&arena, stack, 1));
        assert_false(mpk_arena_is_readable(&arena, scopes, 1));
        assert_false(mpk_arena_make_seat(&arena, seat + 1)); /* one after the other */
        assert_true(mpk_arena_make_seat(&arena, seat));
        assert_true(mpk_arena_make_seat(&arena, seat));
        assert_int_equal(arena.seats, seat + 1);
        assert_rights(stack, "rw-");
        assert_rights(scopes, "rw-");
        assert_rights(guard, "rw-"); /* for the host; the domain's key is another */
        assert_true(mpk_arena_is_writable(&arena, stack, stack_size));
        assert_int_equal(mpk_arena_state(&arena, stack), MPK_STACK);
        assert_false(mpk_arena_is_readable(&arena, stack + stack_size, 1));
        assert_false(mpk_arena_is_readable(&arena, stack - 1, 1));
        assert_int_equal(mpk_arena_state(&arena, guard), MPK_GUARD);
        assert_true(mpk_arena_is_writable(&arena, scopes, arena.stack_size));
        assert_false(mpk_arena_is_readable(&arena, scopes + arena.stack_size, 1));
        assert_int_equal(mpk_arena_map(&arena, stack, MPK_PAGE), 0);
        assert_false(mpk_arena_unmap(&arena, stack, MPK_PAGE));
        assert_false(mpk_arena_forget(&arena, stack, MPK_PAGE));
    }
    arena.seat_limit = 4;
    assert_false(mpk_arena_make_seat(&arena, 4));
    /* Whatever the range, it is as each of its pages. */
    for (uintptr_t end = arena.start + arena.size, at = arena.stack; at < end;
         at += at < arena.scopes + 8 * arena.stack_size ? MPK_PAGE : (size_t)1 << 24) {
        for (size_t size = 1; size < 40 * MPK_PAGE && at + size < end; size += MPK_PAGE - 1) {
            bool all = true;
            for (uintptr_t byte = at; byte < at + size; byte += MPK_PAGE)
                all &= mpk_arena_is_writable(&arena, byte, 1);
            all &= mpk_arena_is_writable(&arena, at + size - 1, 1);
            assert_int_equal(mpk_arena_is_writable(&arena, at, size), all);
        }
    }
    assert_books_are_true();
    close_arena();
}

static void references_reach_the_stacks_that_are_shown(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(17);
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    const struct og_region *stacks = &arena.regions[arena.region_count - 1];
    const uintptr_t stride = STACK_PAGES * MPK_PAGE + MPK_PAGE;
    assert_int_equal(stacks->start, arena.stacks);
    assert_int_equal(stacks->end, arena.stacks);
    assert_true(mpk_arena_make_seat(&arena, 1));
    assert_true(mpk_arena_make_seat(&arena, 2));
    assert_int_equal(stacks->end, arena.stacks);
    mpk_arena_show_stack(&arena, 2);
    assert_int_equal(stacks->end, arena.stacks + 2 * stride);
    mpk_arena_show_stack(&arena, 1);
    mpk_arena_show_stack(&arena, 0);
    assert_int_equal(stacks->end, arena.stacks + 2 * stride);
    for (uintptr_t page = stacks->start; page < stacks->end; page += MPK_PAGE)
        *(volatile char *)page = 1;
    for (size_t i = 1; i < arena.region_count; i++)
        assert_true(arena.regions[i - 1].end <= arena.regions[i].start);
    close_arena();
}

static void reset_drops_what_is_in_seats(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(18);
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    assert_true(mpk_arena_make_seat(&arena, 1));
    assert_true(mpk_arena_make_seat(&arena, 2));
    for (size_t seat = 0; seat < 3; seat++) {
        memset((void *)mpk_arena_scopes_of(&arena, seat), 1, arena.stack_size);
        if (seat)
            memset((void *)mpk_arena_stack_of(&arena, seat), 1, STACK_PAGES * MPK_PAGE);
    }
    assert_int_equal(mpk_arena_reset(&arena, &fault), OG_OK);
    for (size_t seat = 0; seat < 3; seat++) {
        assert_true(is_zero(mpk_arena_scopes_of(&arena, seat), arena.stack_size));
        assert_true(!seat || is_zero(mpk_arena_stack_of(&arena, seat), STACK_PAGES * MPK_PAGE));
    }
    assert_int_equal(arena.seats, 3);
    close_arena();
}

static void a_seat_that_the_system_refuses_is_not_made(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(19);
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    uintptr_t holes[] = {mpk_arena_scopes_of(&arena, 1), mpk_arena_stack_of(&arena, 1)};
    for (int i = 0; i < 2; i++) {
        munmap((void *)holes[i], MPK_PAGE);
        assert_false(mpk_arena_make_seat(&arena, 1));
        assert_int_equal(arena.seats, 1);
        assert_false(mpk_arena_is_readable(&arena, holes[i] + MPK_PAGE, 1));
        assert_rights(mpk_arena_stack_of(&arena, 1) - MPK_PAGE, "---");
        if (holes[i] != mpk_arena_scopes_of(&arena, 1))
            assert_rights(mpk_arena_scopes_of(&arena, 1), "---");
        assert_true(arena.failed); /* it could not be taken back either */
        arena.failed = 0;
        assert_true(mmap((void *)holes[i], MPK_PAGE, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
    }
    assert_true(mpk_arena_make_seat(&arena, 1));
    close_arena();
}

/* In a process of its own: 0, or what was wrong. */
static int open_with_addresses(size_t addresses, size_t taken, size_t *seats)
{
    struct og_fault fault;
    struct rlimit limit = {addresses, addresses};
    if (taken && mmap(NULL, taken, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) ==
                     MAP_FAILED)
        return 4;
    if (setrlimit(RLIMIT_AS, &limit))
        return 1;
    if (mpk_arena_open(&arena, -1, NULL, &fault))
        return fault.error == OG_NO_MEMORY && strstr(fault.message, "ulimit -v") ? 2 : 3;
    *seats = arena.seat_limit;
    return 0;
}

/* A sanitizer takes more addresses for itself than any limit here leaves: with it there is none. */
static void fewer_addresses_are_fewer_seats(void **state)
{
    (void)state;
    static const struct {
        size_t addresses, taken, least, most;
        int status;
    } cases[] = {
        {RLIM_INFINITY, 0, MPK_THREADS, MPK_THREADS, 0},
        {(size_t)8 << 30, 0, 30, 60, 0},
        {(size_t)8 << 30, (size_t)7600 << 20, 1, 29, 0}, /* less is left than its share */
        {(size_t)512 << 20, 0, 1, 10, 0},
        {(size_t)200 << 20, 0, 0, 0, 2},
    };
    size_t *seats = mmap(NULL, MPK_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < (SANITIZED ? 1 : sizeof(cases) / sizeof(cases[0])); i++) {
        int status = -1;
        *seats = 0;
        pid_t child = fork();
        if (child == 0)
            _exit(open_with_addresses(cases[i].addresses, cases[i].taken, seats));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, cases[i].status << 8);
        assert_in_range(*seats, cases[i].least, cases[i].most);
    }
    munmap(seats, MPK_PAGE);
}

static void what_the_runtime_and_the_loader_have_made_stays(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(14);
    uintptr_t stack = mpk_arena_map_stack(&arena, 4 * MPK_PAGE), guard = stack - MPK_PAGE;
    uintptr_t loaded = mpk_arena_map(&arena, 0, MPK_PAGE);
    *(char *)loaded = 1;
    for (int settled = 0; settled < 2; settled++) {
        assert_int_equal(mpk_arena_map(&arena, guard, MPK_PAGE), 0);
        assert_int_equal(mpk_arena_map(&arena, stack, MPK_PAGE), 0);
        assert_false(mpk_arena_unmap(&arena, guard, MPK_PAGE));
        assert_false(mpk_arena_unmap(&arena, stack, MPK_PAGE));
        assert_false(mpk_arena_forget(&arena, guard, MPK_PAGE));
        assert_false(mpk_arena_forget(&arena, stack, MPK_PAGE));
        assert_false(mpk_arena_forget(&arena, loaded, MPK_PAGE));
        assert_int_equal(*(char *)loaded, 1);
        if (!settled)
            assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    }
    assert_books_are_true();
    close_arena();
}

/* A page is changed in the file, the file is shortened: the host that reads would be at its end. */
static void what_a_file_held_stays_whatever_becomes_of_the_file(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(16);
    int file = make_file("text", 0);
    const struct mpk_source from = {.file = file, .offset = 0, .size = 2 * MPK_PAGE - 8};
    const struct mpk_source unreadable = {.file = -1, .offset = 0, .size = MPK_PAGE};
    assert_int_equal(mpk_arena_map_file(&arena, 0, MPK_PAGE, &unreadable), 0);
    assert_books_are_true();
    uintptr_t start = mpk_arena_map_file(&arena, 0, 3 * MPK_PAGE, &from);
    assert_true(start != 0);
    for (int settled = 0; settled < 3; settled++) {
        assert_int_equal(pwrite(file, "else", 4, 0), 4);
        assert_int_equal(ftruncate(file, settled ? 0 : 4), 0);
        assert_memory_equal((const char *)start, "text", 4);
        assert_int_equal(*(const unsigned char *)(start + MPK_PAGE), 0x90);
        assert_true(is_zero(start + 2 * MPK_PAGE - 8, MPK_PAGE + 8));
        assert_books_are_true();
        if (settled < 2)
            assert_int_equal(settled ? mpk_arena_reset(&arena, &fault)
                                     : mpk_arena_settle(&arena, &fault),
                             OG_OK);
    }
    close(file);
    close_arena();
}

/* More than was asked for would be over what is behind it. */
static void no_more_of_a_file_is_mapped_than_was_asked_for(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(15);
    const struct mpk_source from = {.file = harmless, .offset = 0, .size = 2 * MPK_PAGE};
    uintptr_t memory = mpk_arena_map(&arena, 0, 2 * MPK_PAGE);
    *(char *)(memory + MPK_PAGE) = 1;
    assert_int_equal(mpk_arena_map_file(&arena, memory, MPK_PAGE, &from), 0);
    assert_int_equal(mpk_arena_map_code(&arena, memory, MPK_PAGE, &from, false, &fault), 0);
    assert_int_equal(*(char *)(memory + MPK_PAGE), 1);
    assert_books_are_true();
    close_arena();
}

static void of_a_file_that_is_not_read_whole_nothing_stays(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    static unsigned char bytes[SIZE];
    int file = memfd_create("file", MFD_CLOEXEC);
    memset(bytes, 0x5a, SIZE);
    assert_int_equal(write(file, bytes, SIZE), SIZE);
    const struct mpk_source from = {file, 0, SIZE, is_late_after_some};
    open_arena(37);
    looks_left = 2; /* so that two parts are read */
    assert_int_equal(mpk_arena_map_file(&arena, 0, SIZE, &from), 0);
    const unsigned char *memory = (const void *)mpk_arena_map(&arena, 0, SIZE);
    assert_non_null(memory);
    for (size_t i = 0; i < SIZE; i += MPK_PAGE)
        assert_int_equal(memory[i], 0);
    assert_books_are_true();
    close(file);
    close_arena();
}

static void sizes_that_are_too_large_are_refused(void **state)
{
    (void)state;
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 15, SIZE_MAX / 16 + 1};
    struct og_fault fault;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const struct og_options options[] = {
            {.stack_size = sizes[i]},
            {.foreign_stack_size = sizes[i]},
            {.stack_size = MPK_PAGE, .heap_size = sizes[i]},
            {.stack_size = sizes[i], .heap_size = sizes[i]},
            {.heap_size = sizes[i], .foreign_stack_size = sizes[i]},
            {.stack_size = sizes[i], .foreign_stack_size = sizes[i], .heap_size = sizes[i]},
        };
        for (size_t j = 0; j < sizeof(options) / sizeof(options[0]); j++) {
            assert_int_equal(mpk_arena_open(&arena, -1, &options[j], &fault),
                             i < 2 || options[j].foreign_stack_size ? OG_BAD_ARGUMENT
                                                                    : OG_NO_MEMORY);
            mpk_arena_close(&arena);
        }
    }
}

/* Its first one is in the books, which would take the host's memory. */
static void a_foreign_stack_that_is_too_large_is_refused(void **state)
{
    (void)state;
    struct og_fault fault;
    const size_t gib = (size_t)1 << 30, sizes[] = {gib, gib + 1, 64 * gib};
    for (int i = 0; i < 3; i++) {
        const struct og_options options = {.foreign_stack_size = sizes[i]};
        enum og_error error = mpk_arena_open(&arena, -1, &options, &fault);
        assert_int_equal(error, sizes[i] == gib ? OG_OK : OG_BAD_ARGUMENT);
        assert_true(!error || strstr(fault.message, "foreign_stack_size"));
        mpk_arena_close(&arena);
    }
}

static void a_foreign_stack_that_is_too_small_is_refused(void **state)
{
    (void)state;
    struct og_fault fault;
    for (size_t size = 1; size < 65536 + 2 * MPK_PAGE; size += MPK_PAGE) {
        const struct og_options options = {.foreign_stack_size = size};
        enum og_error error = mpk_arena_open(&arena, -1, &options, &fault);
        assert_int_equal(error, size <= 65536 - MPK_PAGE ? OG_BAD_ARGUMENT : OG_OK);
        assert_true(!error || strstr(fault.message, "foreign_stack_size"));
        mpk_arena_close(&arena);
    }
}

/* The system says it by a signal that ends the process. */
static void a_limit_on_the_size_of_files_is_told(void **state)
{
    (void)state;
    struct rlimit limit, low;
    struct og_fault fault;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    low = (struct rlimit){.rlim_cur = 64 << 20, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    enum og_error error = mpk_arena_open(&arena, -1, NULL, &fault);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(error, OG_SYSTEM);
    assert_int_equal(fault.system_error, EFBIG);
    assert_non_null(strstr(fault.message, "ulimit -f"));
    mpk_arena_close(&arena);
}

/* The kernel refuses to drop what is locked. */
static void memory_that_the_host_has_locked_is_dropped(void **state)
{
    (void)state;
    struct og_fault fault;
    open_arena(17);
    for (int settled = 0; settled < 2; settled++) {
        uintptr_t start = mpk_arena_map(&arena, 0, 4 * MPK_PAGE);
        uintptr_t brk = mpk_arena_set_brk(&arena, arena.heap + 4 * MPK_PAGE);
        *(char *)start = *(char *)(brk - 1) = 1;
        assert_int_equal(mlock((void *)start, 4 * MPK_PAGE), 0);
        assert_int_equal(mlock((void *)arena.heap, 4 * MPK_PAGE), 0);
        assert_true(settled ? mpk_arena_forget(&arena, start, MPK_PAGE)
                            : mpk_arena_unmap(&arena, start, MPK_PAGE));
        assert_int_equal(*(char *)start, 0);
        assert_int_equal(mpk_arena_set_brk(&arena, arena.heap), arena.heap);
        assert_int_equal(*(char *)(brk - 1), 0);
        assert_int_equal(mlock((void *)(start + MPK_PAGE), MPK_PAGE), 0);
        if (!settled)
            assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
        assert_int_equal(mlock((void *)(start + MPK_PAGE), 2 * MPK_PAGE), 0);
        assert_int_equal(mpk_arena_reset(&arena, &fault), OG_OK);
        assert_books_are_true();
    }
    close_arena();
}

/* Or no jump could be made for code of the host's that lies there. */
static void above_what_is_reserved_addresses_are_free(void **state)
{
    (void)state;
    enum { EACH = 1 << 20, APART = 1 << 28 };
    size_t count = 4096;
    char *start = mpk_reserve(MPK_PAGE, EACH, &count), *end = start + MPK_PAGE + count * EACH;
    assert_non_null(start);
    assert_int_equal(count, 4096);
    for (char *place = end; place < end + (1 << 30); place += APART) {
        void *mapped = mmap(place, MPK_PAGE, PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        assert_ptr_equal(mapped, place);
        munmap(mapped, MPK_PAGE);
    }
    munmap(start, MPK_PAGE + count * EACH);
}

static long count_page_faults(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_minflt;
}

/* To give back what was loaded would be to fill it with zeros, in one system call of no end. Of
 * what was granted beyond it, a part of a step, it is. */
static void a_heap_that_was_loaded_does_not_shrink(void **state)
{
    (void)state;
    enum { LARGE = 256 << 20 };
    struct og_fault fault;
    const struct og_options options = {.heap_size = LARGE, .stack_size = MPK_PAGE};
    assert_int_equal(mpk_arena_open(&arena, -1, &options, &fault), OG_OK);
    uintptr_t loaded = arena.heap + LARGE / 2 + MPK_PAGE, end = arena.heap + LARGE;
    assert_int_equal(mpk_arena_set_brk(&arena, end), end);
    assert_int_equal(mpk_arena_set_brk(&arena, loaded), loaded);
    *(char *)loaded = 1;
    assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    assert_int_equal(mpk_arena_set_brk(&arena, end), end);
    long faults = count_page_faults();
    assert_int_equal(mpk_arena_set_brk(&arena, arena.heap), end);
    assert_int_equal(mpk_arena_set_brk(&arena, loaded - 1), end);
    assert_int_equal(mpk_arena_set_brk(&arena, loaded), loaded);
    assert_true(count_page_faults() - faults < 100);
    assert_int_equal(*(char *)loaded, 0);
    mpk_arena_close(&arena);
}

/* The heap is granted in steps, the last of which would be over its end. */
static void a_heap_of_few_pages_has_no_more(void **state)
{
    (void)state;
    enum { FEW = 5 };
    const struct og_options options = {.heap_size = FEW * MPK_PAGE, .stack_size = MPK_PAGE};
    struct og_fault fault;
    assert_int_equal(mpk_arena_open(&arena, -1, &options, &fault), OG_OK);
    assert_false(mpk_arena_is_readable(&arena, arena.stack, 1)); /* no seat is made */
    for (int settled = 0; settled < 2; settled++) {
        assert_int_equal(mpk_arena_set_brk(&arena, arena.heap + 1), arena.heap + 1);
        assert_int_equal(arena.heap_granted, arena.heap + FEW * MPK_PAGE);
        assert_false(arena.failed);
        assert_int_equal(mpk_arena_set_brk(&arena, arena.heap + FEW * MPK_PAGE + 1),
                         arena.heap + 1);
        if (!settled)
            assert_int_equal(mpk_arena_settle(&arena, &fault), OG_OK);
    }
    mpk_arena_close(&arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(books_and_memory_agree_at_every_step),
        cmocka_unit_test(code_is_looked_at_again_when_loading_ends),
        cmocka_unit_test(code_is_scanned_over_borders),
        cmocka_unit_test(what_opens_rights_is_found_wherever_it_is),
        cmocka_unit_test(late_code_lies_where_the_host_does_not_write),
        cmocka_unit_test(memory_is_not_put_where_late_code_may_be),
        cmocka_unit_test(late_code_is_mapped_over_and_given_back),
        cmocka_unit_test(late_code_is_scanned_over_borders),
        cmocka_unit_test(much_code_is_scanned_at_every_offset),
        cmocka_unit_test(much_code_is_late_at_any_time),
        cmocka_unit_test(late_code_is_limited),
        cmocka_unit_test(memory_is_limited),
        cmocka_unit_test(mappings_are_limited),
        cmocka_unit_test(a_refusal_of_the_system_is_noticed),
        cmocka_unit_test(writable_is_what_is_granted),
        cmocka_unit_test(denied_memory_is_not_the_domains_until_it_asks_again),
        cmocka_unit_test(what_cannot_be_denied_is_refused),
        cmocka_unit_test(denied_memory_goes_as_other_memory_does),
        cmocka_unit_test(reset_puts_back_what_was_denied_while_loading),
        cmocka_unit_test(what_is_denied_is_limited),
        cmocka_unit_test(memory_is_locked_as_far_as_the_host_allows),
        cmocka_unit_test(what_is_locked_is_let_go_of),
        cmocka_unit_test(what_is_locked_is_limited),
        cmocka_unit_test(what_was_divided_can_be_joined_again),
        cmocka_unit_test(forks_divide_no_more_than_one_process),
        cmocka_unit_test(a_host_that_may_lock_no_more_has_a_library_that_may_not),
        cmocka_unit_test(nothing_is_locked_where_the_host_has_not_said_so),
        cmocka_unit_test(a_seat_is_addresses_until_it_is_made),
        cmocka_unit_test(references_reach_the_stacks_that_are_shown),
        cmocka_unit_test(reset_drops_what_is_in_seats),
        cmocka_unit_test(a_seat_that_the_system_refuses_is_not_made),
        cmocka_unit_test(fewer_addresses_are_fewer_seats),
        cmocka_unit_test(what_the_runtime_and_the_loader_have_made_stays),
        cmocka_unit_test(what_a_file_held_stays_whatever_becomes_of_the_file),
        cmocka_unit_test(no_more_of_a_file_is_mapped_than_was_asked_for),
        cmocka_unit_test(of_a_file_that_is_not_read_whole_nothing_stays),
        cmocka_unit_test(sizes_that_are_too_large_are_refused),
        cmocka_unit_test(a_foreign_stack_that_is_too_small_is_refused),
        cmocka_unit_test(a_foreign_stack_that_is_too_large_is_refused),
        cmocka_unit_test(a_limit_on_the_size_of_files_is_told),
        cmocka_unit_test(memory_that_the_host_has_locked_is_dropped),
        cmocka_unit_test(above_what_is_reserved_addresses_are_free),
        cmocka_unit_test(a_heap_that_was_loaded_does_not_shrink),
        cmocka_unit_test(a_heap_of_few_pages_has_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
