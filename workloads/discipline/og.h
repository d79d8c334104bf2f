/* The og discipline: the library's instance is a domain; its memory is used in place,
 * behind upgrade, validation and access scopes. What does not depend on the library is
 * here; each library's stubs build on it. A fault is never NULL in these functions. */
#ifndef WORKLOADS_DISCIPLINE_OG_H
#define WORKLOADS_DISCIPLINE_OG_H

#include "workloads/discipline/consume.h"
#include <omniglot/omniglot.h>

/* One instance of a library. */
struct instance {
    struct og_domain *domain;
};

/* What keeps the library inside, in the system that this source is compiled for. */
#ifdef WORKLOAD_SYSTEM_og_mpk
#define INSTANCE_ISOLATION OG_MPK
#elif defined(WORKLOAD_SYSTEM_og_pmp) || defined(WORKLOAD_SYSTEM_copy_pmp)
#define INSTANCE_ISOLATION OG_PMP
#else
#define INSTANCE_ISOLATION OG_NONE
#endif

/* Opens a new instance of the library: `name` is this project's name for it ("zlib"),
 * `soname` the dynamic loader's. Errors as og_domain_open's. */
static inline enum og_error instance_open(struct instance *instance, const char *name,
                                          const char *soname, struct og_fault *fault)
{
    const struct og_options options = {.isolation = INSTANCE_ISOLATION};
    (void)name;
    return og_domain_open(&instance->domain, (const char *const[]){soname, NULL}, &options, fault);
}

/* Closes it; one that was never opened is fine, if it is all zero. The workloads leave no
 * scope open, so that og_domain_close has no reason to refuse; what it says is returned, and
 * *fault filled, unless that is NULL. */
static inline enum og_error instance_close(struct instance *instance, struct og_fault *fault)
{
    enum og_error error = instance->domain ? og_domain_close(instance->domain, fault) : OG_OK;
    if (!error)
        instance->domain = NULL;
    return error;
}

/* Puts the library back to its state after instance_open. */
static inline enum og_error instance_reset(struct instance *instance, struct og_fault *fault)
{
    return og_domain_reset(instance->domain, fault);
}

/* The right to call the library and to use memory that it can reach, from instance_enter to
 * instance_leave. A function that gets a scope from its caller says so with
 * INSTANCE_REQUIRES(scope). */
typedef struct og_scope instance_scope;
#define INSTANCE_REQUIRES(scope) OG_REQUIRES((scope)->access)

static inline void instance_enter(struct instance *instance, instance_scope *scope)
    OG_ACQUIRE(scope->access)
{
    og_scope_begin(instance->domain, scope);
}

static inline void instance_leave(instance_scope *scope) OG_RELEASE(scope->access)
{
    og_scope_end(scope);
}

/* ---- arguments that are copied for one call ---- */

/* Allocates `size` bytes in the scope for the library to fill. */
static inline enum og_error argument_room(struct og_scope *scope, unsigned char og_mut **memory,
                                          size_t size, struct og_fault *fault)
    OG_REQUIRES(scope->access)
{
    *memory = og_alloc_dirty(scope, unsigned char, size, fault);
    return *memory ? OG_OK : fault->error;
}

/* Allocates as much in the scope and copies `size` host bytes there. NULL stays NULL. */
static inline enum og_error argument_in(struct og_scope *scope, unsigned char og_mut **memory,
                                        const void *bytes, size_t size, struct og_fault *fault)
    OG_REQUIRES(scope->access)
{
    *memory = NULL;
    if (!bytes)
        return OG_OK;
    enum og_error error = argument_room(scope, memory, size, fault);
    return error ? error : og_write_array(&scope->access, *memory, bytes, size, fault);
}

/* Copies `size` validated bytes out. */
static inline enum og_error argument_out(struct og_scope *scope, unsigned char *to,
                                         const unsigned char og_mut *from, size_t size,
                                         struct og_fault *fault) OG_REQUIRES(scope->access)
{
    og_read_begin(&scope->access);
    const unsigned char og_valid *valid = og_validate_array(&scope->access, from, size, fault);
    if (valid)
        __builtin_memcpy(to, og_get(&scope->access, valid), size);
    og_read_end(&scope->access);
    return valid ? OG_OK : fault->error;
}

/* ---- data that stays where the library can reach it ---- */

/* Is there such a place that the host can use too? */
#define RESIDENT_PLACEMENT 1

/* A pointer there: `unsigned char resident *`. */
#define resident og_mut

/* Allocates `size` zeroed bytes, aligned to `alignment`, a power of two from 8, that live
 * until resident_free or the instance's end. No scope may be in use. */
static inline enum og_error resident_alloc(struct instance *instance,
                                           unsigned char resident **memory, size_t size,
                                           size_t alignment, struct og_fault *fault)
{
    struct og_scope scope;
    og_scope_begin(instance->domain, &scope);
    *memory = (unsigned char og_mut *)og_heap_alloc_bytes(&scope.access, 1, size, alignment, fault);
    og_scope_end(&scope);
    return *memory ? OG_OK : fault->error;
}

/* Frees it; NULL is fine. No scope may be in use. */
static inline void resident_free(struct instance *instance, unsigned char resident *memory)
{
    struct og_scope scope;
    if (!instance->domain)
        return;
    og_scope_begin(instance->domain, &scope);
    og_heap_free(&scope.access, memory, NULL);
    og_scope_end(&scope);
}

/* Copies `size` host bytes there. */
static inline enum og_error resident_fill(instance_scope *scope, unsigned char resident *to,
                                          const unsigned char *from, size_t size,
                                          struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    return og_write_array(&scope->access, to, from, size, fault);
}

/* Copies `size` bytes to the host. */
static inline enum og_error resident_copy_out(instance_scope *scope, unsigned char *to,
                                              const unsigned char resident *from, size_t size,
                                              struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    return argument_out(scope, to, from, size, fault);
}

/* The number of an address there. */
static inline uintptr_t resident_address(const void resident *memory)
{
    return og_writable_address(memory);
}

/* Between them what was validated can be read where it is, and nothing written. */
static inline void resident_read_begin(instance_scope *scope) OG_EXCLUSIVE_TO_SHARED(scope->access)
{
    og_read_begin(&scope->access);
}

static inline void resident_read_end(instance_scope *scope) OG_SHARED_TO_EXCLUSIVE(scope->access)
{
    og_read_end(&scope->access);
}

/* Uses `size` bytes in place: consume_fold. */
static inline enum og_error resident_fold(instance_scope *scope, unsigned char *fold,
                                          const unsigned char resident *from, size_t size,
                                          struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    og_read_begin(&scope->access);
    const unsigned char og_valid *valid = og_validate_array(&scope->access, from, size, fault);
    if (valid) {
        const unsigned char *bytes = og_get(&scope->access, valid);
        consume_bytes(bytes);
        *fold ^= consume_fold(bytes, size);
    }
    og_read_end(&scope->access);
    return valid ? OG_OK : fault->error;
}

#endif
