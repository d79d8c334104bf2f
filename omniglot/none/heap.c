/* The foreign heap: jemalloc, told to take its memory from the domain's arena and nowhere else.
 *
 * It is a copy of jemalloc of our own, its names changed when it is linked (build.mk), so that the
 * host's malloc stays what it was. Its books are kept outside the arena. */
#include "none.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* jemalloc.h declares the functions by the names that the copy has. */
#define mallocx og_jemalloc_mallocx
#define rallocx og_jemalloc_rallocx
#define sallocx og_jemalloc_sallocx
#define dallocx og_jemalloc_dallocx
#define mallctl og_jemalloc_mallctl
#include <jemalloc/jemalloc.h>

/* Address space that its books give back is unmapped, not kept for later. Free memory of a domain
 * is kept until the domain is reset or closed, as og-mpk's C library is told to: clearing it after
 * a while would make a library that allocates much pay for new pages with every call. */
extern const char *og_jemalloc_conf;
const char *og_jemalloc_conf = "retain:false,dirty_decay_ms:-1";

struct none_heap_range {
    extent_hooks_t hooks; /* first: jemalloc hands it to the hooks */
    uintptr_t next, end;
};

/* --- jemalloc's hooks: the range is handed out once, and kept by jemalloc from then on --- */

static void *take_extent(extent_hooks_t *hooks, void *wanted, size_t size, size_t alignment,
                         bool *zero, bool *commit, unsigned arena)
{
    struct none_heap_range *range = (struct none_heap_range *)hooks;
    uintptr_t start = (range->next + alignment - 1) & ~(uintptr_t)(alignment - 1);
    (void)arena;
    if (start < range->next || start > range->end || size > range->end - start ||
        (wanted && (uintptr_t)wanted != start))
        return NULL;
    range->next = start + size;
    *zero = true;
    *commit = true;
    return (void *)start;
}

static bool keep_extent(extent_hooks_t *hooks, void *start, size_t size, bool committed,
                        unsigned arena)
{
    (void)hooks, (void)start, (void)size, (void)committed, (void)arena;
    return true;
}

static bool clear_extent(extent_hooks_t *hooks, void *start, size_t size, size_t offset,
                         size_t length, unsigned arena)
{
    (void)hooks, (void)size, (void)arena;
    return madvise((char *)start + offset, length, MADV_DONTNEED) != 0;
}

static bool split_extent(extent_hooks_t *hooks, void *start, size_t size, size_t size_a,
                         size_t size_b, bool committed, unsigned arena)
{
    (void)hooks, (void)start, (void)size, (void)size_a, (void)size_b, (void)committed, (void)arena;
    return false;
}

static bool merge_extents(extent_hooks_t *hooks, void *a, size_t size_a, void *b, size_t size_b,
                          bool committed, unsigned arena)
{
    (void)hooks, (void)a, (void)size_a, (void)b, (void)size_b, (void)committed, (void)arena;
    return false;
}

/* --- the heap --- */

static int flags_of(const struct none_heap *heap)
{
    return MALLOCX_ARENA(heap->arena) | MALLOCX_TCACHE(heap->cache);
}

enum og_error none_heap_open(struct none_heap *heap, uintptr_t start, size_t size,
                             struct og_fault *fault)
{
    size_t number = sizeof(unsigned);
    *heap = (struct none_heap){.start = start, .size = size};
    struct none_heap_range *range = malloc(sizeof(*range));
    if (!range)
        return og_out_of_memory(fault);
    *range = (struct none_heap_range){
        .hooks = {.alloc = take_extent,
                  .dalloc = keep_extent,
                  .purge_forced = clear_extent,
                  .split = split_extent,
                  .merge = merge_extents},
        .next = start,
        .end = start + size,
    };
    /* experimental.arenas_create_ext's argument: the books are not to be in the range. */
    struct {
        extent_hooks_t *hooks;
        bool books_in_range;
    } arena = {&range->hooks, false};
    if (mallctl("experimental.arenas_create_ext", &heap->arena, &number, &arena, sizeof(arena))) {
        free(range);
        return og_fail(fault, OG_NO_MEMORY, "jemalloc", start, "it cannot make another heap");
    }
    heap->range = range;
    if (mallctl("tcache.create", &heap->cache, &number, NULL, 0)) {
        none_heap_close(heap);
        return og_fail(fault, OG_NO_MEMORY, "jemalloc", start, "it cannot make another heap");
    }
    heap->has_cache = true;
    return OG_OK;
}

void none_heap_close(struct none_heap *heap)
{
    char name[48];
    if (!heap->range)
        return;
    if (heap->has_cache)
        mallctl("tcache.destroy", NULL, NULL, &heap->cache, sizeof(heap->cache));
    snprintf(name, sizeof(name), "arena.%u.destroy", heap->arena);
    mallctl(name, NULL, NULL, NULL, 0);
    free(heap->range);
    heap->range = NULL;
    heap->has_cache = false;
}

/* --- threads that end ---
 *
 * jemalloc keeps books in each thread and gives them up when the thread's variables are destroyed.
 * Where destructors of the host's that come later call in, it takes no notice of the arena that it
 * is told to use, so that the memory is not the domain's. A thread of ours asks in its place. */

struct request {
    size_t size;
    int flags;
    void *memory;
};

static void *ask(void *argument)
{
    struct request *request = argument;
    request->memory = mallocx(request->size, request->flags);
    return NULL;
}

/* `memory`, or a copy of it in the heap. */
static void *settle(const struct none_heap *heap, void *memory, size_t size, int flags)
{
    struct request request = {size, flags, NULL};
    pthread_t thread;
    if (OG_LIKELY(!memory || none_heap_owns(heap, (uintptr_t)memory)))
        return memory;
    if (!pthread_create(&thread, NULL, ask, &request))
        pthread_join(thread, NULL);
    if (request.memory)
        memcpy(request.memory, memory, size);
    dallocx(memory, MALLOCX_TCACHE_NONE);
    return request.memory;
}

void *none_heap_alloc(struct none_heap *heap, size_t alignment, size_t size)
{
    if (!heap->range)
        return NULL; /* a reset failed half-way */
    /* Its smallest blocks are aligned to 8 bytes only. */
    if (alignment < _Alignof(max_align_t) && size >= _Alignof(max_align_t))
        alignment = _Alignof(max_align_t);
    const int flags = flags_of(heap) | MALLOCX_ALIGN(alignment);
    return settle(heap, mallocx(size, flags), size, flags);
}

void *none_heap_alloc_zeroed(struct none_heap *heap, size_t size)
{
    const int flags = flags_of(heap) | MALLOCX_ZERO;
    return heap->range ? settle(heap, mallocx(size, flags), size, flags) : NULL;
}

void *none_heap_realloc(struct none_heap *heap, void *memory, size_t size)
{
    const int flags = flags_of(heap);
    return heap->range ? settle(heap, rallocx(memory, size, flags), size, flags) : NULL;
}

size_t none_heap_usable_size(const struct none_heap *heap, const void *memory)
{
    return sallocx(memory, flags_of(heap));
}

bool none_heap_owns(const struct none_heap *heap, uintptr_t address)
{
    return og_is_within(address, 1, heap->start, heap->start + heap->size);
}

void none_heap_free(struct none_heap *heap, void *memory)
{
    if (heap->range)
        dallocx(memory, flags_of(heap));
}
