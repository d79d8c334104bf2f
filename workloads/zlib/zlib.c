/* zlib: deflating and inflating a text and a binary file, at once (compress2, uncompress) and as a
 * stream: a z_stream that the library keeps. Level 6, zlib's default.
 *
 * The same source for every system; WORKLOAD_STUBS brings the calls in its discipline (zlib.og.h
 * says which), bench/workload/codec.h says what cases there are. */
#include WORKLOAD_STUBS

#include "bench/workload/codec.h"

#include <stdlib.h>
#include <string.h>

enum { LEVEL = 6 };

#define INPUT(kind, package, path, sha256) {kind, package, path},
static const struct input inputs[] = {
#include "workloads/zlib/inputs.list"
};

struct state {
    struct codec codec; /* first */
    struct zlib zlib;
    struct zlib_deflating deflating;
    struct zlib_inflating inflating;
    bool stream_is_open;
};

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
    uLongf size = state->codec.out_capacity;
    enum og_error error = call_compress2(&state->zlib, &status, state->codec.out, &size,
                                         state->codec.in, state->codec.in_size, LEVEL, fault);
    if (!error && status != Z_OK)
        error = case_unexpected(fault, "compress2", status);
    state->codec.out_size = size;
    return error;
}

static inline enum og_error inflate_once(struct state *state, struct og_fault *fault)
{
    int status = Z_ERRNO;
    uLongf size = state->codec.out_capacity;
    enum og_error error = call_uncompress(&state->zlib, &status, state->codec.out, &size,
                                          state->codec.in, state->codec.in_size, fault);
    if (!error && status != Z_OK)
        error = case_unexpected(fault, "uncompress", status);
    state->codec.out_size = size;
    return error;
}

/* `inflating` is a constant where this is inlined. */
static inline __attribute__((always_inline)) enum og_error
stream_through(struct state *state, bool inflating, struct og_fault *fault)
{
    z_stream *host = inflating ? &state->inflating.host : &state->deflating.host;
    size_t unfed = state->codec.in_size, room = state->codec.out_capacity;
    int status = Z_OK;
    enum og_error error = restart(state, inflating, fault);
    host->next_in = state->codec.in;
    host->avail_in = 0;
    host->next_out = state->codec.out;
    while (!error && status == Z_OK) {
        if (!host->avail_in) {
            host->avail_in = (uInt)codec_portion(unfed, CODEC_CHUNK);
            unfed -= host->avail_in;
        }
        host->avail_out = (uInt)codec_portion(room, CODEC_WINDOW);
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
    state->codec.out_size = state->codec.out_capacity - room;
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
    uLongf size = state->codec.out_capacity;
    enum og_error error =
        invoke_compress2(&state->zlib, scope, &status, state->codec.resident_out, &size,
                         state->codec.resident_in, state->codec.in_size, LEVEL, fault);
    if (!error && status != Z_OK)
        error = case_unexpected(fault, "compress2", status);
    state->codec.out_size = size;
    return error ? error
                 : resident_fold(scope, &state->codec.fold, state->codec.resident_out, size, fault);
}

static inline enum og_error resident_inflate_once(struct state *state, instance_scope *scope,
                                                  struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    int status = Z_ERRNO;
    uLongf size = state->codec.out_capacity;
    enum og_error error =
        invoke_uncompress(&state->zlib, scope, &status, state->codec.resident_out, &size,
                          state->codec.resident_in, state->codec.in_size, fault);
    if (!error && status != Z_OK)
        error = case_unexpected(fault, "uncompress", status);
    state->codec.out_size = size;
    return error ? error
                 : resident_fold(scope, &state->codec.fold, state->codec.resident_out, size, fault);
}

/* `inflating` is a constant where this is inlined. */
static inline __attribute__((always_inline)) enum og_error
resident_stream_through(struct state *state, instance_scope *scope, bool inflating,
                        struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    size_t unfed = state->codec.in_size;
    uInt left_in = 0;
    int status = Z_OK;
    enum og_error error = restart(state, inflating, fault);
    state->codec.out_size = 0;
    while (!error && status == Z_OK) {
        if (!left_in) {
            left_in = (uInt)codec_portion(unfed, CODEC_CHUNK);
            unfed -= left_in;
        }
        const Bytef resident *next_in =
            state->codec.resident_in + (state->codec.in_size - unfed - left_in);
        uInt had_in = left_in, left_out = CODEC_WINDOW;
        error = inflating ? invoke_inflate(&state->zlib, scope, &status, &state->inflating, next_in,
                                           &left_in, state->codec.resident_out, &left_out,
                                           Z_NO_FLUSH, fault)
                          : invoke_deflate(&state->zlib, scope, &status, &state->deflating, next_in,
                                           &left_in, state->codec.resident_out, &left_out,
                                           unfed ? Z_NO_FLUSH : Z_FINISH, fault);
        if (!error)
            error =
                check_step(inflating, status, left_in != had_in || left_out != CODEC_WINDOW, fault);
        if (!error)
            error = codec_use_window(&state->codec, scope, CODEC_WINDOW - left_out, fault);
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

#endif

/* ---- cases ---- */

static bool output(void *opaque, struct case_output *output, struct case_error *error)
{
    struct state *state = opaque;
    return codec_output(&state->codec, &state->zlib.instance, output, error);
}

static void finish(void *opaque)
{
    struct state *state = opaque;
    struct og_fault fault;
    int status = Z_ERRNO;
    if (!state)
        return;
    /* An error here means that the stream was lost with its instance, as it is next anyway. */
    if (state->stream_is_open && codec_is_decoding(&state->codec))
        (void)call_inflateEnd(&state->zlib, &status, &state->inflating, &fault);
    else if (state->stream_is_open)
        (void)call_deflateEnd(&state->zlib, &status, &state->deflating, &fault);
    codec_unplace(&state->codec, &state->zlib.instance);
    zlib_close(&state->zlib);
    codec_free(&state->codec);
    free(state);
}

/* What deflating `size` bytes gives at most: they are stored as they are, with 5 bytes for
 * each 16 KiB and a few around all. */
static size_t deflated_bound(size_t size)
{
    return size + size / 1024 + 64;
}

/* Fills `in` with what the plain data deflates to. */
static enum og_error deflate_input(struct state *state, struct og_fault *fault)
{
    struct codec *codec = &state->codec;
    uLongf size = codec->in_size;
    int status = Z_ERRNO;
    enum og_error error = call_compress2(&state->zlib, &status, codec->in, &size, codec->plain,
                                         codec->self->size, LEVEL, fault);
    if (!error && status != Z_OK)
        error = case_unexpected(fault, "compress2", status);
    codec->in_size = size;
    return error;
}

static enum og_error open_stream(struct state *state, struct og_fault *fault)
{
    int status = Z_ERRNO;
    enum og_error error = codec_is_decoding(&state->codec)
                              ? call_inflateInit_(&state->zlib, &status, &state->inflating,
                                                  ZLIB_VERSION, sizeof(z_stream), fault)
                              : call_deflateInit_(&state->zlib, &status, &state->deflating, LEVEL,
                                                  ZLIB_VERSION, sizeof(z_stream), fault);
    if (!error && status != Z_OK)
        error = case_unexpected(
            fault, codec_is_decoding(&state->codec) ? "inflateInit_" : "deflateInit_", status);
    state->stream_is_open = !error;
    return error;
}

static enum og_error make(struct state *state, const struct workload_case *self,
                          struct case_error *error, struct og_fault *fault)
{
    state->codec.self = self;
    enum og_error failed = zlib_open(&state->zlib, CASE_OPTIONS(), fault);
    if (!failed)
        failed = codec_make_buffers(&state->codec, deflated_bound(self->size), fault);
    if (!failed && !codec_read(&state->codec, inputs, sizeof(inputs) / sizeof(inputs[0]), error))
        failed = OG_NOT_FOUND;
    if (!failed && codec_is_decoding(&state->codec))
        failed = deflate_input(state, fault);
    if (!failed && codec_is_streaming(&state->codec))
        failed = open_stream(state, fault);
    if (!failed && self->placement == PLACEMENT_RESIDENT)
        failed = codec_place(&state->codec, &state->zlib.instance, fault);
    return failed;
}

CASE_PREPARE(make)

/* The largest that the embedded target has room for. */
#define EMBEDDED_SIZE(name, which, placed, runs)                                                   \
    CODEC_CASE(name "-text", (which) | CODEC_TEXT, placed, runs, 16384),                           \
        CODEC_CASE(name "-binary", (which) | CODEC_BINARY, placed, runs, 16384)

static const struct workload_case cases[] = {
    CODEC_EVERY_INPUT("deflate", CODEC_ENCODE | CODEC_ONE_SHOT, PLACEMENT_COPIED, run_deflate_once),
    CODEC_EVERY_INPUT("inflate", CODEC_DECODE | CODEC_ONE_SHOT, PLACEMENT_COPIED, run_inflate_once),
    EMBEDDED_SIZE("inflate", CODEC_DECODE | CODEC_ONE_SHOT, PLACEMENT_COPIED, run_inflate_once),
    CODEC_EVERY_INPUT("deflate-stream", CODEC_ENCODE | CODEC_STREAM, PLACEMENT_COPIED,
                      run_deflate_stream),
    CODEC_EVERY_INPUT("inflate-stream", CODEC_DECODE | CODEC_STREAM, PLACEMENT_COPIED,
                      run_inflate_stream),
#if RESIDENT_PLACEMENT
    CODEC_EVERY_INPUT("deflate", CODEC_ENCODE | CODEC_ONE_SHOT, PLACEMENT_RESIDENT,
                      run_resident_deflate_once),
    CODEC_EVERY_INPUT("inflate", CODEC_DECODE | CODEC_ONE_SHOT, PLACEMENT_RESIDENT,
                      run_resident_inflate_once),
    EMBEDDED_SIZE("inflate", CODEC_DECODE | CODEC_ONE_SHOT, PLACEMENT_RESIDENT,
                  run_resident_inflate_once),
    CODEC_EVERY_INPUT("deflate-stream", CODEC_ENCODE | CODEC_STREAM, PLACEMENT_RESIDENT,
                      run_resident_deflate_stream),
    CODEC_EVERY_INPUT("inflate-stream", CODEC_DECODE | CODEC_STREAM, PLACEMENT_RESIDENT,
                      run_resident_inflate_stream),
#endif
};

const struct workload_table WORKLOAD_TABLE = {
    .workload = "zlib",
    .system = WORKLOAD_SYSTEM_NAME,
    .cases = cases,
    .count = sizeof(cases) / sizeof(cases[0]),
};
