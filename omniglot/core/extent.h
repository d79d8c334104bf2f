/* How far memory goes, for validators that search for an end. Internal to core. */
#ifndef OMNIGLOT_CORE_EXTENT_H
#define OMNIGLOT_CORE_EXTENT_H

#include "omniglot/upgrade.h"

/* The end of the live memory with `rights` that holds `address`; 0 if there is none. */
uintptr_t og_memory_end(const struct og_context *context, uintptr_t address, unsigned rights);

/* The same for reading, the usual case first. */
static inline uintptr_t og_readable_end(const struct og_context *context, uintptr_t address)
{
    if (OG_LIKELY(og_is_within(address, 1, context->live_start, context->live_end)))
        return context->live_end;
    return og_memory_end(context, address, OG_READ);
}

/* May a validator read? OG_OK, OG_NOT_READING, OG_SCOPE. */
static inline enum og_error og_check_reading(const struct og_access *access, struct og_fault *fault)
{
    return OG_LIKELY(access->context->shared == access) ? OG_OK : og_access_refused(access, fault);
}

/* May a validator read `count` aligned elements of `size` bytes? */
static inline enum og_error og_check_readable(const struct og_access *access, uintptr_t address,
                                              size_t size, size_t count, size_t alignment,
                                              struct og_fault *fault)
{
    size_t bytes;
    enum og_error error = og_check_reading(access, fault);
    if (error)
        return error;
    if (__builtin_mul_overflow(size, count, &bytes))
        return og_fail(fault, OG_OVERFLOW, NULL, address, "count times size does not fit");
    return og_memory_check(access->context, address, bytes, alignment, OG_READ, fault);
}

#endif
