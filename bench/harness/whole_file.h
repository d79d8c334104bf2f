/* Reading and replacing whole files. A replaced file has either its old or its
 * new content whenever the process or the machine stops. */
#ifndef BENCH_HARNESS_WHOLE_FILE_H
#define BENCH_HARNESS_WHOLE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/harness/failure.h"

/* Reads the file into *text, with a NUL after the *size bytes; the caller frees
 * it. A file that does not exist gives *text = NULL and true. */
bool whole_file_read(const char *path, char **text, size_t *size, struct failure *failure);

/* Writes `PATH.new`, syncs it and renames it to `path`. After a failure (no space,
 * no permission) `path` is as it was and `PATH.new` is gone. */
bool whole_file_replace(const char *path, const char *text, size_t size, struct failure *failure);

/* Writes all bytes, whatever the number of write() calls it takes; false with
 * errno set when it cannot. */
bool whole_file_write(int descriptor, const char *text, size_t size);

#endif
