/* Upgrading: from any number to a reference into the domain's memory.
 *
 * Checked are: not null, count times size, alignment, wholly inside one region that
 * the domain owns with the rights asked for, and that the scope is the innermost.
 * O(1) for the allocation stack and the heap, O(log n) in the regions otherwise.
 *
 * A reference says where, not what: every later use checks again that it is still
 * inside live memory, so one kept past its scope is refused, not followed. */
#ifndef OMNIGLOT_UPGRADE_H
#define OMNIGLOT_UPGRADE_H

#include "scope.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What may be done with memory: bits. */
enum og_rights { OG_READ = 1, OG_WRITE = 2 };

/* Upgrades `pointer` (T og_foreign *) to `count` readable Ts.
 *
 * Returns `const T og_ref *`, or NULL and *fault: OG_NULL, OG_MISALIGNED, OG_OVERFLOW,
 * OG_OUT_OF_BOUNDS, OG_SCOPE. */
#define og_upgrade(access, pointer, count, fault)                                                  \
    ((const og_type_of(pointer)                                                                    \
          og_ref *)og_upgrade_bytes((access), og_foreign_address(pointer), sizeof(*(pointer)),     \
                                    (count), _Alignof(og_type_of(pointer)), OG_READ, (fault)))

/* Upgrades `pointer` (T og_foreign *) to `count` writable Ts: `T og_mut *` or NULL. */
#define og_upgrade_mut(access, pointer, count, fault)                                              \
    ((og_type_of(pointer) og_mut *)og_upgrade_bytes(                                               \
        (access), og_foreign_address(pointer), sizeof(*(pointer)), (count),                        \
        _Alignof(og_type_of(pointer)), OG_READ | OG_WRITE, (fault)))

/* The checks behind both: returns `address`, or 0 and *fault. */
static inline uintptr_t og_upgrade_bytes(const struct og_access *access, uintptr_t address,
                                         size_t size, size_t count, size_t alignment,
                                         unsigned rights, struct og_fault *fault)
    OG_REQUIRES_SHARED(access) OG_MUST_CHECK;

/* --- what follows is for inlining --- */

/* Is [address, address + size) inside [start, end)? No sum here can overflow. */
static inline int og_is_within(uintptr_t address, size_t size, uintptr_t start, uintptr_t end)
{
    return size <= end - start && address - start <= end - start - size;
}

/* The check without a fast path: looks the regions up too, and says what is wrong. */
enum og_error og_memory_check_slowly(const struct og_context *context, uintptr_t address,
                                     size_t size, size_t alignment, unsigned rights,
                                     struct og_fault *fault);

/* Is this live memory of the context's domain, with these rights, aligned? */
static inline enum og_error og_memory_check(const struct og_context *context, uintptr_t address,
                                            size_t size, size_t alignment, unsigned rights,
                                            struct og_fault *fault)
{
    if (OG_LIKELY(og_is_within(address, size, context->live_start, context->live_end) &&
                  (address & (alignment - 1)) == 0))
        return OG_OK;
    return og_memory_check_slowly(context, address, size, alignment, rights, fault);
}

/* Says why an access scope cannot be used as it was: OG_BORROWED, OG_NOT_READING, OG_SCOPE. */
enum og_error og_access_refused(const struct og_access *access, struct og_fault *fault);

/* Can the scope be used for foreign memory at all, exclusively or shared? */
static inline int og_access_is_live(const struct og_access *access)
{
    return OG_LIKELY(access->context->exclusive == access || access->context->shared == access);
}

static inline uintptr_t og_upgrade_bytes(const struct og_access *access, uintptr_t address,
                                         size_t size, size_t count, size_t alignment,
                                         unsigned rights, struct og_fault *fault)
{
    size_t bytes;
    if (!og_access_is_live(access)) {
        og_access_refused(access, fault);
        return 0;
    }
    if (__builtin_mul_overflow(size, count, &bytes)) {
        og_fail(fault, OG_OVERFLOW, NULL, address, "count times size does not fit");
        return 0;
    }
    return og_memory_check(access->context, address, bytes, alignment, rights, fault) ? 0 : address;
}

#ifdef __cplusplus
}
#endif

#endif
