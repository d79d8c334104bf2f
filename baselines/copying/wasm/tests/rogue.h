/* A library that does what it should not. */
#ifndef BASELINES_COPYING_WASM_TESTS_ROGUE_H
#define BASELINES_COPYING_WASM_TESTS_ROGUE_H

#include <stddef.h>
#include <stdint.h>

enum rogue_colour { ROGUE_RED = 1, ROGUE_GREEN = 2 };

/* How the module's malloc and free behave from now on. */
enum {
    ROGUE_HONEST,
    ROGUE_NONE,    /* there is no memory */
    ROGUE_OUTSIDE, /* an address near 4 GiB */
    ROGUE_ACROSS,  /* the last bytes of the memory */
    ROGUE_TRAPS    /* both of them */
};
void rogue_allocator(int how);

int rogue_count(void); /* how often it was called in this instance */
int rogue_read(uint64_t address);
void rogue_write(uint64_t address, int value);
int rogue_recurse(int depth);
int rogue_overflow_own_stack(int depth);
void rogue_abort(void);
void rogue_exit(int status);
int rogue_divide(int a, int b);
int rogue_convert(double number);
int rogue_call_number(uint32_t number);
int rogue_grow(uint32_t pages);
uint64_t rogue_call_with_fewer(void);
void rogue_keep(uint32_t number);
int rogue_call_kept(int value);
int rogue_fill(uint8_t *out, size_t *size, size_t said);
enum rogue_colour rogue_paint(int colour);
int rogue_call(int (*call)(int value), int value);
int rogue_sink(int (*call)(int value), int depth);
int rogue_tell(int (*tell)(const char *text), uint64_t address);
int rogue_hand(int (*take)(const uint8_t *bytes, uint32_t size), uint64_t address, uint32_t size);
size_t rogue_size(size_t size);

#endif
