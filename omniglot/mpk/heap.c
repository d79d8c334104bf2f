/* The heap of a domain: the foreign C library's own allocator, called through the gate. It keeps
 * its books inside the domain, so that its answers are any number: og_heap_alloc checks them. */
#include "mpk.h"

#include <string.h>

void *mpk_heap_alloc(struct og_domain *handle, size_t alignment, size_t size)
{
    struct mpk_domain *domain = (struct mpk_domain *)handle;
    struct mpk_context *context = mpk_context_if_any(domain);
    if (!context || context->context.poisoned)
        return NULL;
    if (alignment < sizeof(void *))
        alignment = sizeof(void *);
    struct og_context *allocations = &context->context;
    uintptr_t slot = (allocations->live_start - sizeof(uintptr_t)) & -sizeof(uintptr_t), memory;
    if (slot < allocations->stack_low)
        return NULL;
    uintptr_t failed =
        og_mpk_call(domain->index, domain->boot.posix_memalign, slot, alignment, size, 0);
    memcpy(&memory, (void *)slot, sizeof(memory));
    return failed || context->context.poisoned ? NULL : (void *)memory;
}

int mpk_heap_owns(struct og_domain *handle, uintptr_t address)
{
    const struct mpk_arena *arena = &((const struct mpk_domain *)handle)->arena;
    return og_is_within(address, 1, arena->heap, arena->heap + arena->heap_size) ||
           (mpk_arena_holds(arena, address, 1) &&
            (address - arena->start) / MPK_PAGE >= arena->loaded_pages);
}

void mpk_heap_free(struct og_domain *handle, void *memory)
{
    struct mpk_domain *domain = (struct mpk_domain *)handle;
    struct mpk_context *context = mpk_context_if_any(domain);
    if (context && !context->context.poisoned)
        og_mpk_call(domain->index, domain->boot.free, (uintptr_t)memory, 0, 0, 0);
}
