/* What the tests call of the library that does what it should not. */
#include "baselines/copying/wasm/tests/rogue.h"
#include <omniglot/interface.h>

OG_LIBRARY(rogue, "librogue.so");

int called(int value) OG_CALLED_BACK;
int told(const char *text OG_STRING) OG_CALLED_BACK;
int taken(const uint8_t *bytes OG_IN(size), uint32_t size) OG_CALLED_BACK;

void rogue_allocator(int how);
int rogue_count(void);
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
int rogue_fill(uint8_t *out OG_OUT(*size), size_t *size OG_LENGTH_OF(out), size_t said)
    OG_RETURNS(0);
enum rogue_colour rogue_paint(int colour);
int rogue_call(int (*call)(int value) OG_CALLBACK(called), int value);
int rogue_sink(int (*call)(int value) OG_CALLBACK(called), int depth);
int rogue_tell(int (*tell)(const char *text) OG_CALLBACK(told), uint64_t address);
int rogue_hand(int (*take)(const uint8_t *bytes, uint32_t size) OG_CALLBACK(taken),
               uint64_t address, uint32_t size);
size_t rogue_size(size_t size);
