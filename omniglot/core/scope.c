/* Scopes: beginning, ending, reading, and the allocations that die with them. */
#include "omniglot/domain.h"

/* An ended scope belongs here, where no access scope is ever the current one. */
struct og_context og_ended_context;

void og_scope_begin(struct og_domain *domain, struct og_scope *scope) OG_NO_ANALYSIS
{
    struct og_context *context = domain->runtime->context(domain);
    if (context->shared)
        context = &og_ended_context;
    scope->access.context = context;
    if (context == &og_ended_context)
        return;
    scope->outer = context->innermost;
    scope->mark = context->live_start;
    context->innermost = scope;
    context->exclusive = &scope->access;
}

/* Is `scope` one of the context's open scopes? */
static int is_open(const struct og_context *context, const struct og_scope *scope)
{
    const struct og_scope *open = context->innermost;
    while (open && open != scope)
        open = open->outer;
    return open != NULL;
}

void og_scope_end(struct og_scope *scope) OG_NO_ANALYSIS
{
    struct og_context *context = scope->access.context;
    if (!is_open(context, scope))
        return;
    for (struct og_scope *inner = context->innermost; inner != scope; inner = inner->outer)
        inner->access.context = &og_ended_context;
    context->innermost = scope->outer;
    context->exclusive = scope->outer ? &scope->outer->access : NULL;
    context->shared = NULL;
    context->live_start = scope->mark;
    scope->access.context = &og_ended_context;
}

void og_read_begin(struct og_access *access) OG_NO_ANALYSIS
{
    struct og_context *context = access->context;
    if (context->exclusive != access)
        return;
    context->exclusive = NULL;
    context->shared = access;
}

void og_read_end(struct og_access *access) OG_NO_ANALYSIS
{
    struct og_context *context = access->context;
    if (context->shared != access)
        return;
    context->shared = NULL;
    context->exclusive = access;
}

enum og_error og_access_refused(const struct og_access *access, struct og_fault *fault)
{
    if (access->context->shared == access)
        return og_fail(fault, OG_BORROWED, NULL, 0, NULL);
    if (access->context->exclusive == access)
        return og_fail(fault, OG_NOT_READING, NULL, 0, NULL);
    return og_fail(fault, OG_SCOPE, NULL, 0, NULL);
}

void og_mut *og_alloc_dirty_bytes(struct og_scope *scope, size_t size, size_t count,
                                  size_t alignment, struct og_fault *fault)
{
    struct og_context *context = scope->access.context;
    size_t bytes;
    if (!OG_LIKELY(context->exclusive == &scope->access)) {
        og_access_refused(&scope->access, fault);
        return NULL;
    }
    if (__builtin_mul_overflow(size, count, &bytes)) {
        og_fail(fault, OG_OVERFLOW, NULL, 0, "count times size does not fit");
        return NULL;
    }
    if (alignment < sizeof(uintptr_t))
        alignment = sizeof(uintptr_t);
    /* The room left bounds `bytes`, so that nothing below wraps. */
    if (bytes > context->live_start - context->stack_low ||
        ((context->live_start - bytes) & ~(alignment - 1)) < context->stack_low) {
        og_fail(fault, OG_NO_MEMORY, NULL, 0, "the scope's allocations exceed stack_size");
        return NULL;
    }
    context->live_start = (context->live_start - bytes) & ~(alignment - 1);
    return (void og_mut *)context->live_start;
}

void og_mut *og_alloc_bytes(struct og_scope *scope, size_t size, size_t count, size_t alignment,
                            struct og_fault *fault)
{
    void og_mut *memory = og_alloc_dirty_bytes(scope, size, count, alignment, fault);
    if (memory)
        __builtin_memset((void *)og_writable_address(memory), 0, size * count);
    return memory;
}
