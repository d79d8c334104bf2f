/* One line of results.csv: how a row is written, and what a line that was read
 * must look like to be believed. */
#ifndef BENCH_HARNESS_RESULTS_LINE_H
#define BENCH_HARNESS_RESULTS_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/harness/failure.h"
#include "bench/harness/results_file.h"

enum { RESULTS_LINE_MAX = 512 };

/* Writes the row, without newline, into `line` (RESULTS_LINE_MAX bytes); false if
 * it does not fit. */
bool results_line_format(char *line, const struct results_row *row);

/* The length of the line's key: its first eight fields, without the comma after them. */
size_t results_line_key(const char *line);

/* Whether the line (of `size` bytes, NUL-terminated) is a row. If not, *column is
 * the byte (from 1) where it goes wrong and *failure says why. */
bool results_line_check(const char *line, size_t size, size_t *column, struct failure *failure);

/* The same for the header. */
bool results_line_check_header(const char *line, size_t *column, struct failure *failure);

#endif
