/* Domains of the flash image: opening, resetting, closing, and what needs no isolation to be
 * known. The two runtimes are in isolated.c and plain.c. */
#include "omniglot/rv32/kernel.h"
#include "pmp.h"

#include <stdlib.h>
#include <string.h>

static const struct pmp_library *open_libraries[4];
enum { OPEN_MAX = sizeof(open_libraries) / sizeof(open_libraries[0]) };

/* Takes a place for the library: an image has one instance of each. */
static enum og_error claim(const struct pmp_library *library, struct og_fault *fault)
{
    size_t place = OPEN_MAX;
    for (size_t i = 0; i < OPEN_MAX; i++) {
        if (open_libraries[i] == library)
            return og_fail(fault, OG_BUSY, library->name, 0,
                           "the image has one instance of the library, and a domain has it");
        if (!open_libraries[i])
            place = i;
    }
    _Static_assert(OPEN_MAX == 4, "the message says so");
    if (place == OPEN_MAX)
        return og_fail(fault, OG_NO_MEMORY, library->name, 0, "4 domains are open: close one");
    open_libraries[place] = library;
    return OG_OK;
}

static void release(const struct pmp_library *library)
{
    for (size_t i = 0; i < OPEN_MAX; i++)
        if (open_libraries[i] == library)
            open_libraries[i] = NULL;
}

/* An image's sizes are its linker's: options can ask for as much or less. */
static enum og_error check_sizes(const struct pmp_library *library,
                                 const struct og_options *options, struct og_fault *fault)
{
    if (!options)
        return OG_OK;
    if (options->callback_limit)
        return og_fail(fault, OG_UNSUPPORTED, library->name, 0,
                       "callback_limit: here the deadline counts callbacks, and they are not");
    if (options->heap_size > library->ram_end - library->heap)
        return og_fail(
            fault, OG_NO_MEMORY, library->name, 0,
            "heap_size is more than the library's RAM leaves: give it more in its image");
    if (options->stack_size > library->heap - library->scopes)
        return og_fail(fault, OG_NO_MEMORY, library->name, 0,
                       "stack_size is more than the image keeps for scopes");
    if (options->foreign_stack_size > library->stack_top - library->ram)
        return og_fail(fault, OG_NO_MEMORY, library->name, 0,
                       "foreign_stack_size is more than the image's stack= of the library");
    return OG_OK;
}

/* Runs the library's constructors, through the runtime's own way of calling. */
static enum og_error construct(struct pmp_domain *domain, struct og_fault *fault)
{
    const struct pmp_library *library = domain->library;
    for (const uintptr_t *constructor = library->constructors;
         constructor < library->constructors_end; constructor++) {
        struct og_domain *handle = &domain->domain;
        const struct pmp_thunk thunk = {*constructor, domain, 0, pmp_clear_after(0)};
        if (handle->runtime == &og_runtime_none)
            ((void (*)(void)) * constructor)();
        else
            og_pmp_call(&thunk, 0, 0);
        if (domain->context.poisoned) {
            if (fault)
                *fault = domain->context.fault;
            return domain->context.poisoned;
        }
    }
    return OG_OK;
}

static void fill(struct pmp_domain *domain, const struct pmp_library *library,
                 const struct og_options *options)
{
    const uint32_t entries[] = {library->flash >> 2, library->flash_end >> 2, library->ram >> 2,
                                library->ram_end >> 2};
    domain->library = library;
    domain->malloc = pmp_library_symbol(library, "malloc");
    domain->memalign = pmp_library_symbol(library, "memalign");
    domain->free = pmp_library_symbol(library, "free");
    domain->return_address = library->return_address;
    domain->callback_address = library->callback_address;
    domain->tls = library->tls;
    domain->stack = library->stack_top;
    memcpy(domain->entries, entries, sizeof(entries));
    domain->regions[0] = (struct og_region){library->flash, library->flash_end, OG_READ};
    domain->regions[1] = (struct og_region){library->ram, library->scopes, OG_READ | OG_WRITE};
    domain->domain.regions = domain->regions;
    domain->domain.region_count = 2;
    domain->context.domain = &domain->domain;
    domain->context.stack_low = library->scopes;
    domain->context.live_start = library->heap;
    domain->context.live_end = library->ram_end;
    uint32_t milliseconds = options ? options->deadline_ms : 0;
    if (milliseconds > UINT32_MAX / KERNEL_TICKS_PER_MS)
        milliseconds = UINT32_MAX / KERNEL_TICKS_PER_MS;
    domain->deadline_ticks = milliseconds * KERNEL_TICKS_PER_MS;
}

enum og_error pmp_domain_open(struct og_domain **result, const char *const *libraries,
                              const struct og_options *options, const struct og_runtime *runtime,
                              struct og_fault *fault)
{
    const struct pmp_library *library = pmp_library_find(libraries[0]);
    if (!library)
        return og_fail(fault, OG_NOT_FOUND, libraries[0], 0, "the flash image has no such library");
    if (libraries[1])
        return og_fail(fault, OG_UNSUPPORTED, libraries[1], 0,
                       "a domain holds one library of the image, linked with what it needs");
    if (options && (options->readable_paths || options->late_folders || options->environment))
        return og_fail(fault, OG_UNSUPPORTED, library->name, 0,
                       "there are no files and no environment here");
    enum og_error error = check_sizes(library, options, fault);
    if (!error)
        error = claim(library, fault);
    if (error)
        return error;
    struct pmp_domain *domain = calloc(1, sizeof(*domain));
    if (!domain) {
        release(library);
        return og_out_of_memory(fault);
    }
    domain->domain.runtime = runtime;
    fill(domain, library, options);
    pmp_library_load(library);
    error = construct(domain, fault);
    if (error) {
        pmp_domain_close(&domain->domain, NULL);
        return error;
    }
    *result = &domain->domain;
    return OG_OK;
}

static enum og_error busy(struct og_fault *fault)
{
    return og_fail(fault, OG_BUSY, NULL, 0, "a scope of the domain is open: end it first");
}

enum og_error pmp_domain_reset(struct og_domain *handle, struct og_fault *fault)
{
    struct pmp_domain *domain = pmp_domain_of(handle);
    if (domain->context.depth)
        return busy(fault);
    pmp_callbacks_close(domain);
    pmp_library_load(domain->library);
    domain->context.poisoned = OG_OK;
    return construct(domain, fault);
}

enum og_error pmp_domain_close(struct og_domain *handle, struct og_fault *fault)
{
    struct pmp_domain *domain = pmp_domain_of(handle);
    if (domain->context.depth)
        return busy(fault);
    pmp_callbacks_close(domain);
    for (size_t i = 0; i < PMP_THUNKS; i++)
        if (og_pmp_thunks[i].domain == domain)
            og_pmp_thunks[i].domain = NULL;
    /* What is allocated here next may be another domain. */
    if (og_pmp_selected == domain)
        og_pmp_selected = NULL;
    release(domain->library);
    free(domain);
    return OG_OK;
}

void *pmp_domain_lookup(struct og_domain *domain, const char *symbol)
{
    return (void *)pmp_library_symbol(pmp_domain_of(domain)->library, symbol);
}

struct og_context *pmp_domain_context(struct og_domain *domain)
{
    return &pmp_domain_of(domain)->context;
}

int pmp_domain_heap_owns(struct og_domain *domain, uintptr_t address)
{
    const struct pmp_library *library = pmp_domain_of(domain)->library;
    return og_is_within(address, 1, library->heap, library->ram_end);
}
