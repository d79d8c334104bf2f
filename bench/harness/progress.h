/* What a run says while it runs: a bar that is drawn over on a terminal, plain
 * lines (at most one a second, and always the last) elsewhere. Times are
 * milliseconds of any steady clock; the remaining time is extrapolated from the
 * rows that are done. */
#ifndef BENCH_HARNESS_PROGRESS_H
#define BENCH_HARNESS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/harness/groups.h"

struct progress {
    FILE *stream; /* the caller's */
    bool terminal;
    unsigned columns;    /* the terminal's width */
    size_t groups_total; /* those to measure */
    size_t groups_begun;
    size_t rows_total;
    size_t rows_done;
    uint64_t started;
    uint64_t last_line; /* when the last plain line was written */
};

/* Begins with so many groups and rows to measure. */
void progress_begin(struct progress *progress, FILE *stream, bool terminal, unsigned columns,
                    size_t groups, size_t rows, uint64_t now);

/* Says that a group is begun. */
void progress_group(struct progress *progress, const struct case_group *group, uint64_t now);

/* Notes that a group is done with, well or not; the next line counts it. */
void progress_done(struct progress *progress, const struct case_group *group);

/* Says that all is done, and how long it took. */
void progress_end(struct progress *progress, uint64_t now);

/* Takes the bar away, so that something else can be printed. */
void progress_clear(struct progress *progress);

#endif
