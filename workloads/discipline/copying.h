/* The copying discipline, as RLBox has it: the library's instance is a domain, and every argument
 * and result is copied, into and out of memory that the library's own allocator gives: nothing in
 * its memory is used where it is. */
#ifndef WORKLOADS_DISCIPLINE_COPYING_H
#define WORKLOADS_DISCIPLINE_COPYING_H

#include "workloads/discipline/domain.h"
#include <stdlib.h>

#define RESIDENT_PLACEMENT 0

/* What the stubs themselves call the copies that they make for the library. */
#define resident og_mut

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

/* ---- arguments of callbacks ---- */

/* A host copy of one, for as long as the callback runs. */
struct callback_copy {
    void *bytes;
};

static inline void callback_copy_free(struct callback_copy *copy)
{
    free(copy->bytes);
}

/* Copies `size` checked bytes and lets *values point to the copy. */
static inline enum og_error callback_copy_bytes(struct callback_copy *copy, const void **values,
                                                size_t size, struct og_fault *fault)
{
    copy->bytes = malloc(size + 1);
    if (!copy->bytes)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "the host is out of memory");
    if (size)
        memcpy(copy->bytes, *values, size);
    *values = copy->bytes;
    return OG_OK;
}

/* The same for `count` objects; NULL stays NULL. */
static inline enum og_error callback_copy_array(struct callback_copy *copy, const void **values,
                                                size_t size, size_t count, struct og_fault *fault)
{
    return *values ? callback_copy_bytes(copy, values, OG_PRODUCT(size, count), fault) : OG_OK;
}

static inline enum og_error callback_copy_string(struct callback_copy *copy, const char **text,
                                                 struct og_fault *fault)
{
    return *text ? callback_copy_bytes(copy, (const void **)text, strlen(*text) + 1, fault) : OG_OK;
}

/* The pointers, and the texts behind them, in one block. */
static inline enum og_error callback_copy_strings(struct callback_copy *copy, const char ***texts,
                                                  struct og_fault *fault)
{
    size_t count = 0, size = 0;
    for (; (*texts)[count]; count++)
        size += strlen((*texts)[count]) + 1;
    char **copied = malloc((count + 1) * sizeof(*copied) + size);
    copy->bytes = copied;
    if (!copied)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "the host is out of memory");
    char *next = (char *)(copied + count + 1);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen((*texts)[i]) + 1;
        copied[i] = memcpy(next, (*texts)[i], length);
        next += length;
    }
    copied[count] = NULL;
    *texts = (const char **)copied;
    return OG_OK;
}

#endif
