/* Writing foreign memory, and copying values out of it.
 *
 * Writing needs the access scope exclusively; copying out needs it shared, and what
 * was copied cannot change any more. Every reference is checked again. */
#ifndef OMNIGLOT_WRITE_H
#define OMNIGLOT_WRITE_H

#include "upgrade.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes `value` to *reference (T og_mut *). Returns OG_OK, OG_BORROWED, OG_SCOPE,
 * OG_OUT_OF_BOUNDS (the reference is dead). */
#define og_write(access, reference, value, fault)                                                  \
    __extension__({                                                                                \
        og_type_of(reference) og_value_to_write = (value);                                         \
        og_write_bytes((access), og_writable_address(reference), OG_PLAIN(&og_value_to_write),     \
                       sizeof(og_value_to_write), (fault));                                        \
    })

/* Writes `count` values from host memory to `reference` (T og_mut *). Errors as og_write,
 * and OG_OVERFLOW. */
#define og_write_array(access, reference, values, count, fault)                                    \
    __extension__({                                                                                \
        const og_type_of(reference) *og_values_to_write = (values);                                \
        og_write_counted((access), og_writable_address(reference), OG_PLAIN(og_values_to_write),   \
                         sizeof(*og_values_to_write), (count), (fault));                           \
    })

/* Writes where `target` (og_ref or og_mut) is to the pointer at `slot` (U *og_mut *): how
 * foreign structures come to point at foreign memory. */
#define og_write_reference(access, slot, target, fault)                                            \
    __extension__({                                                                                \
        _Static_assert(sizeof(*(slot)) == sizeof(uintptr_t), "the slot does not hold a pointer");  \
        uintptr_t og_target = og_reference_address(target);                                        \
        og_write_bytes((access), og_writable_address(slot), &og_target, sizeof(og_target),         \
                       (fault));                                                                   \
    })

/* Copies a number out of *reference into *value, which has the same type. Any bit pattern
 * is a number: a bool, an enum, a pointer or a struct does not compile here (an enum is an
 * int to C; use og_validate_enum). Errors: OG_SCOPE, OG_OUT_OF_BOUNDS. */
#define og_read(access, reference, value, fault)                                                   \
    __extension__({                                                                                \
        _Static_assert(__builtin_classify_type(*(value)) == 1 ||                                   \
                           __builtin_classify_type(*(value)) == 8,                                 \
                       "only numbers can be read without validation");                             \
        _Static_assert(!__builtin_types_compatible_p(__typeof__(*(value)), _Bool),                 \
                       "a bool is validated: og_validate_bool");                                   \
        og_type_of(reference) *og_value_read = (value);                                            \
        og_read_bytes((access), OG_PLAIN(og_value_read), og_reference_address(reference),          \
                      sizeof(*og_value_read), (fault));                                            \
    })

/* Copies `count` numbers out into host memory. Errors as og_read, and OG_OVERFLOW. */
#define og_read_array(access, reference, values, count, fault)                                     \
    __extension__({                                                                                \
        _Static_assert(__builtin_classify_type(*(values)) == 1 ||                                  \
                           __builtin_classify_type(*(values)) == 8,                                \
                       "only numbers can be read without validation");                             \
        _Static_assert(!__builtin_types_compatible_p(__typeof__(*(values)), _Bool),                \
                       "bools are validated: og_validate_array_of");                               \
        og_type_of(reference) *og_values_read = (values);                                          \
        og_read_counted((access), OG_PLAIN(og_values_read), og_reference_address(reference),       \
                        sizeof(*og_values_read), (count), (fault));                                \
    })

/* Copies a pointer out of `slot` (U *og_ref *) into *pointer (U og_foreign *): any number. */
#define og_read_pointer(access, slot, pointer, fault)                                              \
    __extension__({                                                                                \
        const volatile void og_foreign **og_pointer_read =                                         \
            (const volatile void og_foreign **)(pointer);                                          \
        (void)sizeof(og_foreign_address(*(pointer)));                                              \
        _Static_assert(sizeof(*(slot)) == sizeof(uintptr_t), "the slot does not hold a pointer");  \
        og_read_bytes((access), OG_PLAIN(og_pointer_read), og_reference_address(slot),             \
                      sizeof(*og_pointer_read), (fault));                                          \
    })

/* --- what follows is for the macros --- */

static inline enum og_error og_write_bytes(const struct og_access *access, uintptr_t address,
                                           const void *bytes, size_t size, struct og_fault *fault)
    OG_REQUIRES(access) OG_MUST_CHECK;
static inline enum og_error og_write_bytes(const struct og_access *access, uintptr_t address,
                                           const void *bytes, size_t size, struct og_fault *fault)
{
    if (!OG_LIKELY(access->context->exclusive == access))
        return og_access_refused(access, fault);
    enum og_error error =
        og_memory_check(access->context, address, size, 1, OG_READ | OG_WRITE, fault);
    if (!error && size) /* nothing may come from NULL */
        __builtin_memcpy((void *)address, bytes, size);
    return error;
}

static inline enum og_error og_write_counted(const struct og_access *access, uintptr_t address,
                                             const void *values, size_t size, size_t count,
                                             struct og_fault *fault)
    OG_REQUIRES(access) OG_MUST_CHECK;
static inline enum og_error og_write_counted(const struct og_access *access, uintptr_t address,
                                             const void *values, size_t size, size_t count,
                                             struct og_fault *fault)
{
    size_t bytes;
    if (__builtin_mul_overflow(size, count, &bytes))
        return og_fail(fault, OG_OVERFLOW, NULL, address, "count times size does not fit");
    return og_write_bytes(access, address, values, bytes, fault);
}

static inline enum og_error og_read_bytes(const struct og_access *access, void *bytes,
                                          uintptr_t address, size_t size, struct og_fault *fault)
    OG_REQUIRES_SHARED(access) OG_MUST_CHECK;
static inline enum og_error og_read_bytes(const struct og_access *access, void *bytes,
                                          uintptr_t address, size_t size, struct og_fault *fault)
{
    if (!og_access_is_live(access))
        return og_access_refused(access, fault);
    enum og_error error = og_memory_check(access->context, address, size, 1, OG_READ, fault);
    if (!error && size)
        __builtin_memcpy(bytes, (const void *)address, size);
    return error;
}

static inline enum og_error og_read_counted(const struct og_access *access, void *values,
                                            uintptr_t address, size_t size, size_t count,
                                            struct og_fault *fault)
    OG_REQUIRES_SHARED(access) OG_MUST_CHECK;
static inline enum og_error og_read_counted(const struct og_access *access, void *values,
                                            uintptr_t address, size_t size, size_t count,
                                            struct og_fault *fault)
{
    size_t bytes;
    if (__builtin_mul_overflow(size, count, &bytes))
        return og_fail(fault, OG_OVERFLOW, NULL, address, "count times size does not fit");
    return og_read_bytes(access, values, address, bytes, fault);
}

#ifdef __cplusplus
}
#endif

#endif
