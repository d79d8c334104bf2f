/* Workload tables made to go right and wrong on purpose, for the harness's own
 * tests: "raw" and "same" are correct, "wrong" computes one wrong byte at one size,
 * "broken" cannot be prepared, "failing" fails once it is measured, "short" gives a byte
 * too few, "tiring" fails and "stopping" is interrupted between samples; "alone" is an
 * operation that raw does not have. While it is measured "placed" must have been arrived for,
 * and every other system must not; "lost" cannot be arrived for. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/harness/tables.h"

enum fake {
    FAKE_GOOD,
    FAKE_WRONG,
    FAKE_BROKEN,
    FAKE_FAILING,
    FAKE_SHORT,
    FAKE_TIMED,
    FAKE_TIRING,
    FAKE_STOPPING,
    FAKE_PLACED
};

enum { WRONG_SIZE = 64, WRONG_BYTE = 40, TIRED_AFTER = 20 };

struct state {
    const struct workload_case *self;
    unsigned char *in;
    unsigned char *out;
    unsigned runs;
};

static bool arrived; /* for "placed", and not left yet */

static bool arrive(const char *system, struct case_error *why)
{
    if (!strcmp(system, "lost")) {
        snprintf(why->message, sizeof(why->message), "the fake knows no way");
        return false;
    }
    arrived = !strcmp(system, "placed");
    return true;
}

static void leave(void)
{
    arrived = false;
}

static void finish(void *opaque)
{
    struct state *state = opaque;
    if (!state)
        return;
    free(state->in);
    free(state->out);
    free(state);
}

static void *prepare(const struct workload_case *self, struct case_error *error)
{
    if (self->parameter == FAKE_BROKEN) {
        snprintf(error->message, sizeof(error->message), "the fake is out of order");
        return NULL;
    }
    struct state *state = calloc(1, sizeof(*state));
    if (!state)
        return NULL;
    state->self = self;
    state->in = malloc(self->size + 1);
    state->out = malloc(self->size + 1);
    if (!state->in || !state->out) {
        finish(state);
        return NULL;
    }
    for (size_t i = 0; i < self->size; i++)
        state->in[i] = (unsigned char)(i * 7 + 3);
    return state;
}

static bool run(void *opaque, uint64_t iterations, uint64_t *elapsed, struct case_error *error)
{
    struct state *state = opaque;
    size_t size = state->self->size;
    state->runs++;
    if (arrived && state->self->parameter != FAKE_PLACED) {
        snprintf(error->message, sizeof(error->message), "another system is arrived for");
        return false;
    }
    /* Outputs are made outside of samples, once an operation. */
    if (!arrived && state->self->parameter == FAKE_PLACED && iterations > 1) {
        snprintf(error->message, sizeof(error->message), "nobody has arrived");
        return false;
    }
    if (state->self->parameter == FAKE_STOPPING && state->runs == TIRED_AFTER)
        raise(SIGINT);
    /* The first run is the output's. How many operations a sample has hangs on the clock. */
    if ((state->self->parameter == FAKE_FAILING && state->runs > 1) ||
        (state->self->parameter == FAKE_TIRING && state->runs == TIRED_AFTER)) {
        snprintf(error->message, sizeof(error->message), "the fake gave up");
        return false;
    }
    for (uint64_t n = 0; n < iterations; n++) {
        for (size_t i = 0; i < size; i++)
            state->out[i] = state->in[size - 1 - i];
        __asm__ volatile("" : : "r"(state->out) : "memory");
    }
    if (state->self->parameter == FAKE_WRONG && size == WRONG_SIZE)
        state->out[WRONG_BYTE] ^= 1;
    if (elapsed)
        *elapsed = iterations * 12345;
    return true;
}

static bool output(void *opaque, struct case_output *output, struct case_error *error)
{
    struct state *state = opaque;
    if (!run(state, 1, NULL, error))
        return false;
    *output = (struct case_output){state->out, state->self->size};
    if (state->self->parameter == FAKE_SHORT)
        output->size--;
    return true;
}

#define CASE(name, where, bytes, fake)                                                             \
    {                                                                                              \
        .operation = name, .placement = where, .size = bytes, .parameter = fake,                   \
        .prepare = prepare, .run = run, .output = output, .finish = finish,                        \
        .self_timed = (fake) == FAKE_TIMED                                                         \
    }

#define TABLE(symbol, system_name, cases_of)                                                       \
    static const struct workload_table symbol = {"fake", system_name, cases_of,                    \
                                                 sizeof(cases_of) / sizeof((cases_of)[0])}

#define REVERSE(fake)                                                                              \
    CASE("reverse", PLACEMENT_COPIED, 16, fake), CASE("reverse", PLACEMENT_COPIED, 64, fake),      \
        CASE("reverse", PLACEMENT_COPIED, 256, fake)

static const struct workload_case raw_cases[] = {
    REVERSE(FAKE_GOOD),
    CASE("reverse", PLACEMENT_RESIDENT, 64, FAKE_GOOD),
    CASE("timed", PLACEMENT_COPIED, 0, FAKE_TIMED),
};
static const struct workload_case same_cases[] = {
    REVERSE(FAKE_GOOD),
    CASE("reverse", PLACEMENT_RESIDENT, 64, FAKE_GOOD),
    CASE("alone", PLACEMENT_COPIED, 16, FAKE_GOOD),
};
static const struct workload_case wrong_cases[] = {REVERSE(FAKE_WRONG)};
static const struct workload_case broken_cases[] = {REVERSE(FAKE_BROKEN)};
static const struct workload_case failing_cases[] = {REVERSE(FAKE_FAILING)};
static const struct workload_case tiring_cases[] = {REVERSE(FAKE_TIRING)};
static const struct workload_case stopping_cases[] = {REVERSE(FAKE_STOPPING)};
static const struct workload_case placed_cases[] = {REVERSE(FAKE_PLACED)};
static const struct workload_case lost_cases[] = {REVERSE(FAKE_GOOD)};
static const struct workload_case short_cases[] = {REVERSE(FAKE_SHORT)};

TABLE(raw, "raw", raw_cases);
TABLE(same, "same", same_cases);
TABLE(wrong, "wrong", wrong_cases);
TABLE(broken, "broken", broken_cases);
TABLE(failing, "failing", failing_cases);
TABLE(shorter, "short", short_cases);
TABLE(tiring, "tiring", tiring_cases);
TABLE(stopping, "stopping", stopping_cases);
TABLE(placed, "placed", placed_cases);
TABLE(lost, "lost", lost_cases);

static const struct workload_table *const items[] = {
    &raw, &same, &wrong, &broken, &failing, &shorter, &tiring, &stopping, &placed, &lost};

const struct workload_tables workload_tables = {
    .items = items,
    .count = sizeof(items) / sizeof(items[0]),
    .arrive = arrive,
    .leave = leave,
};
