/* What expat's configure script would find on wasm32-wasi; features as Debian builds them. */
#ifndef WORKLOADS_EXPAT_WASM_CONFIG_H
#define WORKLOADS_EXPAT_WASM_CONFIG_H

#define BYTEORDER           1234
#define XML_CONTEXT_BYTES   1024
#define XML_DTD             1
#define XML_GE              1
#define XML_NS              1
#define HAVE_ARC4RANDOM_BUF 1
#define HAVE_UNISTD_H       1

#endif
