/* results.csv of a run directory: one row per measured (target, system, workload,
 * operation, placement, size, kind, unit). Rows are on disk when
 * results_file_add returns; a killed run loses at most the row being written. */
#ifndef BENCH_HARNESS_RESULTS_FILE_H
#define BENCH_HARNESS_RESULTS_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/harness/failure.h"

#define RESULTS_FILE_HEADER                                                                        \
    "target,system,workload,operation,placement,size_bytes,kind,unit,median,ci_low,ci_high,"       \
    "samples,verified"

/* The first eight fields are the row's key; texts hold no comma, quote or newline. */
struct results_row {
    const char *target;    /* "x86_64-linux" */
    const char *system;    /* "og-none" */
    const char *workload;  /* "sodium" */
    const char *operation; /* "sha256" */
    const char *placement; /* "copied" or "resident" */
    size_t size;
    const char *kind; /* "measured", "emulated", "modelled" */
    const char *unit; /* "ns", "instructions" */
    double median;    /* in `unit`, per operation */
    double ci_low;
    double ci_high;
    size_t samples;
    bool verified; /* the output equals raw's; written as yes or no */
};

struct results_file;

/* Opens DIRECTORY/results.csv, with its header if it is new, and locks the
 * directory against a second run. A last line without its newline was torn by a
 * crash and is dropped. Any other damage is a failure that names the file, line
 * and column (both from 1, in bytes), and nothing is changed. The caller closes
 * *file; on failure it is NULL. */
bool results_file_open(struct results_file **file, const char *directory, struct failure *failure);

/* Whether a row with this key is there; the figures of *row do not matter. */
bool results_file_has(const struct results_file *file, const struct results_row *row);

/* Appends the rows in one write and syncs. Rows whose key is there already are
 * replaced, by rewriting the file and renaming it. After a failure (disk full) the
 * file holds what it held before. */
bool results_file_add(struct results_file *file, const struct results_row *rows, size_t count,
                      struct failure *failure);

/* Unlocks and frees; `file` may be NULL. */
void results_file_close(struct results_file *file);

#endif
