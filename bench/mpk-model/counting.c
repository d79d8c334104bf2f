/* The driver that counts crossings: a sample is how often one operation crosses into its domain
 * and out of it. The record says which crossings they were. Linked with crossings.c. */
#include "bench/harness/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/mpk-model/crossings.h"

const char measure_target[] = HARNESS_TARGET;
const char measure_kind[] = "counted";
const char measure_unit[] = "crossings";

static struct plan settings;

uint64_t workload_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

bool measure_start(const struct plan *plan, struct failure *failure)
{
    (void)failure;
    settings = *plan;
    return true;
}

static struct crossings less(struct crossings a, struct crossings b)
{
    return (struct crossings){a.calls - b.calls, a.stack_words - b.stack_words,
                              a.callbacks - b.callbacks, a.heap_calls - b.heap_calls,
                              a.lives - b.lives};
}

static bool same(struct crossings a, struct crossings b)
{
    return a.calls == b.calls && a.stack_words == b.stack_words && a.callbacks == b.callbacks &&
           a.heap_calls == b.heap_calls && a.lives == b.lives;
}

/* Runs the member's operation `iterations` times; *found gets what was crossed. */
static bool count(const struct group_member *member, void *state, uint64_t iterations,
                  struct crossings *found, struct failure *failure)
{
    const struct workload_case *item = member->item;
    struct case_error error = {""};
    char name[CASE_NAME_MAX];
    uint64_t elapsed = 0;
    struct crossings before = crossings;
    bool done = item->run(state, iterations, item->self_timed ? &elapsed : NULL, &error);
    *found = less(crossings, before);
    if (done)
        return true;
    case_name(name, member->table, item);
    return failure_set(failure, "%s: failed while its crossings were counted: %s", name,
                       *error.message ? error.message : "no reason given");
}

/* One operation's crossings: what two operations have more than one, and three more than two.
 * What a run does once, however many operations it is of, is in neither. */
static bool count_one(const struct group_member *member, void *state, struct crossings *one,
                      struct failure *failure)
{
    struct crossings first;
    struct crossings of[3];
    char name[CASE_NAME_MAX];
    if (!count(member, state, 1, &first, failure))
        return false;
    for (uint64_t i = 0; i < 3; i++)
        if (!count(member, state, i + 1, &of[i], failure))
            return false;
    *one = less(of[1], of[0]);
    if (same(*one, less(of[2], of[1])))
        return true;
    case_name(name, member->table, member->item);
    return failure_set(failure,
                       "%s: the second operation crosses %" PRIu64 " times, the third %" PRIu64
                       ": an operation must always do the same",
                       name, one->calls + one->callbacks,
                       of[2].calls - of[1].calls + of[2].callbacks - of[1].callbacks);
}

static bool write_record(const struct case_group *group, const struct crossings *counts,
                         struct measurement *measurement, struct failure *failure)
{
    FILE *file = open_memstream(&measurement->record, &measurement->record_size);
    if (!file)
        return failure_set(failure, "out of memory");
    fprintf(file, "{\n  \"context\": {\"target\": \"%s\"},\n  \"crossings\": [", measure_target);
    for (size_t i = 0; i < group->count; i++) {
        const struct group_member *member = &group->members[i];
        const struct crossings *one = &counts[i];
        char name[CASE_NAME_MAX];
        case_name(name, member->table, member->item);
        fprintf(file,
                "%s\n    {\"name\": \"%s\", \"calls\": %" PRIu64 ", \"stack_words\": %" PRIu64
                ", \"callbacks\": %" PRIu64 ", \"heap_calls\": %" PRIu64 ", \"lives\": %" PRIu64
                "}",
                i ? "," : "", name, one->calls, one->stack_words, one->callbacks, one->heap_calls,
                one->lives);
    }
    fputs("\n  ]\n}\n", file);
    return fclose(file) == 0 || failure_set(failure, "out of memory");
}

bool measure_group(const struct case_group *group, void *const *states,
                   struct measurement *measurement, struct failure *failure)
{
    struct crossings *counts = calloc(group->count, sizeof(*counts));
    bool done = true;
    if (!counts)
        return failure_set(failure, "out of memory");
    for (size_t i = 0; i < group->count && done && !measure_stop; i++) {
        done = count_one(&group->members[i], states[i], &counts[i], failure);
        for (unsigned j = 0; j < settings.repetitions; j++)
            measurement->samples[i * settings.repetitions + j] =
                (double)(counts[i].calls + counts[i].callbacks + counts[i].heap_calls);
    }
    done = done && !measure_stop && write_record(group, counts, measurement, failure);
    free(counts);
    return done;
}
