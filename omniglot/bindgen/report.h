/* Where something is in an interface file, and errors that say so. */
#ifndef BINDGEN_REPORT_H
#define BINDGEN_REPORT_H

#include <stdbool.h>

struct place {
    const char *file;
    unsigned line, column;
};

/* Prints `file:line:column: error: ...` and counts it. Always returns false. */
bool report(struct place place, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints `file:line:column: note: ...`, which belongs to the error before. */
void report_note(struct place place, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How many errors there were. */
unsigned report_count(void);

#endif
