/* The driver for the PKU guest (tools/pku-guest --icount), whose time-stamp counter
 * advances by one with each instruction: samples are instructions per operation, kind
 * "emulated". What the guest's kernel executes meanwhile counts too, and of a string instruction
 * each step, because that is how QEMU counts. */
#include "bench/harness/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/harness/random.h"
#include "bench/harness/stack_offset.h"
#include "bench/harness/tables.h"

const char measure_target[] = "pku-guest";
const char measure_kind[] = "emulated";
const char measure_unit[] = "instructions";

/* The kernel's clock interrupts every 4 million instructions, with some 2,400 of its own. So a
 * sample is either so short that it hardly ever holds one, and the median none, or so long that
 * it holds its share. */
enum {
    SHORT_SAMPLE = 200000, /* instructions, about; for operations that cost less than that */
    LONG_SAMPLE = 8000000, /* for the others; one operation at least */
    ITERATIONS_MAX = 5000,
    SETTLE_NANOSECONDS = 300000000,
    CHECK_LOOPS = 100000, /* of two instructions, to see what the clock counts */
    CHECK_PERCENT = 2,    /* how far off it may be */
};

static struct plan settings;

uint64_t workload_clock(void)
{
    return __builtin_ia32_rdtsc();
}

/* What the clock says to a loop of 2 * CHECK_LOOPS instructions. */
static uint64_t count_loop(void)
{
    uint64_t loops = CHECK_LOOPS;
    uint64_t start = workload_clock();
    __asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(loops) : : "cc");
    return workload_clock() - start;
}

bool measure_start(const struct plan *wanted, struct failure *failure)
{
    const uint64_t expected = 2 * CHECK_LOOPS;
    settings = *wanted;
    /* Again when an interrupt came between. */
    for (int attempt = 0; attempt < 3; attempt++) {
        uint64_t counted = count_loop();
        if (counted >= expected && counted - expected <= expected * CHECK_PERCENT / 100)
            return true;
    }
    return failure_set(failure, "this machine's time-stamp counter does not count instructions: "
                                "og-bench-counted runs in the guest of "
                                "tools/pku-guest --icount (`make bench-pku`)");
}

/* Runs the member's operation; *cost gets the instructions of all iterations. */
static bool count(const struct group_member *member, void *state, size_t offset,
                  uint64_t iterations, uint64_t *cost, struct failure *failure)
{
    const struct workload_case *item = member->item;
    struct case_error error = {""};
    char name[CASE_NAME_MAX];
    uint64_t elapsed = 0;
    bool done = !workload_tables.arrive || workload_tables.arrive(member->table->system, &error);
    if (done) {
        uint64_t start = workload_clock();
        done = stack_offset_run(offset, item, state, iterations, item->self_timed ? &elapsed : NULL,
                                &error);
        *cost = item->self_timed ? elapsed : workload_clock() - start;
        if (workload_tables.leave)
            workload_tables.leave();
    }
    if (done)
        return true;
    case_name(name, member->table, item);
    return failure_set(failure, "%s: failed while it was measured: %s", name,
                       *error.message ? error.message : "no reason given");
}

/* How many operations make a sample. */
static bool calibrate(const struct group_member *member, void *state, uint64_t *iterations,
                      struct failure *failure)
{
    uint64_t cost = 0;
    if (!count(member, state, 0, 1, &cost, failure))
        return false;
    uint64_t sample = cost <= SHORT_SAMPLE ? SHORT_SAMPLE : LONG_SAMPLE;
    *iterations = sample / (cost ? cost : 1);
    if (*iterations < 1)
        *iterations = 1;
    if (*iterations > ITERATIONS_MAX)
        *iterations = ITERATIONS_MAX;
    return true;
}

/* A random order of the `total` samples of all members, as member * repetitions + repetition. */
static size_t *shuffled(size_t total, struct random *random)
{
    size_t *order = calloc(total ? total : 1, sizeof(*order));
    for (size_t i = 0; order && i < total; i++) {
        size_t j = random_below(random, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    return order;
}

/* The samples in the form of Google Benchmark's JSON, which is what reads them. */
static bool write_record(const struct case_group *group, const uint64_t *iterations,
                         struct measurement *measurement)
{
    FILE *file = open_memstream(&measurement->record, &measurement->record_size);
    if (!file)
        return false;
    fprintf(file,
            "{\n  \"context\": {\"target\": \"%s\", \"seed\": \"%" PRIu64 "\"},\n"
            "  \"benchmarks\": [",
            measure_target, settings.seed);
    for (size_t i = 0; i < group->count * settings.repetitions; i++) {
        const struct group_member *member = &group->members[i / settings.repetitions];
        char name[CASE_NAME_MAX];
        case_name(name, member->table, member->item);
        fprintf(file,
                "%s\n    {\"name\": \"%s\", \"run_type\": \"iteration\", "
                "\"repetition_index\": %zu, \"iterations\": %" PRIu64 ", "
                "\"real_time\": %.6f, \"time_unit\": \"instructions\"}",
                i ? "," : "", name, i % settings.repetitions, iterations[i / settings.repetitions],
                measurement->samples[i]);
    }
    fputs("\n  ]\n}\n", file);
    return fclose(file) == 0;
}

/* Lets the kernel finish, in idle time, which costs the emulator nothing, what it has put off:
 * the namespaces of the last group's worker processes are taken down long after their end. */
static void settle(void)
{
    const struct timespec pause = {0, SETTLE_NANOSECONDS};
    nanosleep(&pause, NULL);
}

bool measure_group(const struct case_group *group, void *const *states,
                   struct measurement *measurement, struct failure *failure)
{
    const size_t total = group->count * settings.repetitions;
    struct random random = {settings.seed};
    uint64_t *iterations = calloc(group->count, sizeof(*iterations));
    size_t *order = shuffled(total, &random);
    bool done = iterations && order;
    settle();
    if (!done)
        failure_set(failure, "out of memory");
    for (size_t i = 0; i < group->count && done && !measure_stop; i++)
        done = calibrate(&group->members[i], states[i], &iterations[i], failure);
    for (size_t i = 0; i < total && done && !measure_stop; i++) {
        size_t member = order[i] / settings.repetitions;
        size_t offset = random_below(&random, STACK_OFFSET_STEPS) * STACK_OFFSET_STEP;
        uint64_t cost = 0;
        done = count(&group->members[member], states[member], offset, iterations[member], &cost,
                     failure);
        measurement->samples[order[i]] = (double)cost / (double)iterations[member];
    }
    done = done && !measure_stop;
    if (done && !write_record(group, iterations, measurement))
        done = failure_set(failure, "out of memory");
    free(iterations);
    free(order);
    return done;
}
