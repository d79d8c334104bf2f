/* What all isolations share of the domain API: the checks before, and the way to the
 * runtime. */
#include "omniglot/runtime.h"

#include <stdbool.h>

enum og_error og_domain_reset(struct og_domain *domain, struct og_fault *fault)
{
    return domain->runtime->reset(domain, fault);
}

enum og_error og_domain_close(struct og_domain *domain, struct og_fault *fault)
{
    return domain ? domain->runtime->close(domain, fault) : OG_OK;
}

/* What has poisoned the domain where it was no call, or that one has. */
static enum og_error refuse_poisoned(const struct og_context *context, const char *symbol,
                                     struct og_fault *fault)
{
    const char *reason = context->poisoned == OG_POISONED ? context->fault.message : NULL;
    return og_fail(fault, OG_POISONED, symbol, context->fault.address, reason);
}

/* Where a symbol is. To look it up can be to run foreign code: the thread has to be inside. */
static enum og_error look_up(struct og_domain *domain, const char *symbol, void **target,
                             struct og_fault *fault) OG_NO_ANALYSIS
{
    const struct og_context *context = domain->runtime->context(domain);
    struct og_scope scope;
    bool is_outside = context->depth == 0;
    *target = NULL;
    if (context->shared)
        return og_fail(fault, OG_BORROWED, symbol, 0, NULL);
    if (is_outside) {
        og_scope_begin(domain, &scope);
        /* Perhaps another: there was no memory for a context before, and now there is. */
        context = scope.access.context;
        if (context->exclusive != &scope.access)
            return og_access_refused(&scope.access, fault);
    }
    bool was_poisoned = context->poisoned;
    *target = domain->runtime->lookup(domain, symbol);
    enum og_error error = OG_OK;
    if (!*target && was_poisoned)
        error = refuse_poisoned(context, symbol, fault);
    else if (!*target && context->poisoned)
        error = og_fail(fault, (enum og_error)context->poisoned, symbol, context->fault.address,
                        context->fault.message);
    else if (!*target)
        error = og_fail(fault, OG_NOT_FOUND, symbol, 0, "no library of the domain exports it");
    if (is_outside)
        og_scope_end(&scope);
    return error;
}

/* A child of fork shares its parent's thunks, and can make none. */
static const char no_thunk[] = "the domain has no thunk left for another function; in a child of "
                               "fork: look it up, and say what it takes, before";

enum og_error og_domain_lookup(struct og_domain *domain, const char *symbol,
                               struct og_function *function, struct og_fault *fault)
{
    void *target;
    /* Without a domain it cannot be invoked. */
    *function = (struct og_function){NULL, NULL};
    enum og_error error = look_up(domain, symbol, &target, fault);
    if (error)
        return error;
    function->entry = domain->runtime->entry(domain, target, symbol);
    function->domain = function->entry ? domain : NULL;
    return function->entry ? OG_OK : og_fail(fault, OG_NO_MEMORY, symbol, 0, no_thunk);
}

/* What the runtime has made of the function's entry; NULL: it has no room. */
static enum og_error replace_entry(struct og_function *function, void (*entry)(void),
                                   struct og_fault *fault)
{
    if (!entry)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, no_thunk);
    function->entry = entry;
    return OG_OK;
}

static enum og_error take(struct og_function *function, size_t bytes,
                          const struct og_registers *registers, struct og_fault *fault)
{
    enum { STACK_MAX = 1024, WORD = sizeof(uintptr_t) };
    struct og_domain *domain = function->domain;
    if (bytes > STACK_MAX)
        return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0, "arguments take at most 1 KiB of stack");
    if (!domain->runtime->entry_taking)
        return OG_OK;
    size_t words = (bytes + WORD - 1) / WORD;
    return replace_entry(
        function, domain->runtime->entry_taking(domain, function->entry, words, registers), fault);
}

enum og_error og_function_stack(struct og_function *function, size_t bytes, struct og_fault *fault)
{
    return take(function, bytes, NULL, fault);
}

enum og_error og_function_takes(struct og_function *function, const struct og_parameter *parameters,
                                size_t count, struct og_fault *fault)
{
    struct og_registers registers = og_registers(parameters, count);
    return take(function, og_stack_bytes(parameters, count), &registers, fault);
}

enum og_error og_function_x87(struct og_function *function, unsigned results,
                              struct og_fault *fault)
{
    struct og_domain *domain = function->domain;
    if (results > 2)
        return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0, "a function has at most 2 x87 results");
    if (!domain->runtime->entry_with_x87)
        return OG_OK;
    return replace_entry(function,
                         domain->runtime->entry_with_x87(domain, function->entry, results), fault);
}

enum og_error og_domain_lookup_data(struct og_domain *domain, const char *symbol,
                                    void og_foreign **address, struct og_fault *fault)
{
    void *target;
    enum og_error error = look_up(domain, symbol, &target, fault);
    *address = (void og_foreign *)(uintptr_t)target;
    return error;
}

void og_mut *og_heap_alloc_dirty_bytes(const struct og_access *access, size_t size, size_t count,
                                       size_t alignment, struct og_fault *fault)
{
    size_t bytes;
    if (access->context->exclusive != access) {
        og_access_refused(access, fault);
        return NULL;
    }
    if (__builtin_mul_overflow(size, count, &bytes)) {
        og_fail(fault, OG_OVERFLOW, NULL, 0, "count times size does not fit");
        return NULL;
    }
    struct og_domain *domain = access->context->domain;
    void *memory = domain->runtime->heap_alloc(domain, alignment, bytes ? bytes : 1);
    /* Where a hostile allocator may have answered, its answer is a foreign pointer too. */
    if (!memory || og_memory_check(access->context, (uintptr_t)memory, bytes, alignment,
                                   OG_READ | OG_WRITE, NULL)) {
        og_fail(fault, OG_NO_MEMORY, NULL, (uintptr_t)memory, "the domain's heap is used up");
        return NULL;
    }
    return (void og_mut *)(uintptr_t)memory;
}

void og_mut *og_heap_alloc_bytes(const struct og_access *access, size_t size, size_t count,
                                 size_t alignment, struct og_fault *fault)
{
    void og_mut *memory = og_heap_alloc_dirty_bytes(access, size, count, alignment, fault);
    if (memory)
        __builtin_memset((void *)og_writable_address(memory), 0, size * count);
    return memory;
}

enum og_error og_heap_free(const struct og_access *access, void og_mut *memory,
                           struct og_fault *fault)
{
    if (access->context->exclusive != access)
        return og_access_refused(access, fault);
    if (!memory)
        return OG_OK;
    struct og_domain *domain = access->context->domain;
    if (!domain->runtime->heap_owns(domain, og_writable_address(memory)))
        return og_fail(fault, OG_OUT_OF_BOUNDS, NULL, og_writable_address(memory),
                       "not on the domain's heap");
    domain->runtime->heap_free(domain, (void *)og_writable_address(memory));
    return OG_OK;
}

enum og_error og_callback_open(struct og_domain *domain, struct og_callback *callback,
                               og_callback_function *function, void *user, struct og_fault *fault)
{
    /* The rest the runtime writes with its lock, for one that is open may be closed by a reset
     * meanwhile. */
    callback->function = function;
    callback->user = user;
    enum og_error error = domain->runtime->callback_open(domain, callback, fault);
    if (error) {
        callback->domain = NULL;
        callback->address = 0;
    }
    return error;
}

void og_callback_close(struct og_callback *callback)
{
    /* Another thread may be resetting the domain, which closes it as well. */
    struct og_domain *domain = __atomic_load_n(&callback->domain, __ATOMIC_ACQUIRE);
    if (domain)
        domain->runtime->callback_close(domain, callback);
    __atomic_store_n(&callback->domain, NULL, __ATOMIC_RELAXED);
    __atomic_store_n(&callback->address, 0, __ATOMIC_RELAXED);
}

void og_callback_any_thread(struct og_callback *callback)
{
    struct og_domain *domain = __atomic_load_n(&callback->domain, __ATOMIC_ACQUIRE);
    if (domain && domain->runtime->callback_any_thread)
        domain->runtime->callback_any_thread(domain, callback);
}

enum og_error og_invoke_refused(const struct og_access *access, const struct og_function *function,
                                struct og_fault *fault)
{
    const struct og_context *context = access->context;
    if (context->exclusive != access)
        return og_access_refused(access, fault);
    if (context->domain != function->domain)
        return og_fail(fault, OG_WRONG_DOMAIN, NULL, 0, "the function belongs to another domain");
    return refuse_poisoned(context, context->fault.symbol, fault);
}

enum og_error og_invoke_failed(const struct og_access *access, struct og_fault *fault)
{
    if (fault)
        *fault = access->context->fault;
    return access->context->poisoned;
}
