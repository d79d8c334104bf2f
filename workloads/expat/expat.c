/* Expat: parsing XML files at once, with a callback into the host for each element's start and
 * end and for text. The callbacks are the work: they sum up what they are given.
 *
 * The same source for every system; WORKLOAD_STUBS brings the calls in its discipline
 * (expat.og.h says which). A case's size is that of its file, one of inputs.list. `copied`: the
 * file is in host memory. `resident`: it is where the library can reach it. */
#include WORKLOAD_STUBS

#include "bench/harness/input.h"
#include "bench/harness/workload.h"
#include "bench/workload/case.h"

#include <stdlib.h>
#include <string.h>

#define INPUT(kind, package, path, sha256) {kind, package, path},
static const struct input inputs[] = {
#include "workloads/expat/inputs.list"
};

/* What the callbacks saw, so that losing, changing or swapping any of it shows. */
struct seen {
    uint64_t elements, attributes, characters, folded;
};

struct state {
    const struct workload_case *self;
    struct expat expat;
    struct expat_parser parser;
    bool has_parser;
    struct expat_start_element start;
    struct expat_end_element end;
    struct expat_character_data text;
    struct seen seen;
    unsigned char *file; /* self->size bytes */
#if RESIDENT_PLACEMENT
    unsigned char resident *resident_file;
#endif
};

/* ---- the callbacks ---- */

static void fold(struct seen *seen, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        seen->folded = (seen->folded << 5 | seen->folded >> 59) ^ (unsigned char)bytes[i];
}

static void started(void *user, const XML_Char *name, const XML_Char **atts)
{
    struct seen *seen = user;
    seen->elements++;
    fold(seen, name, strlen(name));
    for (; *atts; atts += 2) {
        seen->attributes++;
        fold(seen, atts[0], strlen(atts[0]));
        fold(seen, atts[1], strlen(atts[1]));
    }
}

static void ended(void *user, const XML_Char *name)
{
    fold(user, name, strlen(name));
}

static void found_text(void *user, const XML_Char *s, int len)
{
    struct seen *seen = user;
    seen->characters += (uint64_t)len;
    fold(seen, s, (size_t)len);
}

/* ---- one operation ---- */

/* Makes the parser, which has parsed before, ready for a file. */
static inline enum og_error set_up(struct state *state, struct og_fault *fault)
{
    XML_Bool done = XML_FALSE;
    memset(&state->seen, 0, sizeof(state->seen));
    enum og_error error = call_XML_ParserReset(&state->expat, &done, &state->parser, NULL, fault);
    if (!error && !done)
        error = case_unexpected(fault, "XML_ParserReset", done);
    if (!error)
        error = call_XML_SetUserData(&state->expat, &state->parser, &state->seen, fault);
    if (!error)
        error = call_XML_SetElementHandler(&state->expat, &state->parser, &state->start,
                                           &state->end, fault);
    if (!error)
        error =
            call_XML_SetCharacterDataHandler(&state->expat, &state->parser, &state->text, fault);
    return error;
}

static inline enum og_error check(struct state *state, enum XML_Status status,
                                  struct og_fault *fault)
{
    enum XML_Error code = XML_ERROR_NONE;
    if (status == XML_STATUS_OK)
        return OG_OK;
    enum og_error error = call_XML_GetErrorCode(&state->expat, &code, &state->parser, fault);
    return error ? error : case_unexpected(fault, "XML_Parse, with the error code", (int)code);
}

static enum og_error parse(struct state *state, struct og_fault *fault)
{
    enum XML_Status status = XML_STATUS_ERROR;
    enum og_error error = set_up(state, fault);
    if (!error)
        error = call_XML_Parse(&state->expat, &status, &state->parser, (const char *)state->file,
                               (int)state->self->size, 1, fault);
    return error ? error : check(state, status, fault);
}

CASE_RUN_COPIED(parse)

#if RESIDENT_PLACEMENT

static enum og_error resident_parse(struct state *state, instance_scope *scope,
                                    struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    enum XML_Status status = XML_STATUS_ERROR;
    enum og_error error = set_up(state, fault);
    if (!error)
        error = invoke_XML_Parse(&state->expat, scope, &status, &state->parser,
                                 (const char resident *)state->resident_file,
                                 (int)state->self->size, 1, fault);
    return error ? error : check(state, status, fault);
}

CASE_RUN_RESIDENT(resident_parse, expat)

static enum og_error place(struct state *state, struct og_fault *fault)
{
    instance_scope scope;
    enum og_error error = resident_alloc(&state->expat.instance, &state->resident_file,
                                         state->self->size, CASE_ALIGNMENT, fault);
    if (error)
        return error;
    instance_enter(&state->expat.instance, &scope);
    error = resident_fill(&scope, state->resident_file, state->file, state->self->size, fault);
    instance_leave(&scope);
    return error;
}

static void unplace(struct state *state)
{
    resident_free(&state->expat.instance, state->resident_file);
}

#else

static enum og_error place(struct state *state, struct og_fault *fault)
{
    (void)state;
    return og_fail(fault, OG_UNSUPPORTED, NULL, 0, "nothing is resident in this system");
}

static void unplace(struct state *state)
{
    (void)state;
}

#endif

/* ---- cases ---- */

static bool output(void *opaque, struct case_output *output, struct case_error *error)
{
    struct state *state = opaque;
    if (!state->self->run(state, 1, NULL, error))
        return false;
    *output = (struct case_output){&state->seen, sizeof(state->seen)};
    return true;
}

static void finish(void *opaque)
{
    struct state *state = opaque;
    struct og_fault fault;
    if (!state)
        return;
    /* An error here means that the parser was lost with its instance, as it is next anyway. */
    if (state->has_parser)
        (void)call_XML_ParserFree(&state->expat, &state->parser, &fault);
    unplace(state);
    expat_start_element_close(&state->expat, &state->start);
    expat_end_element_close(&state->expat, &state->end);
    expat_character_data_close(&state->expat, &state->text);
    expat_close(&state->expat);
    free(state->file);
    free(state);
}

static enum og_error open_parser(struct state *state, struct og_fault *fault)
{
    struct seen *seen = &state->seen;
    enum og_error error = expat_open(&state->expat, CASE_OPTIONS(), fault);
    if (!error)
        error = expat_start_element_open(&state->expat, &state->start, started, seen, fault);
    if (!error)
        error = expat_end_element_open(&state->expat, &state->end, ended, seen, fault);
    if (!error)
        error = expat_character_data_open(&state->expat, &state->text, found_text, seen, fault);
    if (!error)
        error = call_XML_ParserCreate(&state->expat, &state->parser, NULL, fault);
    state->has_parser = !error;
    return error;
}

static enum og_error make(struct state *state, const struct workload_case *self,
                          struct case_error *error, struct og_fault *fault)
{
    state->self = self;
    enum og_error failed = open_parser(state, fault);
    if (!failed)
        state->file = case_allocate(self->size, fault);
    if (!failed && !state->file)
        failed = OG_NO_MEMORY;
    if (!failed && !input_read_whole(inputs, sizeof(inputs) / sizeof(inputs[0]),
                                     inputs[self->parameter].kind, state->file, self->size, error))
        failed = OG_NOT_FOUND;
    if (!failed && self->placement == PLACEMENT_RESIDENT)
        failed = place(state, fault);
    return failed;
}

CASE_PREPARE(make)

#define CASE(which, placed, runs, bytes)                                                           \
    {                                                                                              \
        .operation = "parse", .placement = placed, .size = bytes, .parameter = which,              \
        .prepare = prepare, .run = runs, .output = output, .finish = finish,                       \
    }

/* The files of inputs.list. */
#define EVERY_FILE(placed, runs)                                                                   \
    CASE(0, placed, runs, 1162), CASE(1, placed, runs, 4778), CASE(2, placed, runs, 30366),        \
        CASE(3, placed, runs, 206205)

static const struct workload_case cases[] = {
    EVERY_FILE(PLACEMENT_COPIED, run_parse),
#if RESIDENT_PLACEMENT
    EVERY_FILE(PLACEMENT_RESIDENT, run_resident_parse),
#endif
};

const struct workload_table WORKLOAD_TABLE;
const struct workload_table WORKLOAD_TABLE = {
    .workload = "expat",
    .system = WORKLOAD_SYSTEM_NAME,
    .cases = cases,
    .count = sizeof(cases) / sizeof(cases[0]),
};
