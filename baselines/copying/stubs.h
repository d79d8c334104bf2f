/* What generated copying stubs build on, the discipline that RLBox has: the library's instance is a
 * domain, and every argument and result is copied, into and out of memory that the library's own
 * allocator gives: nothing in its memory is used where it is. */
#ifndef COPYING_STUBS_H
#define COPYING_STUBS_H

#include "baselines/copying/callback_copy.h"
#include <omniglot/stubs/domain.h>

/* ---- arguments, copied for one call: freed by copy_free ---- */

/* Why there is no memory: the library's allocator may have faulted. */
static inline enum og_error copy_refused(const struct og_scope *scope, struct og_fault *fault)
{
    const struct og_context *context = scope->access.context;
    if (fault->error == OG_NO_MEMORY && context->poisoned)
        *fault = context->fault;
    return fault->error;
}

/* Allocates `count` objects for the library to fill: `memory` points there. */
#define copy_room(scope, type, memory, count, fault)                                               \
    (((memory) = og_heap_alloc_dirty(&(scope)->access, type, (count), (fault)))                    \
         ? OG_OK                                                                                   \
         : copy_refused((scope), (fault)))

/* Allocates as much and copies `count` host values there. */
#define copy_in(scope, type, memory, values, count, fault)                                         \
    (((memory) = og_heap_alloc_dirty(&(scope)->access, type, (count), (fault)))                    \
         ? og_write_array(&(scope)->access, (memory), (values), (count), (fault))                  \
         : copy_refused((scope), (fault)))

/* Frees it; NULL is fine. What went wrong before, in `error`, goes on; an error here, of the
 * library's allocator, is new. */
static inline enum og_error copy_free(struct og_scope *scope, void og_mut *memory,
                                      enum og_error error, struct og_fault *fault)
    OG_REQUIRES(scope->access)
{
    struct og_context *context = scope->access.context;
    if (context->poisoned)
        return error;
    enum og_error freed = og_heap_free(&scope->access, memory, error ? NULL : fault);
    if (!freed && context->poisoned) {
        freed = context->fault.error;
        if (!error)
            *fault = context->fault;
    }
    return error ? error : freed;
}

#endif
