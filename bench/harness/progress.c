/* Progress lines and the bar. */
#include "bench/harness/progress.h"

#include <inttypes.h>
#include <string.h>

enum { BAR_CELLS = 20, LINE_INTERVAL_MS = 1000 };

void progress_begin(struct progress *progress, FILE *stream, bool terminal, unsigned columns,
                    size_t groups, size_t rows, uint64_t now)
{
    *progress = (struct progress){
        .stream = stream,
        .terminal = terminal,
        .columns = columns ? columns : 80,
        .groups_total = groups,
        .rows_total = rows,
        .started = now,
    };
}

static void format_time(char text[24], uint64_t milliseconds)
{
    uint64_t seconds = (milliseconds + 500) / 1000;
    snprintf(text, 24, "%" PRIu64 ":%02u", seconds / 60, (unsigned)(seconds % 60));
}

static void format_times(char text[64], const struct progress *progress, uint64_t now)
{
    char elapsed[24];
    char remaining[24] = "?";
    uint64_t spent = now - progress->started;
    format_time(elapsed, spent);
    if (progress->rows_done)
        format_time(remaining,
                    spent * (progress->rows_total - progress->rows_done) / progress->rows_done);
    snprintf(text, 64, "elapsed %s remaining %s", elapsed, remaining);
}

static void draw_bar(const struct progress *progress, const char *what, const char *times)
{
    static const char full[] = "####################";
    static const char empty[] = "....................";
    char line[512];
    int cells = progress->rows_total ? (int)(progress->rows_done * BAR_CELLS / progress->rows_total)
                                     : BAR_CELLS;
    snprintf(line, sizeof(line), "[%.*s%.*s] %zu/%zu %s  %s", cells, full, BAR_CELLS - cells, empty,
             progress->groups_begun, progress->groups_total, what, times);
    /* One column less than there is: a full line would scroll the terminal. */
    fprintf(progress->stream, "\r%.*s\033[K", (int)progress->columns - 1, line);
}

void progress_group(struct progress *progress, const struct case_group *group, uint64_t now)
{
    char what[CASE_NAME_MAX];
    char times[64];
    progress->groups_begun++;
    snprintf(what, sizeof(what), "%s/%s %s %zu B", group->workload, group->operation,
             placement_name(group->placement), group->size);
    format_times(times, progress, now);
    if (progress->terminal) {
        draw_bar(progress, what, times);
    } else {
        bool first = progress->groups_begun == 1;
        bool last = progress->groups_begun == progress->groups_total;
        if (!first && !last && now - progress->last_line < LINE_INTERVAL_MS)
            return;
        progress->last_line = now;
        char total[24];
        int width = snprintf(total, sizeof(total), "%zu", progress->groups_total);
        fprintf(progress->stream, "[%*zu/%s] %-40s %s\n", width, progress->groups_begun, total,
                what, times);
    }
    fflush(progress->stream);
}

void progress_done(struct progress *progress, const struct case_group *group)
{
    progress->rows_done += group->count;
}

void progress_clear(struct progress *progress)
{
    if (progress->terminal && progress->groups_begun)
        fputs("\r\033[K", progress->stream);
    fflush(progress->stream);
}

void progress_end(struct progress *progress, uint64_t now)
{
    char elapsed[24];
    progress_clear(progress);
    format_time(elapsed, now - progress->started);
    fprintf(progress->stream, "%zu groups done, elapsed %s\n", progress->groups_begun, elapsed);
    fflush(progress->stream);
}
