/* How much stack a function's arguments take: what og_function_stack wants to know.
 *
 *     size_t stack = OG_STACK_BYTES(OG_PARAMETER(const char *), OG_PARAMETER(uint64_t));
 *     og_function_stack(&function, stack, &fault);
 *
 * For scalars: integers, pointers, floats and doubles. A struct passed by value counts as its
 * psABI says, which is for the caller to know. */
#ifndef OMNIGLOT_PARAMETERS_H
#define OMNIGLOT_PARAMETERS_H

#include <stddef.h>
#include <stdint.h>

struct og_parameter {
    unsigned char size, alignment, is_float;
};

#define OG_PARAMETER(type)                                                                         \
    {                                                                                              \
        sizeof(type), _Alignof(type),                                                              \
            __builtin_types_compatible_p(type, float) ||                                           \
                __builtin_types_compatible_p(type, double)                                         \
    }

/* Bytes of stack that these parameters take, in order. */
#define OG_STACK_BYTES(...)                                                                        \
    og_stack_bytes((const struct og_parameter[]){__VA_ARGS__},                                     \
                   sizeof((const struct og_parameter[]){__VA_ARGS__}) /                            \
                       sizeof(struct og_parameter))

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

#endif
