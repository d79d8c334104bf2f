/* zlib: deflating and inflating a text and a binary file, at once (compress2, uncompress)
 * and as a stream (a z_stream that the library keeps, fed 4 KiB at a time, with 16 KiB of
 * room for what comes out).
 *
 * The same source for every system; WORKLOAD_STUBS brings the calls in its discipline
 * (zlib.og.h says which). A case's size is that of the plain data: the
 * beginning of an input file of inputs.list, which is repeated if it is shorter. What is
 * inflated was deflated before, through the same system. `copied`: plain and deflated
 * data are in host memory. `resident`: they are where the library can reach them; a
 * stream's output window is used in place after each call. Level 6, zlib's default. */
#include WORKLOAD_STUBS

#include "workloads/discipline/case.h"
#include "workloads/harness/input.h"
#include "workloads/harness/workload.h"

#include <stdlib.h>
#include <string.h>

enum { LEVEL = 6, CHUNK = 4096, WINDOW = 16384 };

/* A case's parameter: one of each pair. */
enum { DEFLATE = 0, INFLATE = 1, TEXT = 0, BINARY = 2, ONE_SHOT = 0, STREAM = 4 };

#define INPUT(kind, package, path, sha256) {kind, package, path},
static const struct input inputs[] = {
#include "workloads/zlib/inputs.list"
};

struct state {
    const struct workload_case *self;
    struct zlib zlib;
    struct zlib_deflating deflating;
    struct zlib_inflating inflating;
    bool stream_is_open;
    unsigned char *plain; /* self->size bytes */
    unsigned char *in;    /* `plain`, or what it deflates to */
    size_t in_size;
    unsigned char *out;
    size_t out_capacity;
    size_t out_size; /* after a run */
    unsigned char fold;
#if RESIDENT_PLACEMENT
    bool collecting; /* streams: windows also go to `out`, for verification */
    unsigned char resident *resident_in;
    unsigned char resident *resident_out; /* streams: the window */
#endif
};

static bool is_inflating(const struct state *state)
{
    return state->self->parameter & INFLATE;
}

static bool is_streaming(const struct state *state)
{
    return state->self->parameter & STREAM;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* After a call of a stream: did it get on, and no further than to the stream's end? */
static inline enum og_error check_step(bool inflating, int status, bool progressed,
                                       struct og_fault *fault)
{
    if (status == Z_STREAM_END || (status == Z_OK && progressed))
        return OG_OK;
    return case_unexpected(fault, inflating ? "inflate" : "deflate", status);
}

/* A stream that ended: was that the end of the input, too? */
static inline enum og_error check_end(bool inflating, size_t left, struct og_fault *fault)
{
    return left ? og_fail(fault, OG_CONTRACT, inflating ? "inflate" : "deflate", 0,
                          "the stream ended before its input")
                : OG_OK;
}

static inline enum og_error restart(struct state *state, bool inflating, struct og_fault *fault)
{
    int status = Z_ERRNO;
    enum og_error error = inflating
                              ? call_inflateReset(&state->zlib, &status, &state->inflating, fault)
                              : call_deflateReset(&state->zlib, &status, &state->deflating, fault);
    if (!error && status != Z_OK)
        error = case_unexpected(fault, inflating ? "inflateReset" : "deflateReset", status);
    return error;
}

/* ---- one operation on data in host memory ---- */

static inline enum og_error deflate_once(struct state *state, struct og_fault *fault)
{
    int status = Z_ERRNO;
    uLongf size = state->out_capacity;
    enum og_error error = call_compress2(&state->zlib, &status, state->out, &size, state->in,
                                         state->in_size, LEVEL, fault);
    if (!error && status != Z_OK)
        error = case_unexpected(fault, "compress2", status);
    state->out_size = size;
    return error;
}

static inline enum og_error inflate_once(struct state *state, struct og_fault *fault)
{
    int status = Z_ERRNO;
    uLongf size = state->out_capacity;
    enum og_error error =
        call_uncompress(&state->zlib, &status, state->out, &size, state->in, state->in_size, fault);
    if (!error && status != Z_OK)
        error = case_unexpected(fault, "uncompress", status);
    state->out_size = size;
    return error;
}

/* `inflating` is a constant where this is inlined. */
static inline __attribute__((always_inline)) enum og_error
stream_through(struct state *state, bool inflating, struct og_fault *fault)
{
    z_stream *host = inflating ? &state->inflating.host : &state->deflating.host;
    size_t unfed = state->in_size, room = state->out_capacity;
    int status = Z_OK;
    enum og_error error = restart(state, inflating, fault);
    host->next_in = state->in;
    host->avail_in = 0;
    host->next_out = state->out;
    while (!error && status == Z_OK) {
        if (!host->avail_in) {
            host->avail_in = (uInt)smaller(unfed, CHUNK);
            unfed -= host->avail_in;
        }
        host->avail_out = (uInt)smaller(room, WINDOW);
        uInt had_in = host->avail_in, had_out = host->avail_out;
        error = inflating
                    ? call_inflate(&state->zlib, &status, &state->inflating, Z_NO_FLUSH, fault)
                    : call_deflate(&state->zlib, &status, &state->deflating,
                                   unfed ? Z_NO_FLUSH : Z_FINISH, fault);
        room -= had_out - host->avail_out;
        if (!error)
            error = check_step(inflating, status,
                               host->avail_in != had_in || host->avail_out != had_out, fault);
    }
    state->out_size = state->out_capacity - room;
    return error ? error : check_end(inflating, unfed + host->avail_in, fault);
}

static enum og_error deflate_stream(struct state *state, struct og_fault *fault)
{
    return stream_through(state, false, fault);
}

static enum og_error inflate_stream(struct state *state, struct og_fault *fault)
{
    return stream_through(state, true, fault);
}

CASE_RUN_COPIED(deflate_once)
CASE_RUN_COPIED(inflate_once)
CASE_RUN_COPIED(deflate_stream)
CASE_RUN_COPIED(inflate_stream)

/* ---- one operation on data where the library can reach it ---- */

#if RESIDENT_PLACEMENT

static inline enum og_error resident_deflate_once(struct state *state, instance_scope *scope,
                                                  struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    int status = Z_ERRNO;
    uLongf size = state->out_capacity;
    enum og_error error = invoke_compress2(&state->zlib, scope, &status, state->resident_out, &size,
                                           state->resident_in, state->in_size, LEVEL, fault);
    if (!error && status != Z_OK)
        error = case_unexpected(fault, "compress2", status);
    state->out_size = size;
    return error ? error : resident_fold(scope, &state->fold, state->resident_out, size, fault);
}

static inline enum og_error resident_inflate_once(struct state *state, instance_scope *scope,
                                                  struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    int status = Z_ERRNO;
    uLongf size = state->out_capacity;
    enum og_error error = invoke_uncompress(&state->zlib, scope, &status, state->resident_out,
                                            &size, state->resident_in, state->in_size, fault);
    if (!error && status != Z_OK)
        error = case_unexpected(fault, "uncompress", status);
    state->out_size = size;
    return error ? error : resident_fold(scope, &state->fold, state->resident_out, size, fault);
}

/* Uses a window with `size` new bytes in it. */
static inline enum og_error use_window(struct state *state, instance_scope *scope, size_t size,
                                       struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    size_t before = state->out_size;
    state->out_size += size;
    if (!state->collecting)
        return resident_fold(scope, &state->fold, state->resident_out, size, fault);
    if (state->out_size > state->out_capacity)
        return og_fail(fault, OG_CONTRACT, "zlib", 0, "the stream is longer than it can be");
    return resident_copy_out(scope, state->out + before, state->resident_out, size, fault);
}

/* `inflating` is a constant where this is inlined. */
static inline __attribute__((always_inline)) enum og_error
resident_stream_through(struct state *state, instance_scope *scope, bool inflating,
                        struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    size_t unfed = state->in_size;
    uInt left_in = 0;
    int status = Z_OK;
    enum og_error error = restart(state, inflating, fault);
    state->out_size = 0;
    while (!error && status == Z_OK) {
        if (!left_in) {
            left_in = (uInt)smaller(unfed, CHUNK);
            unfed -= left_in;
        }
        const Bytef resident *next_in = state->resident_in + (state->in_size - unfed - left_in);
        uInt had_in = left_in, left_out = WINDOW;
        error = inflating
                    ? invoke_inflate(&state->zlib, scope, &status, &state->inflating, next_in,
                                     &left_in, state->resident_out, &left_out, Z_NO_FLUSH, fault)
                    : invoke_deflate(&state->zlib, scope, &status, &state->deflating, next_in,
                                     &left_in, state->resident_out, &left_out,
                                     unfed ? Z_NO_FLUSH : Z_FINISH, fault);
        if (!error)
            error = check_step(inflating, status, left_in != had_in || left_out != WINDOW, fault);
        if (!error)
            error = use_window(state, scope, WINDOW - left_out, fault);
    }
    return error ? error : check_end(inflating, unfed + left_in, fault);
}

static enum og_error resident_deflate_stream(struct state *state, instance_scope *scope,
                                             struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    return resident_stream_through(state, scope, false, fault);
}

static enum og_error resident_inflate_stream(struct state *state, instance_scope *scope,
                                             struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    return resident_stream_through(state, scope, true, fault);
}

CASE_RUN_RESIDENT(resident_deflate_once, zlib)
CASE_RUN_RESIDENT(resident_inflate_once, zlib)
CASE_RUN_RESIDENT(resident_deflate_stream, zlib)
CASE_RUN_RESIDENT(resident_inflate_stream, zlib)

static enum og_error place(struct state *state, struct og_fault *fault)
{
    instance_scope scope;
    size_t room = is_streaming(state) ? WINDOW : state->out_capacity;
    enum og_error error = resident_alloc(&state->zlib.instance, &state->resident_in, state->in_size,
                                         CASE_ALIGNMENT, fault);
    if (!error)
        error = resident_alloc(&state->zlib.instance, &state->resident_out, room, CASE_ALIGNMENT,
                               fault);
    if (error)
        return error;
    instance_enter(&state->zlib.instance, &scope);
    error = resident_fill(&scope, state->resident_in, state->in, state->in_size, fault);
    instance_leave(&scope);
    return error;
}

static void unplace(struct state *state)
{
    resident_free(&state->zlib.instance, state->resident_in);
    resident_free(&state->zlib.instance, state->resident_out);
}

/* Clears a one-shot result before the run, or copies it out after. A stream's windows are
 * copied out while it runs. */
static bool move_result(struct state *state, bool is_done, struct case_error *error)
{
    struct og_fault fault;
    instance_scope scope;
    if (is_streaming(state))
        return true;
    instance_enter(&state->zlib.instance, &scope);
    enum og_error failed =
        is_done
            ? resident_copy_out(&scope, state->out, state->resident_out, state->out_size, &fault)
            : resident_fill(&scope, state->resident_out, state->out, state->out_capacity, &fault);
    instance_leave(&scope);
    return failed ? case_fail(error, &fault) : true;
}

static bool run_resident_for_output(struct state *state, struct case_error *error)
{
    state->collecting = true;
    bool succeeded = move_result(state, false, error) && state->self->run(state, 1, NULL, error) &&
                     move_result(state, true, error);
    state->collecting = false;
    return succeeded;
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

static bool run_resident_for_output(struct state *state, struct case_error *error)
{
    return state->self->run(state, 1, NULL, error);
}

#endif

/* ---- cases ---- */

static bool output(void *opaque, struct case_output *output, struct case_error *error)
{
    struct state *state = opaque;
    memset(state->out, 0, state->out_capacity);
    bool succeeded = state->self->placement == PLACEMENT_RESIDENT
                         ? run_resident_for_output(state, error)
                         : state->self->run(state, 1, NULL, error);
    if (!succeeded)
        return false;
    output->bytes = state->out;
    output->size = state->out_size;
    if (!is_inflating(state) || (state->out_size == state->self->size &&
                                 !memcmp(state->out, state->plain, state->out_size)))
        return true;
    snprintf(error->message, sizeof(error->message),
             "what was deflated and inflated again is not what it was before");
    return false;
}

static void finish(void *opaque)
{
    struct state *state = opaque;
    struct og_fault fault;
    int status = Z_ERRNO;
    if (!state)
        return;
    /* An error here means that the stream was lost with its instance, as it is next anyway. */
    if (state->stream_is_open && is_inflating(state))
        (void)call_inflateEnd(&state->zlib, &status, &state->inflating, &fault);
    else if (state->stream_is_open)
        (void)call_deflateEnd(&state->zlib, &status, &state->deflating, &fault);
    unplace(state);
    zlib_close(&state->zlib);
    if (state->in != state->plain)
        free(state->in);
    free(state->plain);
    free(state->out);
    free(state);
}

/* What deflating `size` bytes gives at most: they are stored as they are, with 5 bytes for
 * each 16 KiB and a few around all. */
static size_t deflated_bound(size_t size)
{
    return size + size / 1024 + 64;
}

/* Fills `in` and makes `out`. */
static enum og_error make_buffers(struct state *state, struct og_fault *fault)
{
    size_t size = state->self->size;
    int status = Z_ERRNO;
    state->out_capacity = is_inflating(state) ? size : deflated_bound(size);
    state->out = case_allocate(state->out_capacity, fault);
    if (!state->out)
        return OG_NO_MEMORY;
    state->in = state->plain;
    state->in_size = size;
    if (!is_inflating(state))
        return OG_OK;
    uLongf deflated_size = deflated_bound(size);
    state->in = case_allocate(deflated_size, fault);
    if (!state->in)
        return OG_NO_MEMORY;
    enum og_error error = call_compress2(&state->zlib, &status, state->in, &deflated_size,
                                         state->plain, size, LEVEL, fault);
    state->in_size = deflated_size;
    if (!error && status != Z_OK)
        error = case_unexpected(fault, "compress2", status);
    return error;
}

static enum og_error open_stream(struct state *state, struct og_fault *fault)
{
    int status = Z_ERRNO;
    enum og_error error = is_inflating(state)
                              ? call_inflateInit_(&state->zlib, &status, &state->inflating,
                                                  ZLIB_VERSION, sizeof(z_stream), fault)
                              : call_deflateInit_(&state->zlib, &status, &state->deflating, LEVEL,
                                                  ZLIB_VERSION, sizeof(z_stream), fault);
    if (!error && status != Z_OK)
        error =
            case_unexpected(fault, is_inflating(state) ? "inflateInit_" : "deflateInit_", status);
    state->stream_is_open = !error;
    return error;
}

static void *prepare(const struct workload_case *self, struct case_error *error)
{
    struct og_fault fault;
    struct state *state = calloc(1, sizeof(*state));
    if (!state) {
        snprintf(error->message, sizeof(error->message), "the host is out of memory");
        return NULL;
    }
    state->self = self;
    enum og_error failed = zlib_open(&state->zlib, &fault);
    if (!failed)
        state->plain = case_allocate(self->size, &fault);
    if (!failed && !state->plain)
        failed = OG_NO_MEMORY;
    if (failed)
        goto failed;
    if (!input_read(inputs, sizeof(inputs) / sizeof(inputs[0]),
                    self->parameter & BINARY ? "binary" : "text", state->plain, self->size,
                    error)) {
        finish(state);
        return NULL;
    }
    failed = make_buffers(state, &fault);
    if (!failed && is_streaming(state))
        failed = open_stream(state, &fault);
    if (!failed && self->placement == PLACEMENT_RESIDENT)
        failed = place(state, &fault);
    if (!failed)
        return state;
failed:
    case_fail(error, &fault);
    finish(state);
    return NULL;
}

#define CASE(name, which, placed, runs, bytes)                                                     \
    {                                                                                              \
        .operation = name, .placement = placed, .size = bytes, .parameter = which,                 \
        .prepare = prepare, .run = runs, .output = output, .finish = finish,                       \
    }

#define EVERY_SIZE(name, which, placed, runs)                                                      \
    CASE(name, which, placed, runs, 4096), CASE(name, which, placed, runs, 65536),                 \
        CASE(name, which, placed, runs, 1048576)

/* Each operation on both files. */
#define EVERY_INPUT(name, which, placed, runs)                                                     \
    EVERY_SIZE(name "-text", (which) | TEXT, placed, runs),                                        \
        EVERY_SIZE(name "-binary", (which) | BINARY, placed, runs)

/* The largest that the embedded target has room for. */
#define EMBEDDED_SIZE(name, which, placed, runs)                                                   \
    CASE(name "-text", (which) | TEXT, placed, runs, 16384),                                       \
        CASE(name "-binary", (which) | BINARY, placed, runs, 16384)

static const struct workload_case cases[] = {
    EVERY_INPUT("deflate", DEFLATE | ONE_SHOT, PLACEMENT_COPIED, run_deflate_once),
    EVERY_INPUT("inflate", INFLATE | ONE_SHOT, PLACEMENT_COPIED, run_inflate_once),
    EMBEDDED_SIZE("inflate", INFLATE | ONE_SHOT, PLACEMENT_COPIED, run_inflate_once),
    EVERY_INPUT("deflate-stream", DEFLATE | STREAM, PLACEMENT_COPIED, run_deflate_stream),
    EVERY_INPUT("inflate-stream", INFLATE | STREAM, PLACEMENT_COPIED, run_inflate_stream),
#if RESIDENT_PLACEMENT
    EVERY_INPUT("deflate", DEFLATE | ONE_SHOT, PLACEMENT_RESIDENT, run_resident_deflate_once),
    EVERY_INPUT("inflate", INFLATE | ONE_SHOT, PLACEMENT_RESIDENT, run_resident_inflate_once),
    EMBEDDED_SIZE("inflate", INFLATE | ONE_SHOT, PLACEMENT_RESIDENT, run_resident_inflate_once),
    EVERY_INPUT("deflate-stream", DEFLATE | STREAM, PLACEMENT_RESIDENT,
                run_resident_deflate_stream),
    EVERY_INPUT("inflate-stream", INFLATE | STREAM, PLACEMENT_RESIDENT,
                run_resident_inflate_stream),
#endif
};

const struct workload_table WORKLOAD_TABLE = {
    .workload = "zlib",
    .system = WORKLOAD_SYSTEM_NAME,
    .cases = cases,
    .count = sizeof(cases) / sizeof(cases[0]),
};
