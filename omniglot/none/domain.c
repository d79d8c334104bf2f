/* Domains without isolation: opening, resetting, closing, and the runtime's table. */
#include "none.h"
#include "omniglot/core/uncancelled.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct none_domain *none(struct og_domain *domain)
{
    return (struct none_domain *)domain;
}

static int by_start(const void *a, const void *b)
{
    const struct og_region *left = a, *right = b;
    return (left->start > right->start) - (left->start < right->start);
}

/* `size` in whole pages, or 0 if that is too much. */
static size_t whole_pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), rounded;
    return __builtin_add_overflow(size, page - 1, &rounded) ? 0 : rounded & ~(page - 1);
}

static enum og_error map_arena(struct none_domain *domain, const struct og_options *options,
                               struct og_fault *fault)
{
    size_t stack =
        whole_pages(options && options->stack_size ? options->stack_size : OG_DEFAULT_STACK);
    size_t heap = whole_pages(options && options->heap_size ? options->heap_size : OG_DEFAULT_HEAP);
    size_t size;
    if (!stack || !heap || __builtin_add_overflow(stack, heap, &size))
        return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0, "heap_size or stack_size is too large");
    void *arena = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (arena == MAP_FAILED)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "cannot reserve the domain's arena");
    domain->arena = arena;
    domain->arena_size = size;
    domain->stack_size = stack;
    return none_heap_open(&domain->heap, (uintptr_t)arena + stack, heap, fault);
}

/* Frees what there is of a domain, from any half-built state. */
static void destroy(struct none_domain *domain)
{
    none_callbacks_close(&domain->domain);
    none_contexts_close(domain);
    for (size_t i = domain->library_count; i-- > 0;)
        none_library_close(&domain->libraries[i]);
    if (domain->slot < NONE_DOMAINS)
        none_allocation_close(domain->slot);
    none_heap_close(&domain->heap);
    if (domain->arena)
        munmap(domain->arena, domain->arena_size);
    free(domain->libraries);
    free(domain->regions);
    og_turn_destroy(&domain->turn);
    free(domain);
}

static enum og_error load(struct none_domain *domain, const char *const *names,
                          struct og_fault *fault)
{
    size_t count = 1; /* og_domain_open saw the first */
    while (names[count])
        count++;
    domain->libraries = calloc(count, sizeof(*domain->libraries));
    if (!domain->libraries)
        return og_out_of_memory(fault);
    for (size_t i = 0; i < count; i++) {
        struct none_library *library = &domain->libraries[i];
        enum og_error error = none_library_open(library, names[i], domain, fault);
        if (error)
            return error;
        domain->library_count++;
        error = none_library_regions(library, domain, fault);
        if (error)
            return error;
    }
    qsort(domain->regions, domain->region_count, sizeof(*domain->regions), by_start);
    domain->domain.regions = domain->regions;
    domain->domain.region_count = domain->region_count;
    return OG_OK;
}

static enum og_error open_domain(struct og_domain **result, const char *const *libraries,
                                 const struct og_options *options, struct og_fault *fault)
{
    struct none_domain *domain = calloc(1, sizeof(*domain));
    if (!domain)
        return og_out_of_memory(fault);
    domain->domain.runtime = &og_runtime_none;
    og_turn_open(&domain->turn, options ? options->threads : OG_THREADS_WAIT, NULL);
    domain->slot = NONE_DOMAINS;
    enum og_error error = map_arena(domain, options, fault);
    if (!error)
        error = none_allocation_open(&domain->heap, &domain->slot, fault);
    if (!error)
        error = none_contexts_open(domain, fault);
    if (!error)
        error = load(domain, libraries, fault);
    if (error)
        destroy(domain);
    else
        *result = &domain->domain;
    return error;
}

static enum og_error none_open(struct og_domain **result, const char *const *libraries,
                               const struct og_options *options, struct og_fault *fault)
{
    int cancellation = og_uncancelled_begin();
    enum og_error error = open_domain(result, libraries, options, fault);
    og_uncancelled_end(cancellation);
    return error;
}

static enum og_error put_back(struct none_domain *domain, struct og_fault *fault)
{
    none_callbacks_close(&domain->domain);
    none_heap_close(&domain->heap);
    /* New pages are zero again, and the old ones' memory is given back. */
    if (madvise(domain->arena, domain->arena_size, MADV_DONTNEED))
        return og_fail_system(fault, errno, NULL, (uintptr_t)domain->arena,
                              "cannot clear the arena");
    for (size_t i = 0; i < domain->library_count; i++)
        none_library_reset(&domain->libraries[i]);
    return none_heap_open(&domain->heap, domain->heap.start, domain->heap.size, fault);
}

static enum og_error none_reset(struct og_domain *handle, struct og_fault *fault)
{
    struct none_domain *domain = none(handle);
    struct og_fault poison = {0};
    int cancellation = og_uncancelled_begin();
    none_reset_begin();
    enum og_error error = og_turn_shut(&domain->turn, none_context_if_any(domain), false, fault);
    if (!error) {
        error = put_back(domain, fault);
        if (error)
            og_fail(&poison, OG_POISONED, NULL, 0, "an earlier reset failed");
        none_contexts_poison(domain, &poison);
        og_turn_open_again(&domain->turn);
    }
    none_reset_end();
    og_uncancelled_end(cancellation);
    return error;
}

static enum og_error none_close(struct og_domain *handle, struct og_fault *fault)
{
    struct none_domain *domain = none(handle);
    int cancellation = og_uncancelled_begin();
    enum og_error error = og_turn_shut(&domain->turn, none_context_if_any(domain), true, fault);
    if (!error)
        destroy(domain);
    og_uncancelled_end(cancellation);
    return error;
}

/* Does the address lie in a library of the domain? */
static bool is_of_library(const struct none_domain *domain, uintptr_t address)
{
    for (size_t i = 0; i < domain->region_count; i++)
        if (og_is_within(address, 1, domain->regions[i].start, domain->regions[i].end))
            return true;
    return false;
}

static void *none_lookup(struct og_domain *handle, const char *symbol)
{
    struct none_domain *domain = none(handle);
    for (size_t i = 0; i < domain->library_count; i++) {
        /* dlsym goes on to what the library needs, which the host shares. */
        void *address = dlsym(domain->libraries[i].instance, symbol);
        if (is_of_library(domain, (uintptr_t)address))
            return address;
    }
    return NULL;
}

/* Nothing stands between: the code itself. */
static void (*none_entry(struct og_domain *domain, void *target, const char *symbol))(void)
{
    (void)domain;
    (void)symbol;
    return (void (*)(void))target;
}

static struct og_context *none_enter(struct og_context *context)
{
    int cancellation = og_uncancelled_begin();
    struct og_context *ended = og_turn_enter(&none(context->domain)->turn, context);
    og_uncancelled_end(cancellation);
    return ended;
}

static void none_left(struct og_context *context)
{
    og_turn_left(&none(context->domain)->turn);
}

static void *domain_heap_alloc(struct og_domain *domain, size_t alignment, size_t size)
{
    return none_heap_alloc(&none(domain)->heap, alignment, size);
}

static int domain_heap_owns(struct og_domain *domain, uintptr_t address)
{
    return none_heap_owns(&none(domain)->heap, address);
}

static void domain_heap_free(struct og_domain *domain, void *memory)
{
    none_heap_free(&none(domain)->heap, memory);
}

const struct og_runtime og_runtime_none = {
    .name = "none",
    .open = none_open,
    .reset = none_reset,
    .close = none_close,
    .lookup = none_lookup,
    .entry = none_entry,
    .context = none_context,
    .enter = none_enter,
    .left = none_left,
    .heap_alloc = domain_heap_alloc,
    .heap_owns = domain_heap_owns,
    .heap_free = domain_heap_free,
    .callback_open = none_callback_open,
    .callback_close = none_callback_close,
    .callback_any_thread = none_callback_any_thread,
    .is_callback = none_is_callback,
    .isolation = OG_NONE,
};
