/* Libraries of a domain: opened and searched by the loader inside it. What it answers is the
 * domain's word and no more: an address outside the arena is refused. */
#include "mpk.h"
#include "omniglot/mpk/syscall/grant.h"

#include <dlfcn.h>
#include <string.h>

enum { TEXT_SIZE = 4096 };

/* Copies a text to the allocation stack for the length of one call. 0: it is too long. */
static uintptr_t lend_text(struct mpk_context *context, const char *text)
{
    size_t size = strlen(text) + 1;
    struct og_context *allocations = &context->context;
    if (size > TEXT_SIZE || size > allocations->live_start - allocations->stack_low)
        return 0;
    uintptr_t place = allocations->live_start - size;
    memcpy((void *)place, text, size);
    return place;
}

/* The loader's reason, as far as it can be believed to be a text; og_fail makes it fit to be shown.
 */
static void copy_reason(struct mpk_context *context, char *reason, size_t size)
{
    const struct mpk_domain *domain = context->domain;
    const struct mpk_arena *arena = &domain->arena;
    uintptr_t text = og_mpk_call(domain->index, domain->boot.dlerror, 0, 0, 0, 0);
    size_t length = 0;
    for (; length + 1 < size; length++) {
        uintptr_t at = text + length;
        if (!mpk_arena_is_readable(arena, at, 1) || !*(const char *)at)
            break;
        reason[length] = *(const char *)at;
    }
    reason[length] = '\0';
}

enum og_error mpk_library_open(struct mpk_context *context, const char *name, uintptr_t *handle,
                               struct og_fault *fault)
{
    struct mpk_domain *domain = context->domain;
    char reason[160];
    char path[MPK_PATH_SIZE];
    uintptr_t text = lend_text(context, mpk_library_path(name, path));
    if (!text)
        return og_fail(fault, OG_BAD_ARGUMENT, name, 0, "the library's name is too long");
    *handle = og_mpk_call(domain->index, domain->boot.dlopen, text, RTLD_NOW | RTLD_GLOBAL, 0, 0);
    if (context->context.poisoned) {
        const struct og_fault *why = &context->context.fault;
        if (why->error == OG_FORBIDDEN)
            return og_fail(fault, OG_FORBIDDEN, name, why->address, why->message);
        if (fault)
            *fault = *why;
        return (enum og_error)context->context.poisoned;
    }
    if (*handle)
        return OG_OK;
    copy_reason(context, reason, sizeof(reason));
    return og_fail_to_load(fault, name, reason);
}

/* What stands in the streams' buffers, as at a program's end. */
static void print_the_rest(struct mpk_context *context)
{
    const struct mpk_domain *domain = context->domain;
    uintptr_t flush = mpk_library_find(context, (uintptr_t)RTLD_DEFAULT, "fflush");
    if (flush)
        og_mpk_call(domain->index, flush, 0, 0, 0, 0);
}

void mpk_libraries_close(struct mpk_domain *domain)
{
    struct mpk_context *context = mpk_context_if_any(domain);
    for (size_t i = domain->library_count; context && i-- > 0 && !context->context.poisoned;)
        og_mpk_call(domain->index, domain->boot.dlclose, domain->libraries[i], 0, 0, 0);
    if (domain->output && context)
        print_the_rest(context);
}

uintptr_t mpk_library_find(struct mpk_context *context, uintptr_t handle, const char *symbol)
{
    const struct mpk_domain *domain = context->domain;
    const struct mpk_arena *arena = &domain->arena;
    uintptr_t text = lend_text(context, symbol);
    if (!text || context->context.poisoned)
        return 0;
    mpk_seat_serve_callbacks(context, false);
    uintptr_t address = og_mpk_call(domain->index, domain->boot.dlsym, handle, text, 0, 0);
    mpk_seat_serve_callbacks(context, true);
    if (context->context.poisoned ||
        !og_is_within(address, 1, arena->start, arena->start + arena->size))
        return 0;
    return address;
}
