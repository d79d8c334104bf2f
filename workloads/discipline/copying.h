/* The copying discipline, as RLBox has it: the library is isolated in the process, arguments are
 * copied into memory that the library's own allocator gives, results are copied out before anybody
 * looks at them, and nothing is used where the library can write it. So nothing is resident.
 *
 * Opening, calling and the bounds of foreign memory are those of og.h: what differs is what is
 * copied, and that memory comes from calls of the library's malloc and free. */
#ifndef WORKLOADS_DISCIPLINE_COPYING_H
#define WORKLOADS_DISCIPLINE_COPYING_H

#include "workloads/discipline/og.h"
#include <stdlib.h>

#undef RESIDENT_PLACEMENT
#define RESIDENT_PLACEMENT 0

/* The library's allocator. */
struct copying {
    struct og_function allocate, release;
};

static inline enum og_error copying_open(struct copying *copying, struct og_domain *domain,
                                         struct og_fault *fault)
{
    enum og_error error = og_domain_lookup(domain, "malloc", &copying->allocate, fault);
    return error ? error : og_domain_lookup(domain, "free", &copying->release, fault);
}

/* Memory for `size` bytes inside; free it with copying_free. */
static inline enum og_error copying_room(struct copying *copying, struct og_scope *scope,
                                         unsigned char og_mut **memory, size_t size,
                                         struct og_fault *fault) OG_REQUIRES(scope->access)
{
    *memory = NULL;
    enum og_error error = og_invoke_begin(&scope->access, &copying->allocate, fault);
    if (error)
        return error;
    void *allocated = ((__typeof__(&malloc))copying->allocate.entry)(size ? size : 1);
    error = og_invoke_end(&scope->access, fault);
    if (error)
        return error;
    unsigned char og_foreign *foreign = (unsigned char og_foreign *)(uintptr_t)allocated;
    if (!allocated)
        return og_fail(fault, OG_NO_MEMORY, NULL, 0, "the domain's heap is used up");
    *memory = og_upgrade_mut(&scope->access, foreign, size, fault);
    return *memory ? OG_OK : fault->error;
}

/* Copies `size` host bytes into such memory. NULL stays NULL. */
static inline enum og_error copying_in(struct copying *copying, struct og_scope *scope,
                                       unsigned char og_mut **memory, const void *bytes,
                                       size_t size, struct og_fault *fault)
    OG_REQUIRES(scope->access)
{
    *memory = NULL;
    if (!bytes)
        return OG_OK;
    enum og_error error = copying_room(copying, scope, memory, size, fault);
    return error ? error : og_write_array(&scope->access, *memory, bytes, size, fault);
}

/* Copies `size` bytes out. */
static inline enum og_error copying_out(struct og_scope *scope, void *to,
                                        const unsigned char og_mut *from, size_t size,
                                        struct og_fault *fault) OG_REQUIRES(scope->access)
{
    return og_read_array(&scope->access, from, (unsigned char *)to, size, fault);
}

/* Frees it; NULL is fine. What went wrong before, in `error`, goes on; an error here is new. */
static inline enum og_error copying_free(struct copying *copying, struct og_scope *scope,
                                         unsigned char og_mut *memory, enum og_error error,
                                         struct og_fault *fault) OG_REQUIRES(scope->access)
{
    if (!memory || error == OG_FAULTED || error == OG_DEADLINE)
        return error;
    struct og_fault at_release;
    enum og_error released = og_invoke_begin(&scope->access, &copying->release, &at_release);
    if (!released) {
        ((__typeof__(&free))copying->release.entry)(og_pass(memory));
        released = og_invoke_end(&scope->access, &at_release);
    }
    if (error || !released)
        return error;
    *fault = at_release;
    return released;
}

#endif
