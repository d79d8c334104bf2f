/* Compiled for WebAssembly, and once for the host, where the same attacks succeed. */
#include "baselines/copying/wasm/tests/rogue.h"

#include <stdlib.h>

static int how_to_allocate, count;

void rogue_allocator(int how)
{
    how_to_allocate = how;
}

#ifdef __wasm__
/* The module's allocator is the module's: nothing that it says is to be believed. */
static _Alignas(16) unsigned char heap[1 << 20];
static size_t used;

void *malloc(size_t size)
{
    void *memory = &heap[used];
    if (how_to_allocate == ROGUE_TRAPS)
        __builtin_trap();
    if (how_to_allocate == ROGUE_OUTSIDE)
        return (void *)0xfffffff0;
    if (how_to_allocate == ROGUE_ACROSS)
        return (void *)(__builtin_wasm_memory_size(0) * 65536 - 4);
    if (how_to_allocate == ROGUE_NONE || size > sizeof(heap) - used)
        return NULL;
    used += (size + 15) & ~(size_t)15;
    return memory;
}

void free(void *memory)
{
    (void)memory;
    if (how_to_allocate == ROGUE_TRAPS)
        __builtin_trap();
}

int rogue_grow(uint32_t pages)
{
    return (int)__builtin_wasm_memory_grow(0, pages);
}

/* A place of the table that the linker leaves free: what is there has no function. */
__asm__(".tabletype __indirect_function_table, funcref");
__attribute__((target("reference-types"))) void rogue_keep(uint32_t number)
{
    __asm__ volatile("i32.const 0\n\tlocal.get %0\n\ti32.const 1\n\t"
                     "table.copy __indirect_function_table, __indirect_function_table"
                     :
                     : "r"(number));
}
#else
int rogue_grow(uint32_t pages)
{
    return (int)pages;
}

void rogue_keep(uint32_t number)
{
    (void)number;
}
#endif

int rogue_call_kept(int value)
{
    static int (*const volatile kept)(int) = NULL;
    return kept(value);
}

int rogue_count(void)
{
    return ++count;
}

int rogue_read(uint64_t address)
{
    return *(volatile int *)(uintptr_t)address;
}

void rogue_write(uint64_t address, int value)
{
    *(volatile int *)(uintptr_t)address = value;
}

/* Without memory of its own: the host's stack is what it uses. */
__attribute__((noinline)) int rogue_recurse(int depth)
{
    return depth ? rogue_recurse(depth - 1) + (depth ^ rogue_recurse(depth - 1)) : 0;
}

/* With memory of its own, which grows down to address 0. */
__attribute__((noinline)) int rogue_overflow_own_stack(int depth)
{
    volatile int own[1024];
    own[depth & 1023] = depth;
    return depth ? rogue_overflow_own_stack(depth - 1) + own[depth & 1023] : 0;
}

void rogue_abort(void)
{
    abort();
}

void rogue_exit(int status)
{
    exit(status);
}

int rogue_divide(int a, int b)
{
    volatile int divisor = b;
    return a / divisor;
}

int rogue_convert(double number)
{
#ifdef __wasm__
    return __builtin_wasm_trunc_s_i32_f64(number);
#else
    return (int)number;
#endif
}

int rogue_call_number(uint32_t number)
{
    return ((int (*)(double))(uintptr_t)number)(1);
}

/* Functions with more parameters than anybody writes, and calls of them with fewer: what they find
 * in the place of those that are missing is not theirs. */
#define TEN(what, n)                                                                               \
    what(n, 0), what(n, 1), what(n, 2), what(n, 3), what(n, 4), what(n, 5), what(n, 6),            \
        what(n, 7), what(n, 8), what(n, 9)
#define PARAMETER(n, m) __attribute__((unused)) long long value##n##m
#define NUMBER(n, m)    (long long)n * 10 + m
#define HUNDRED(what)                                                                              \
    TEN(what, 0), TEN(what, 1), TEN(what, 2), TEN(what, 3), TEN(what, 4), TEN(what, 5),            \
        TEN(what, 6), TEN(what, 7), TEN(what, 8), TEN(what, 9)

typedef long long (*with_140)(HUNDRED(PARAMETER), TEN(PARAMETER, 10), TEN(PARAMETER, 11),
                              TEN(PARAMETER, 12), TEN(PARAMETER, 13));
typedef long long (*with_130)(HUNDRED(PARAMETER), TEN(PARAMETER, 10), TEN(PARAMETER, 11),
                              TEN(PARAMETER, 12));

static long long last_of_140(HUNDRED(PARAMETER), TEN(PARAMETER, 10), TEN(PARAMETER, 11),
                             TEN(PARAMETER, 12), TEN(PARAMETER, 13))
{
    return value130 | value131 | value132 | value133 | value134 | value135 | value136 | value137 |
           value138 | value139;
}

uint64_t rogue_call_with_fewer(void)
{
    static const with_140 volatile function = last_of_140;
    return (uint64_t)((with_130)(uintptr_t)function)(HUNDRED(NUMBER), TEN(NUMBER, 10),
                                                     TEN(NUMBER, 11), TEN(NUMBER, 12));
}

int rogue_fill(uint8_t *out, size_t *size, size_t said)
{
    for (size_t i = 0; i < *size; i++)
        out[i] = 7;
    *size = said;
    return 0;
}

enum rogue_colour rogue_paint(int colour)
{
    return (enum rogue_colour)colour;
}

int rogue_call(int (*call)(int value), int value)
{
    return call(value) + 1;
}

/* Calls back at every depth, down to the end of the stack. */
__attribute__((noinline)) int rogue_sink(int (*call)(int value), int depth)
{
    int answer = call(depth);
    return depth ? answer + (rogue_sink(call, depth - 1) ^ depth) : answer;
}

int rogue_tell(int (*tell)(const char *text), uint64_t address)
{
    return tell((const char *)(uintptr_t)address);
}

int rogue_hand(int (*take)(const uint8_t *bytes, uint32_t size), uint64_t address, uint32_t size)
{
    return take((const uint8_t *)(uintptr_t)address, size);
}

size_t rogue_size(size_t size)
{
    return size;
}
