/* The loop over groups, the same for every driver. */
#include "bench/harness/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/harness/available.h"
#include "bench/harness/measure.h"
#include "bench/harness/progress.h"
#include "bench/harness/results_file.h"
#include "bench/harness/statistics.h"
#include "bench/harness/verify.h"
#include "bench/harness/whole_file.h"

enum { BOOTSTRAP_SEED = 1 }; /* fixed: the same samples give the same interval */

volatile sig_atomic_t measure_stop;

struct run {
    const struct options *options;
    struct results_file *results;
    struct progress progress;
    size_t failed;
};

/* What became of a group. */
enum outcome { WRITTEN, FAILED, UNWRITABLE, STOPPED };

static uint64_t milliseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void print_error(const struct failure *failure)
{
    fprintf(stderr, "og-bench: error: %s\n", failure->text);
}

static struct results_row make_row(const struct case_group *group,
                                   const struct group_member *member)
{
    return (struct results_row){
        .target = measure_target,
        .system = member->table->system,
        .workload = group->workload,
        .operation = group->operation,
        .placement = placement_name(group->placement),
        .size = group->size,
        .kind = measure_kind,
        .unit = measure_unit,
        .verified = true, /* nothing else is written */
    };
}

static bool group_is_there(const struct results_file *results, const struct case_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        if (group_member_is_again(&group->members[i]))
            continue;
        struct results_row row = make_row(group, &group->members[i]);
        if (!results_file_has(results, &row))
            return false;
    }
    return true;
}

/* Writes what was measured: the driver's record first, so that a row always has one. What was
 * measured again is in the record only. */
static bool write_group(struct run *run, const struct case_group *group,
                        const struct measurement *measurement, struct results_row *rows,
                        struct failure *failure)
{
    const size_t repetitions = run->options->repetitions;
    size_t count = 0;
    for (size_t i = 0; i < group->count; i++) {
        if (group_member_is_again(&group->members[i]))
            continue;
        struct results_row *row = &rows[count++];
        double *samples = measurement->samples + i * repetitions;
        statistics_sort(samples, repetitions);
        struct interval interval =
            statistics_median_interval(samples, repetitions, 0.95, BOOTSTRAP_SEED);
        *row = make_row(group, &group->members[i]);
        row->median = statistics_median(samples, repetitions);
        row->ci_low = interval.low;
        row->ci_high = interval.high;
        row->samples = repetitions;
    }
    if (measurement->record) {
        char path[4096];
        if ((size_t)snprintf(path, sizeof(path), "%s/raw/%s.%s.%s.%zu.json", run->options->run_dir,
                             group->workload, group->operation, placement_name(group->placement),
                             group->size) >= sizeof(path))
            return failure_set(failure, "%s: the path is too long", run->options->run_dir);
        if (!whole_file_replace(path, measurement->record, measurement->record_size, failure))
            return false;
    }
    return results_file_add(run->results, rows, count, failure);
}

static enum outcome run_group(struct run *run, const struct case_group *group,
                              struct failure *failure)
{
    struct prepared prepared;
    struct measurement measurement = {NULL, NULL, 0};
    struct results_row *rows = calloc(group->count, sizeof(*rows));
    enum outcome outcome = FAILED;
    if (!prepared_open(&prepared, group, failure))
        goto out;
    measurement.samples =
        calloc(group->count, run->options->repetitions * sizeof(*measurement.samples));
    if (!measurement.samples || !rows) {
        failure_set(failure, "out of memory");
        goto out;
    }
    /* Again afterwards: a system that goes wrong in the course of many calls is wrong. */
    if (!prepared_verify(&prepared, failure) ||
        !measure_group(group, prepared.states, &measurement, failure) ||
        !prepared_verify(&prepared, failure))
        goto out;
    outcome = write_group(run, group, &measurement, rows, failure) ? WRITTEN : UNWRITABLE;
out:
    /* The signal may have reached a system's own processes, whose errors mean nothing. */
    if (measure_stop && outcome == FAILED)
        outcome = STOPPED;
    prepared_close(&prepared);
    free(measurement.samples);
    free(measurement.record);
    free(rows);
    return outcome;
}

static enum run_status stopped(struct run *run)
{
    progress_clear(&run->progress);
    fprintf(stderr,
            "og-bench: stopped; %zu of %zu groups are new in %s, and the same command resumes\n",
            run->progress.groups_begun - run->failed, run->progress.groups_total,
            run->options->run_dir);
    return RUN_STOPPED;
}

/* Runs the groups that are not there yet. */
static enum run_status run_all(struct run *run, const struct groups *groups)
{
    struct failure failure;
    for (size_t i = 0; i < groups->count; i++) {
        const struct case_group *group = &groups->items[i];
        if (group_is_there(run->results, group))
            continue;
        if (measure_stop)
            return stopped(run);
        progress_group(&run->progress, group, milliseconds_now());
        enum outcome outcome = run_group(run, group, &failure);
        if (outcome == STOPPED) {
            run->progress.groups_begun--;
            return stopped(run);
        }
        if (outcome != WRITTEN) {
            run->failed++;
            progress_clear(&run->progress);
            print_error(&failure);
        }
        if (outcome == UNWRITABLE)
            return RUN_FAILED;
        progress_done(&run->progress, group);
    }
    progress_end(&run->progress, milliseconds_now());
    if (!run->failed)
        return RUN_DONE;
    fprintf(stderr, "og-bench: error: %zu of %zu groups failed (see above) and have no rows\n",
            run->failed, run->progress.groups_total);
    return RUN_FAILED;
}

static void begin_progress(struct run *run, const struct groups *groups)
{
    size_t todo = 0;
    size_t rows = 0;
    for (size_t i = 0; i < groups->count; i++) {
        if (group_is_there(run->results, &groups->items[i]))
            continue;
        todo++;
        rows += groups->items[i].count;
    }
    struct winsize window = {0};
    bool terminal = isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &window);
    printf("%zu groups, %zu of them in %s already; %zu rows to measure, seed %" PRIu64 "\n",
           groups->count, groups->count - todo, run->options->run_dir, rows, run->options->seed);
    progress_begin(&run->progress, stdout, terminal, window.ws_col, todo, rows, milliseconds_now());
}

enum run_status run_groups(const struct options *options, const struct groups *groups)
{
    struct failure failure;
    struct run run = {.options = options};
    const struct plan plan = {options->repetitions, options->min_time, options->seed};
    char raw[4096];
    enum run_status status = RUN_UNUSABLE;
    if (!results_file_open(&run.results, options->run_dir, &failure) ||
        !measure_start(&plan, &failure)) {
        print_error(&failure);
        goto out;
    }
    if ((size_t)snprintf(raw, sizeof(raw), "%s/raw", options->run_dir) >= sizeof(raw) ||
        (mkdir(raw, 0777) && errno != EEXIST)) {
        failure_set(&failure, "%s/raw: the directory cannot be made: %s", options->run_dir,
                    strerror(errno));
        print_error(&failure);
        goto out;
    }
    begin_progress(&run, groups);
    status = run_all(&run, groups);
out:
    results_file_close(run.results);
    return status;
}

static void list(const struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++)
        for (size_t j = 0; j < groups->items[i].count; j++) {
            char name[CASE_NAME_MAX];
            if (group_member_is_again(&groups->items[i].members[j]))
                continue;
            case_name(name, groups->items[i].members[j].table, groups->items[i].members[j].item);
            puts(name);
        }
}

enum run_status run_main(int argc, char **argv, const struct workload_tables *tables)
{
    struct options options;
    struct failure failure;
    struct groups groups = {NULL, 0};
    struct workload_tables here = {0};
    enum run_status status = RUN_UNUSABLE;
    if (!options_parse(&options, argc, argv, &failure)) {
        print_error(&failure);
    } else if (options.help) {
        fputs(options_usage, stdout);
        status = RUN_DONE;
    } else if (!available_tables(&here, tables, &failure) ||
               !groups_make(&groups, &here, &options.selection, &failure) ||
               !groups_again(&groups, &here, options.again, &failure)) {
        print_error(&failure);
    } else if (options.list) {
        list(&groups);
        status = RUN_DONE;
    } else {
        if (!options.in_order)
            groups_shuffle(&groups, options.seed);
        status = run_groups(&options, &groups);
    }
    groups_free(&groups);
    available_free(&here);
    return status;
}
