/* Integers of 1 to 8 bytes at any address, read once. Internal to core. */
#ifndef OMNIGLOT_CORE_INTEGER_H
#define OMNIGLOT_CORE_INTEGER_H

#include <stddef.h>
#include <stdint.h>

/* Loaded where they are, aligned or not, once: the compiler may not read them again. */
typedef uint16_t __attribute__((aligned(1), may_alias)) og_loose_u16;
typedef uint32_t __attribute__((aligned(1), may_alias)) og_loose_u32;
typedef uint64_t __attribute__((aligned(1), may_alias)) og_loose_u64;

/* The integer, sign- or zero-extended; `size` is 1, 2, 4 or 8. */
static inline uint64_t og_load_integer(const void *address, size_t size, int is_signed)
{
    switch (size) {
    case 1: {
        uint8_t value = *(const volatile uint8_t *)address;
        return is_signed ? (uint64_t)(int8_t)value : value;
    }
    case 2: {
        uint16_t value = *(const volatile og_loose_u16 *)address;
        return is_signed ? (uint64_t)(int16_t)value : value;
    }
    case 4: {
        uint32_t value = *(const volatile og_loose_u32 *)address;
        return is_signed ? (uint64_t)(int32_t)value : value;
    }
    default:
        return *(const volatile og_loose_u64 *)address;
    }
}

/* Is the byte at `address` a bool? */
static inline int og_is_bool(uintptr_t address)
{
    return og_load_integer((const void *)address, 1, 0) <= 1;
}

/* Is there an integer type of this size? */
static inline int og_is_integer_size(size_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

static inline int og_is_in_range(uint64_t value, int is_signed, uint64_t low, uint64_t high)
{
    return is_signed ? (int64_t)value >= (int64_t)low && (int64_t)value <= (int64_t)high
                     : value >= low && value <= high;
}

/* Sign-extends what was loaded zero-extended. */
static inline uint64_t og_extend_sign(uint64_t value, size_t size)
{
    uint64_t sign = (uint64_t)1 << (8 * size - 1);
    return (value ^ sign) - sign;
}

static inline int og_is_one_of(int64_t value, const int64_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] == value)
            return 1;
    return 0;
}

#endif
