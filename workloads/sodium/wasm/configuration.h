/* What libsodium's configure script would find on wasm32-wasi; included before each of its
 * sources. */
#ifndef WORKLOADS_SODIUM_WASM_CONFIGURATION_H
#define WORKLOADS_SODIUM_WASM_CONFIGURATION_H

#define CONFIGURED           1
#define NATIVE_LITTLE_ENDIAN 1
#define HAVE_C_VARARRAYS     1
#define HAVE_WEAK_SYMBOLS    1
#define HAVE_POSIX_MEMALIGN  1
#define HAVE_UNISTD_H        1
#define HAVE_SYS_PARAM_H     1

#endif
