/* Validators of single values: bool, integer range, enum, pointer, and of arrays whose
 * elements cannot be invalid. */
#include "extent.h"
#include "integer.h"
#include "omniglot/validate.h"

const void og_valid *og_validate_bool_at(const struct og_access *access, uintptr_t address,
                                         struct og_fault *fault)
{
    if (og_check_readable(access, address, 1, 1, 1, fault))
        return NULL;
    if (!og_is_bool(address)) {
        og_fail(fault, OG_INVALID, NULL, address, "a bool that is neither 0 nor 1");
        return NULL;
    }
    return (const void og_valid *)address;
}

const void og_valid *og_validate_range_at(const struct og_access *access, uintptr_t address,
                                          size_t size, int is_signed, uint64_t low, uint64_t high,
                                          struct og_fault *fault)
{
    if (!og_is_integer_size(size)) {
        og_fail(fault, OG_BAD_ARGUMENT, NULL, address, "no integer has this size");
        return NULL;
    }
    if (og_check_readable(access, address, size, 1, size, fault))
        return NULL;
    if (!og_is_in_range(og_load_integer((const void *)address, size, is_signed), is_signed, low,
                        high)) {
        og_fail(fault, OG_INVALID, NULL, address, "an integer outside its range");
        return NULL;
    }
    return (const void og_valid *)address;
}

const void og_valid *og_validate_enum_at(const struct og_access *access, uintptr_t address,
                                         size_t size, int is_signed, const int64_t *values,
                                         size_t count, struct og_fault *fault)
{
    if (!og_is_integer_size(size)) {
        og_fail(fault, OG_BAD_ARGUMENT, NULL, address, "no enum has this size");
        return NULL;
    }
    if (og_check_readable(access, address, size, 1, size, fault))
        return NULL;
    if (!og_is_one_of((int64_t)og_load_integer((const void *)address, size, is_signed), values,
                      count)) {
        og_fail(fault, OG_INVALID, NULL, address, "an enum that is none of its enumerators");
        return NULL;
    }
    return (const void og_valid *)address;
}

const void og_valid *og_validate_pointer_at(const struct og_access *access, uintptr_t slot,
                                            size_t size, size_t count, size_t alignment,
                                            unsigned rights, struct og_fault *fault)
{
    if (og_check_readable(access, slot, sizeof(uintptr_t), 1, _Alignof(uintptr_t), fault))
        return NULL;
    uintptr_t pointer = (uintptr_t)og_load_integer((const void *)slot, sizeof(pointer), 0);
    if (!og_upgrade_bytes(access, pointer, size, count, alignment, rights, fault))
        return NULL;
    return (const void og_valid *)slot;
}

const void og_valid *og_validate_array_at(const struct og_access *access, uintptr_t address,
                                          size_t size, size_t count, size_t alignment,
                                          struct og_fault *fault)
{
    if (og_check_readable(access, address, size, count, alignment, fault))
        return NULL;
    return (const void og_valid *)address;
}
