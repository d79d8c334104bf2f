/* What libsodium's configure script would have found on this target; included before each of its
 * sources. */
#ifndef WORKLOADS_SODIUM_RV32_CONFIGURATION_H
#define WORKLOADS_SODIUM_RV32_CONFIGURATION_H

#define CONFIGURED           1
#define NATIVE_LITTLE_ENDIAN 1
#define HAVE_C_VARARRAYS     1
#define HAVE_WEAK_SYMBOLS    1
#define HAVE_INLINE_ASM      1

/* The board's own source of randomness: randomness.c. */
struct randombytes_implementation;
extern struct randombytes_implementation board_randomness;
#define RANDOMBYTES_CUSTOM_IMPLEMENTATION  1
#define RANDOMBYTES_DEFAULT_IMPLEMENTATION &board_randomness

#endif
