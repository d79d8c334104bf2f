/* Scopes: beginning, ending, reading, and the allocations that die with them. */
#include "omniglot/runtime.h"

#include <stdatomic.h>
#include <stdbool.h>

/* An ended scope belongs here, where no access scope is ever the current one. */
struct og_context og_ended_context = {
    .poisoned = OG_SCOPE,
    .fault = {.error = OG_SCOPE, .message = "the scope ended before the call did"},
};

/* How many scopes are open up to and with `scope`; 0 if it is none of them. */
static size_t depth_of(const struct og_context *context, const struct og_scope *scope)
{
    size_t depth = context->depth;
    while (depth > 0 && context->open[depth - 1].scope != scope)
        depth--;
    return depth;
}

/* Ends all scopes but the outermost `depth`. Those of them that were left open may be in
 * memory that is something else by now: they are not touched. */
static void end_down_to(struct og_context *context, size_t depth)
{
    context->live_start = context->open[depth].mark;
    context->exclusive = depth ? &context->open[depth - 1].scope->access : NULL;
    context->shared = NULL;
    __atomic_store_n(&context->depth, depth, __ATOMIC_RELEASE);
}

/* Opens a scope that is not open, or has it born ended. Is it open? */
static inline bool open_scope(struct og_context *context, struct og_scope *scope)
{
    if (context->shared || context->depth == OG_SCOPE_DEPTH || !context->domain) {
        scope->access.context = context->domain ? &og_ended_context : context;
        return false;
    }
    scope->access.context = context;
    size_t depth = context->depth;
    context->open[depth] = (struct og_open_scope){scope, context->live_start};
    __atomic_store_n(&context->depth, depth + 1, __ATOMIC_RELAXED);
    context->exclusive = &scope->access;
    return true;
}

/* `depth` and `held` are what other threads look at: what was done before is done when they see it.
 */
static inline bool is_shut(const struct og_context *context)
{
    atomic_signal_fence(memory_order_seq_cst);
    return !OG_LIKELY(!__atomic_load_n(&context->shut, __ATOMIC_RELAXED));
}

/* The thread is not the last that was inside: what was begun is taken back until it may be. */
static __attribute__((noinline)) void enter(struct og_context *context, struct og_scope *scope)
{
    struct og_context *(*agree)(struct og_context *) = context->domain->runtime->enter;
    end_down_to(context, 0);
    struct og_context *ended = agree ? agree(context) : &og_ended_context;
    if (ended) {
        scope->access.context = ended;
        return;
    }
    open_scope(context, scope);
    __atomic_store_n(&context->held, 0, __ATOMIC_RELEASE);
}

static __attribute__((noinline)) void leave(struct og_context *context)
{
    void (*tell)(struct og_context *) = context->domain->runtime->left;
    if (tell)
        tell(context);
}

void og_scope_begin(struct og_domain *domain, struct og_scope *scope) OG_NO_ANALYSIS
{
    struct og_context *context = domain->runtime->context(domain);
    size_t depth = depth_of(context, scope);
    if (depth) {
        if (depth <= context->floor)
            return;
        end_down_to(context, depth - 1);
    }
    if (!open_scope(context, scope))
        return;
    /* A thread that wants the domain shuts this context first, and looks for scopes then: one of
     * the two sees the other (the runtime has the processors agree). A scope inside another has
     * been seen. */
    if (is_shut(context) && context->depth == 1)
        enter(context, scope);
}

void og_scope_end(struct og_scope *scope) OG_NO_ANALYSIS
{
    struct og_context *context = scope->access.context;
    size_t depth = depth_of(context, scope);
    if (depth <= context->floor)
        return;
    end_down_to(context, depth - 1);
    scope->access.context = &og_ended_context;
    if (is_shut(context) && depth == 1)
        leave(context);
}

size_t og_callback_scope_begin(struct og_context *context, struct og_scope *scope) OG_NO_ANALYSIS
{
    size_t enclosing = context->floor, depth = context->depth;
    if (open_scope(context, scope))
        depth++;
    else
        context->exclusive = NULL; /* born ended or not, it takes the place of the outer ones */
    context->floor = depth;
    return enclosing;
}

void og_callback_scope_end(struct og_context *context, struct og_scope *scope, size_t enclosing)
    OG_NO_ANALYSIS
{
    size_t own = context->floor; /* what the callback has begun is inside; 0 in og_ended_context */
    context->floor = enclosing;
    if (own && scope->access.context == context) {
        end_down_to(context, own - 1);
        scope->access.context = &og_ended_context;
    } else if (!context->shared && context->depth) {
        context->exclusive = &context->open[context->depth - 1].scope->access;
    }
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
    if (!access->context->domain && access->context != &og_ended_context)
        return og_fail(fault, access->context->fault.error, NULL, 0,
                       access->context->fault.message);
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

void og_callback_refuse(const struct og_scope *scope, const struct og_fault *reason)
{
    struct og_context *context = scope->access.context;
    if (!context->domain || context->poisoned || !reason->error)
        return;
    context->fault = *reason;
    context->poisoned = reason->error;
}
