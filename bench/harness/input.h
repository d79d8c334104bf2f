/* Input files of workloads: what a library's inputs.list names. A workload includes that list
 * as its table:
 *
 *     #define INPUT(kind, package, path, sha256) {kind, package, path},
 *     static const struct input inputs[] = {
 *     #include "workloads/zlib/inputs.list"
 *     };
 */
#ifndef BENCH_HARNESS_INPUT_H
#define BENCH_HARNESS_INPUT_H

#include "bench/harness/workload.h"

struct input {
    const char *kind;
    const char *package; /* Debian's, that ships it */
    const char *path;
};

/* Fills `bytes` with the first `size` bytes of the file of this kind, which is repeated if it
 * is shorter. Returns false and fills *error if there is no such file (and says which package
 * ships it) or it cannot be read. */
bool input_read(const struct input *inputs, size_t count, const char *kind, unsigned char *bytes,
                size_t size, struct case_error *error);

/* The same for a file that has exactly `size` bytes. */
bool input_read_whole(const struct input *inputs, size_t count, const char *kind,
                      unsigned char *bytes, size_t size, struct case_error *error);

#endif
