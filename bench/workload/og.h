/* What workloads have in the og discipline: the library's instance is a domain; its memory is used
 * in place, behind upgrade, validation and access scopes. The other disciplines' files here define
 * the same names. */
#ifndef BENCH_WORKLOAD_OG_H
#define BENCH_WORKLOAD_OG_H

#include "bench/workload/consume.h"
#include <omniglot/stubs/domain.h>

/* How a workload opens its library: in the isolation of the system that it is compiled for, with
 * what else it asks for, as initializers of struct og_options. */
#define CASE_OPTIONS(...) (&(const struct og_options){.isolation = WORKLOAD_ISOLATION, __VA_ARGS__})

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
    return argument_out(&scope->access, to, from, size, fault);
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

/* ---- values there, checked where they are ---- */

/* A number as an address of memory that can be read, `*reference`; not what is there. */
static inline enum og_error resident_upgrade(instance_scope *scope, uintptr_t pointer,
                                             uintptr_t *reference, struct og_fault *fault)
    OG_REQUIRES_SHARED(scope->access)
{
    const uint64_t og_foreign *foreign = (const uint64_t og_foreign *)pointer;
    const uint64_t og_ref *upgraded = og_upgrade(&scope->access, foreign, 1, fault);
    *reference = og_reference_address(upgraded);
    return upgraded ? OG_OK : fault->error;
}

/* The bool at `memory`, in place, in a read section; so are the following. */
static inline enum og_error resident_validate_bool(instance_scope *scope, const bool og_mut *memory,
                                                   const bool **value, struct og_fault *fault)
    OG_REQUIRES_SHARED(scope->access)
{
    const bool og_valid *valid = og_validate_bool(&scope->access, memory, fault);
    *value = og_get(&scope->access, valid);
    return valid ? OG_OK : fault->error;
}

/* The integer there, if it is from `low` to `high`. */
static inline enum og_error
resident_validate_range(instance_scope *scope, const int32_t og_mut *memory, int32_t low,
                        int32_t high, const int32_t **value, struct og_fault *fault)
    OG_REQUIRES_SHARED(scope->access)
{
    const int32_t og_valid *valid = og_validate_range(&scope->access, memory, low, high, fault);
    *value = og_get(&scope->access, valid);
    return valid ? OG_OK : fault->error;
}

/* The pointer there, if it can be upgraded to one number. */
static inline enum og_error resident_validate_pointer(instance_scope *scope,
                                                      const uint64_t *const og_mut *slot,
                                                      uintptr_t *pointer, struct og_fault *fault)
    OG_REQUIRES_SHARED(scope->access)
{
    const uint64_t *const og_valid *valid =
        og_validate_pointer(&scope->access, slot, 1, OG_READ, fault);
    *pointer = og_foreign_address(og_pointer(&scope->access, valid));
    return valid ? OG_OK : fault->error;
}

/* The text there, if a NUL ends it within `maximum` bytes. */
static inline enum og_error resident_validate_string(instance_scope *scope,
                                                     const char og_mut *memory, size_t maximum,
                                                     size_t *length, struct og_fault *fault)
    OG_REQUIRES_SHARED(scope->access)
{
    const char og_valid *valid = og_validate_string(&scope->access, memory, maximum, length, fault);
    return valid ? OG_OK : fault->error;
}

/* `length` bytes of UTF-8. */
static inline enum og_error resident_validate_utf8(instance_scope *scope, const char og_mut *memory,
                                                   size_t length, const char **text,
                                                   struct og_fault *fault)
    OG_REQUIRES_SHARED(scope->access)
{
    const char og_valid *valid = og_validate_utf8(&scope->access, memory, length, fault);
    *text = og_get(&scope->access, valid);
    return valid ? OG_OK : fault->error;
}

/* `count` bytes. */
static inline enum og_error resident_validate_array(instance_scope *scope,
                                                    const uint8_t og_mut *memory, size_t count,
                                                    const uint8_t **bytes, struct og_fault *fault)
    OG_REQUIRES_SHARED(scope->access)
{
    const uint8_t og_valid *valid = og_validate_array(&scope->access, memory, count, fault);
    *bytes = og_get(&scope->access, valid);
    return valid ? OG_OK : fault->error;
}

#endif
