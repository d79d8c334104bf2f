/* The files that the zlib workload compresses: inputs.list says which. */
#ifndef WORKLOADS_ZLIB_INPUT_H
#define WORKLOADS_ZLIB_INPUT_H

#include "workloads/harness/workload.h"

/* Fills `bytes` with the first `size` bytes of the input file of this kind ("text",
 * "binary"), which is repeated if it is shorter. Returns false and fills *error if there
 * is no such file (and says which package ships it) or it cannot be read. */
bool zlib_input_read(const char *kind, unsigned char *bytes, size_t size, struct case_error *error);

#endif
