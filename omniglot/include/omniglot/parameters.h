/* Where a function's arguments are: what og_function_takes wants to know.
 *
 *     og_function_takes(&function, OG_PARAMETERS(OG_PARAMETER(const char *), OG_PARAMETER(int)),
 *                       &fault);
 *
 * For scalars: integers, pointers, floats and doubles. A struct passed by value counts as its
 * psABI says, which is for the caller to know (og_function_stack). */
#ifndef OMNIGLOT_PARAMETERS_H
#define OMNIGLOT_PARAMETERS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One parameter: bytes it takes and is aligned to, and whether it is a float or a double. */
struct og_parameter {
    unsigned char size, alignment, is_float;
};

/* The parameter of that type. What is no scalar does not compile. */
#define OG_PARAMETER(type)                                                                         \
    {                                                                                              \
        sizeof(type) + 0 * sizeof(OG_PARAMETER_CHECKED(type)), _Alignof(type),                     \
            OG_PARAMETER_IS_FLOAT(type)                                                            \
    }

/* Is it passed where floats are? */
#define OG_PARAMETER_IS_FLOAT(type)                                                                \
    (__builtin_types_compatible_p(type, float) || __builtin_types_compatible_p(type, double))

/* Integers and enums are of class 1, pointers of class 5; _Bool is of class 1 to GCC and of class 4
 * to Clang. */
#define OG_PARAMETER_CHECKED(type)                                                                 \
    struct {                                                                                       \
        char nothing;                                                                              \
        _Static_assert(OG_PARAMETER_IS_FLOAT(type) ||                                              \
                           (sizeof(type) <= 8 && (__builtin_classify_type(*(type *)0) == 1 ||      \
                                                  __builtin_classify_type(*(type *)0) == 4 ||      \
                                                  __builtin_classify_type(*(type *)0) == 5)),      \
                       "a parameter is an integer of up to 64 bits, a pointer, float or double");  \
    }

/* These parameters, one at least, and how many they are: two arguments of a function. */
#define OG_PARAMETERS(...)                                                                         \
    (const struct og_parameter[]){__VA_ARGS__},                                                    \
        sizeof((const struct og_parameter[]){__VA_ARGS__}) / sizeof(struct og_parameter)

/* Bytes of stack that these parameters take, in order. */
#define OG_STACK_BYTES(...) og_stack_bytes(OG_PARAMETERS(__VA_ARGS__))

/* The same for `count` of them in an array. */
static inline size_t og_stack_bytes(const struct og_parameter *parameters, size_t count)
{
    size_t stack = 0;
#if defined(__riscv)
    /* ILP32 (psABI, "Integer calling convention"): eight words in registers, a double word may be
     * cut by the last; on the stack it is aligned. */
    size_t words = 0;
    for (size_t i = 0; i < count; i++) {
        size_t needed = (parameters[i].size + 3u) / 4;
        size_t left = words < 8 ? 8 - words : 0;
        if (!left && parameters[i].alignment == 8)
            stack = (stack + 7) & ~(size_t)7;
        stack += 4 * (needed > left ? needed - left : 0);
        words += needed;
    }
#else
    size_t integers = 0, floats = 0;
    for (size_t i = 0; i < count; i++)
        if (parameters[i].is_float ? floats++ >= 8 : integers++ >= 6)
            stack += 8;
#endif
    return stack;
}

/* Is a struct returned where a hidden first argument says? (Of integers; larger than two words.) */
#define OG_RETURNED_IN_MEMORY(type) (sizeof(type) > 2 * sizeof(uintptr_t))

#ifdef __cplusplus
}
#endif

#endif
