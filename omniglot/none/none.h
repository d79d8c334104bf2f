/* The runtime without isolation: what its files share. A domain is an arena (allocation
 * stack, then heap) and private instances of the libraries that were named. */
#ifndef OMNIGLOT_NONE_NONE_H
#define OMNIGLOT_NONE_NONE_H

#include "omniglot/core/thread_context.h"
#include "omniglot/core/turn.h"

#include <stdbool.h>

/* A heap inside [start, start + size). One thread at a time. */
struct none_heap {
    uintptr_t start;
    size_t size;
    struct none_heap_range *range; /* what jemalloc takes memory from; NULL: the heap is closed */
    unsigned arena, cache;         /* jemalloc's numbers */
    bool has_cache;
};

/* A writable part of a library, and its bytes as they were right after loading. */
struct none_snapshot {
    void *memory;
    void *bytes;
    size_t size;
};

/* One private instance of a library: its file copied, so that the dynamic loader takes it
 * for another library, with data of its own. */
struct none_library {
    void *shared;   /* handle of the instance the host may have too; it keeps dependencies */
    void *instance; /* handle of ours */
    int file;       /* the copy; its number is part of the instance's name, so it stays open */
    struct none_snapshot *snapshots;
    size_t snapshot_count;
};

struct none_domain {
    struct og_domain domain; /* first */
    struct og_turn turn;
    struct og_thread_context *contexts; /* under the contexts' lock; an entry is never taken out */
    struct og_thread_context *last;     /* the one that was asked for last; atomic */
    unsigned slot;                      /* which set of allocation functions is ours */
    void *arena;
    size_t arena_size, stack_size;
    struct none_heap heap;
    struct none_library *libraries;
    size_t library_count;
    struct og_region *regions;
    size_t region_count;
};

/* domain.c */
extern const struct og_runtime og_runtime_none;

enum { NONE_DOMAINS = 64 /* at once, in one process */ };

/* heap.c */
enum og_error none_heap_open(struct none_heap *heap, uintptr_t start, size_t size,
                             struct og_fault *fault);
void none_heap_close(struct none_heap *heap);
/* NULL where there is no room. `size` is not 0. */
void *none_heap_alloc(struct none_heap *heap, size_t alignment, size_t size);
void *none_heap_alloc_zeroed(struct none_heap *heap, size_t size);
void *none_heap_realloc(struct none_heap *heap, void *memory, size_t size);
size_t none_heap_usable_size(const struct none_heap *heap, const void *memory);
bool none_heap_owns(const struct none_heap *heap, uintptr_t address);
void none_heap_free(struct none_heap *heap, void *memory);

/* allocation.c: the malloc family as the libraries of a domain see it. */

/* Takes a slot for `heap`. Returns OG_OK or OG_NO_MEMORY (all NONE_DOMAINS are taken). */
enum og_error none_allocation_open(struct none_heap *heap, unsigned *slot, struct og_fault *fault);
void none_allocation_close(unsigned slot);
/* The slot's function to be bound in place of libc's `symbol`, or NULL if that is none of
 * the malloc family. */
void *none_allocation_function(unsigned slot, const char *symbol);

/* library.c */
enum og_error none_library_open(struct none_library *library, const char *name,
                                const struct none_domain *domain, struct og_fault *fault);
void none_library_close(struct none_library *library);
void none_library_reset(struct none_library *library);
/* Appends the library's segments to the domain's regions. */
enum og_error none_library_regions(const struct none_library *library, struct none_domain *domain,
                                   struct og_fault *fault);

/* context.c: the threads' places in domains. */

/* Makes the first, the calling thread's, and lists the domain. */
enum og_error none_contexts_open(struct none_domain *domain, struct og_fault *fault);
void none_contexts_close(struct none_domain *domain);
/* og_runtime.context: the calling thread's. */
struct og_context *none_context(struct og_domain *domain);
/* The same if it has one already; or NULL. */
struct og_context *none_context_if_any(struct none_domain *domain);
/* Around a reset: no child of fork finds it half-done. */
void none_reset_begin(void);
void none_reset_end(void);
/* Nobody can make a call until reset, or everybody again (error OG_OK). While the turn is shut. */
void none_contexts_poison(struct none_domain *domain, const struct og_fault *fault);

/* callback.c */
enum og_error none_callback_open(struct og_domain *domain, struct og_callback *callback,
                                 struct og_fault *fault);
void none_callback_close(struct og_domain *domain, struct og_callback *callback);
void none_callback_any_thread(struct og_domain *domain, struct og_callback *callback);
int none_is_callback(struct og_domain *domain, uintptr_t address);
/* Closes every callback of the domain. */
void none_callbacks_close(struct og_domain *domain);
/* The calling thread exits: what is on its stack is gone. */
void none_callbacks_end(void);
/* The thread that exits is in none of the domain's callbacks any more. */
void none_callbacks_leave(struct og_domain *domain);

/* The locks around fork, in the order in which they are taken. */
enum none_fork { NONE_BEFORE_FORK, NONE_AFTER_FORK, NONE_IN_CHILD };
void none_callbacks_fork(enum none_fork when);
void none_allocations_fork(enum none_fork when);

#endif
