/* Why something in the harness failed, in words, in a buffer that the caller
 * owns. Every harness function that can fail returns false and fills one. */
#ifndef BENCH_HARNESS_FAILURE_H
#define BENCH_HARNESS_FAILURE_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct failure {
    char text[2048]; /* one or more lines, no newline at the end */
};

/* Writes the text (cut to fit) into *failure. Always returns false, so that a
 * function can `return failure_set(...)`. */
bool failure_set(struct failure *failure, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds to the text that is there (cut to fit). Always returns false. */
bool failure_add(struct failure *failure, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif

#endif
