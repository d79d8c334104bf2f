/* Validation: from a reference to a value of its type, in place.
 *
 * Each validator needs an open read section, checks the reference again (live, whole,
 * aligned), decides on each value by one read of it, and returns the same address as
 * `const T og_valid *`, or NULL and *fault. What it returned stays a T until the read
 * section ends, since nobody can write or invoke until then. og_value and og_get lead
 * from there to host types, and only inside the section. Do not keep one for a later
 * section: og_value cannot tell that it was validated in another, and what is there by
 * then may be no T. Validate again.
 *
 * Errors of all of them: OG_NOT_READING, OG_SCOPE, OG_OUT_OF_BOUNDS, OG_MISALIGNED,
 * OG_OVERFLOW, and OG_INVALID for bytes that are no value. fault->address is that of
 * the first offending byte or element. */
#ifndef OMNIGLOT_VALIDATE_H
#define OMNIGLOT_VALIDATE_H

#include "upgrade.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The bool at `reference`: 0 or 1, nothing else. */
#define og_validate_bool(access, reference, fault)                                                 \
    __extension__({                                                                                \
        _Static_assert(__builtin_types_compatible_p(og_type_of(reference), _Bool), "not a bool");  \
        (const _Bool og_valid *)og_validate_bool_at((access), og_reference_address(reference),     \
                                                    (fault));                                      \
    })

/* The integer at `reference`, if it is between `low` and `high`, both included. Both are
 * of the integer's own signedness. Not for a bool, which more than a range makes one. */
#define og_validate_range(access, reference, low, high, fault)                                     \
    __extension__({                                                                                \
        OG_ASSERT_INTEGER(reference);                                                              \
        (const og_type_of(reference) og_valid *)og_validate_range_at(                              \
            (access), og_reference_address(reference), sizeof(*(reference)),                       \
            OG_IS_SIGNED(reference), (uint64_t)(low), (uint64_t)(high), (fault));                  \
    })

/* The enum at `reference`, if it is one of `count` `values` (const int64_t *, the
 * enumerators; an enum need not be contiguous). */
#define og_validate_enum(access, reference, values, count, fault)                                  \
    __extension__({                                                                                \
        OG_ASSERT_INTEGER(reference);                                                              \
        (const og_type_of(reference) og_valid *)og_validate_enum_at(                               \
            (access), og_reference_address(reference), sizeof(*(reference)),                       \
            OG_IS_SIGNED(reference), (values), (count), (fault));                                  \
    })

/* The pointer at `slot` (U *og_ref *), if it can be upgraded to `count` Us with `rights`.
 * og_pointer reads it. */
#define og_validate_pointer(access, slot, count, rights, fault)                                    \
    ((og_type_of(slot) const og_valid *)og_validate_pointer_at(                                    \
        (access), og_reference_address(slot), sizeof(**(slot)), (count),                           \
        _Alignof(__typeof__(**(slot))), (rights), (fault)))

/* The string at `reference` (char), if a NUL ends it within `maximum` bytes, the NUL
 * included. *length (if not NULL) gets its length without the NUL. Also OG_UNTERMINATED. */
#define og_validate_string(access, reference, maximum, length, fault)                              \
    __extension__({                                                                                \
        OG_ASSERT_CHARACTER(reference);                                                            \
        (const og_type_of(reference) og_valid *)og_validate_string_at(                             \
            (access), og_reference_address(reference), (maximum), (length), (fault));              \
    })

/* The array of pointers to strings at `reference` (char *og_ref *), if a NULL ends it after at
 * most `maximum` of them, and a NUL each of those; and if they are together no longer than the
 * domain's memory, which they are unless some overlap. *count (if not NULL) gets how many there
 * are. Also OG_UNTERMINATED, and a string's own errors, with the string's address. */
#define og_validate_strings(access, reference, maximum, count, fault)                              \
    __extension__({                                                                                \
        OG_ASSERT_CHARACTER(*(reference));                                                         \
        (og_type_of(reference) const og_valid *)og_validate_strings_at(                            \
            (access), og_reference_address(reference), (maximum), (count), (fault));               \
    })

/* `length` bytes at `reference`, if they are well-formed UTF-8 (Unicode 15, table 3-7: no
 * surrogates, no overlong forms, nothing above U+10FFFF). NUL is a character like others. */
#define og_validate_utf8(access, reference, length, fault)                                         \
    __extension__({                                                                                \
        OG_ASSERT_CHARACTER(reference);                                                            \
        (const og_type_of(reference) og_valid *)og_validate_utf8_at(                               \
            (access), og_reference_address(reference), (length), (fault));                         \
    })

/* `count` elements at `reference` whose type has no invalid bytes: numbers, and structs
 * and arrays of numbers. The caller vouches for that; bools and pointers do not compile. */
#define og_validate_array(access, reference, count, fault)                                         \
    __extension__({                                                                                \
        _Static_assert(!__builtin_types_compatible_p(og_type_of(reference), _Bool) &&              \
                           !OG_IS_POINTER(og_type_of(reference)),                                  \
                       "not every byte pattern is one of these: og_validate_array_of");            \
        (const og_type_of(reference) og_valid *)og_validate_array_at(                              \
            (access), og_reference_address(reference), sizeof(*(reference)), (count),              \
            _Alignof(og_type_of(reference)), (fault));                                             \
    })

/* `count` elements at `reference`, each checked by `rule` (const struct og_rule *), whose
 * size must be the element's. fault->symbol names the offending field. */
#define og_validate_array_of(access, reference, count, rule, fault)                                \
    ((const og_type_of(reference) og_valid *)og_validate_rule_at(                                  \
        (access), og_reference_address(reference), sizeof(*(reference)), (count),                  \
        _Alignof(og_type_of(reference)), (rule), (fault)))

/* One object at `reference`, a struct as a rule. */
#define og_validate(access, reference, rule, fault)                                                \
    og_validate_array_of((access), (reference), 1, (rule), (fault))

/* What a type's bytes must be. og-bindgen writes these from a library's header. */
enum og_kind {
    OG_ANY,      /* every pattern is a value: numbers */
    OG_BOOL,     /* 0 or 1, in one byte */
    OG_UNSIGNED, /* low.u to high.u */
    OG_SIGNED,   /* low.i to high.i */
    OG_ENUM,     /* one of `values` */
    OG_POINTER,  /* can be upgraded to `pointee_count` objects of `pointee_size` */
    OG_FUNCTION, /* a callback that the host registered with this domain */
    OG_STRUCT    /* each of `fields` holds */
};

/* A rule, which a library's values are checked by. A struct's has one for each field. */
struct og_rule {
    enum og_kind kind;
    const char *name; /* the field's name, for faults */
    size_t offset;    /* in the enclosing struct, bytes; 0 outside one */
    size_t size;      /* of one element, bytes */
    size_t count;     /* elements one after another; 0 means 1 */
    union {
        struct {
            union {
                uint64_t u;
                int64_t i;
            } low, high;
        };
        struct {
            const int64_t *values;
            size_t value_count;
        };
        struct {
            const struct og_rule *fields;
            size_t field_count;
        };
        struct {
            size_t pointee_size, pointee_alignment;
            size_t pointee_count; /* where `counted` is not set */
            /* The unsigned field of the same struct that counts the pointees. */
            size_t counted_offset, counted_size;
            unsigned rights;
            unsigned char counted, nullable;
        };
    };
};

/* How deep structs may nest in rules. */
enum { OG_RULE_DEPTH = 16 };

/* The value itself, copied. Not for pointers: og_pointer. All zero if `valid` is NULL or
 * no read section is open. */
#define og_value(access, valid)                                                                    \
    __extension__({                                                                                \
        _Static_assert(!OG_IS_POINTER(og_type_of(valid)), "a pointer: use og_pointer");            \
        og_type_of(valid) og_copied_value;                                                         \
        og_copy_valid((access), OG_PLAIN(&og_copied_value), (valid), sizeof(og_copied_value));     \
        og_copied_value;                                                                           \
    })

/* The pointer at `valid` (U *og_valid *), as what it still is: foreign. NULL as above. */
#define og_pointer(access, valid)                                                                  \
    ((__typeof__(**(valid)) og_foreign *)og_pointer_at((access), (const void og_valid *)(valid)))

/* Where the value is, for code that takes host pointers (fwrite, memcmp); for the read
 * section only. NULL if `valid` is NULL or no read section is open. To Clang a const void *, which
 * printf's %s wants cast. */
#if defined(__clang__)
#define og_get(access, valid) og_get_at((access), (valid))
#else
#define og_get(access, valid) ((const og_type_of(valid) *)og_get_at((access), (valid)))
#endif

/* --- what follows is for the macros --- */

/* Enums are integers here, as to C. */
#define OG_ASSERT_INTEGER(reference)                                                               \
    _Static_assert(OG_IS_INTEGER(og_type_of(reference)) &&                                         \
                       !__builtin_types_compatible_p(og_type_of(reference), _Bool),                \
                   "not an integer")
#define OG_ASSERT_CHARACTER(reference)                                                             \
    _Static_assert(OG_IS_INTEGER(og_type_of(reference)) && sizeof(*(reference)) == 1 &&            \
                       !__builtin_types_compatible_p(og_type_of(reference), _Bool),                \
                   "not a character")

#define OG_IS_SIGNED(reference) ((og_type_of(reference)) - 1 < (og_type_of(reference))1)

const void og_valid *og_validate_bool_at(const struct og_access *access, uintptr_t address,
                                         struct og_fault *fault) OG_REQUIRES_SHARED(access);
const void og_valid *og_validate_range_at(const struct og_access *access, uintptr_t address,
                                          size_t size, int is_signed, uint64_t low, uint64_t high,
                                          struct og_fault *fault) OG_REQUIRES_SHARED(access);
const void og_valid *og_validate_enum_at(const struct og_access *access, uintptr_t address,
                                         size_t size, int is_signed, const int64_t *values,
                                         size_t count, struct og_fault *fault)
    OG_REQUIRES_SHARED(access);
const void og_valid *og_validate_pointer_at(const struct og_access *access, uintptr_t slot,
                                            size_t size, size_t count, size_t alignment,
                                            unsigned rights, struct og_fault *fault)
    OG_REQUIRES_SHARED(access);
const void og_valid *og_validate_string_at(const struct og_access *access, uintptr_t address,
                                           size_t maximum, size_t *length, struct og_fault *fault)
    OG_REQUIRES_SHARED(access);
const void og_valid *og_validate_strings_at(const struct og_access *access, uintptr_t address,
                                            size_t maximum, size_t *count, struct og_fault *fault)
    OG_REQUIRES_SHARED(access);
const void og_valid *og_validate_utf8_at(const struct og_access *access, uintptr_t address,
                                         size_t length, struct og_fault *fault)
    OG_REQUIRES_SHARED(access);
const void og_valid *og_validate_array_at(const struct og_access *access, uintptr_t address,
                                          size_t size, size_t count, size_t alignment,
                                          struct og_fault *fault) OG_REQUIRES_SHARED(access);
const void og_valid *og_validate_rule_at(const struct og_access *access, uintptr_t address,
                                         size_t size, size_t count, size_t alignment,
                                         const struct og_rule *rule, struct og_fault *fault)
    OG_REQUIRES_SHARED(access);

static inline const void *og_get_at(const struct og_access *access, const void og_valid *valid)
    OG_REQUIRES_SHARED(access);
static inline const void *og_get_at(const struct og_access *access, const void og_valid *valid)
{
    return OG_LIKELY(access->context->shared == access) ? (const void *)valid : NULL;
}

static inline void og_copy_valid(const struct og_access *access, void *value,
                                 const void og_valid *valid, size_t size)
    OG_REQUIRES_SHARED(access);
static inline void og_copy_valid(const struct og_access *access, void *value,
                                 const void og_valid *valid, size_t size)
{
    const void *bytes = og_get_at(access, valid);
    if (OG_LIKELY(bytes != NULL))
        __builtin_memcpy(value, bytes, size);
    else
        __builtin_memset(value, 0, size);
}

static inline uintptr_t og_pointer_at(const struct og_access *access, const void og_valid *valid)
    OG_REQUIRES_SHARED(access);
static inline uintptr_t og_pointer_at(const struct og_access *access, const void og_valid *valid)
{
    uintptr_t pointer;
    og_copy_valid(access, &pointer, valid, sizeof(pointer));
    return pointer;
}

#ifdef __cplusplus
}
#endif

#endif
