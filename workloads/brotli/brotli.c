/* Brotli: compressing and decompressing a text and a binary file, at once and as a stream (a
 * state that the library keeps, made and destroyed with each operation, fed 4 KiB at a time,
 * with 16 KiB of room for what comes out).
 *
 * The same source for every system; WORKLOAD_STUBS brings the calls in its discipline
 * (brotli.og.h says which). A case's size is that of the plain data: the beginning of an input
 * file of inputs.list, which is repeated if it is shorter. What is decompressed was compressed
 * before, through the same system. `copied`: plain and compressed data are in host memory.
 * `resident`: they are where the library can reach them; a stream's output window is used in
 * place after each call. Quality 5, which servers use for what they compress as they go. */
#include WORKLOAD_STUBS

#include "workloads/discipline/case.h"
#include "workloads/harness/input.h"
#include "workloads/harness/workload.h"

#include <stdlib.h>
#include <string.h>

enum { QUALITY = 5, CHUNK = 4096, WINDOW = 16384 };

/* A case's parameter: one of each pair. */
enum { COMPRESS = 0, DECOMPRESS = 1, TEXT = 0, BINARY = 2, ONE_SHOT = 0, STREAM = 4 };

#define INPUT(kind, package, path, sha256) {kind, package, path},
static const struct input inputs[] = {
#include "workloads/brotli/inputs.list"
};

struct state {
    const struct workload_case *self;
    struct brotli brotli;
    unsigned char *plain; /* self->size bytes */
    unsigned char *in;    /* `plain`, or what it compresses to */
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

static bool is_decompressing(const struct state *state)
{
    return state->self->parameter & DECOMPRESS;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- one operation on data in host memory ---- */

static inline enum og_error compress_once(struct state *state, struct og_fault *fault)
{
    BROTLI_BOOL done = BROTLI_FALSE;
    state->out_size = state->out_capacity;
    enum og_error error = call_BrotliEncoderCompress(
        &state->brotli, &done, QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, state->in_size,
        state->in, &state->out_size, state->out, fault);
    return !error && !done ? case_unexpected(fault, "BrotliEncoderCompress", done) : error;
}

static inline enum og_error decompress_once(struct state *state, struct og_fault *fault)
{
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_ERROR;
    state->out_size = state->out_capacity;
    enum og_error error = call_BrotliDecoderDecompress(
        &state->brotli, &result, state->in_size, state->in, &state->out_size, state->out, fault);
    if (!error && result != BROTLI_DECODER_RESULT_SUCCESS)
        error = case_unexpected(fault, "BrotliDecoderDecompress", (int)result);
    return error;
}

/* Has an encoder that was told to finish put out everything? */
static inline enum og_error is_finished(struct state *state, struct brotli_encoder *encoder,
                                        bool *finished, struct og_fault *fault)
{
    BROTLI_BOOL is = BROTLI_FALSE;
    enum og_error error = call_BrotliEncoderIsFinished(&state->brotli, &is, encoder, fault);
    *finished = is;
    return error;
}

static inline enum og_error make_encoder(struct state *state, struct brotli_encoder *encoder,
                                         struct og_fault *fault)
{
    BROTLI_BOOL set = BROTLI_FALSE;
    enum og_error error = call_BrotliEncoderCreateInstance(&state->brotli, encoder, fault);
    if (!error)
        error = call_BrotliEncoderSetParameter(&state->brotli, &set, encoder, BROTLI_PARAM_QUALITY,
                                               QUALITY, fault);
    return !error && !set ? case_unexpected(fault, "BrotliEncoderSetParameter", set) : error;
}

static enum og_error compress_stream(struct state *state, struct og_fault *fault)
{
    struct brotli_encoder encoder = {0};
    size_t unfed = state->in_size, room = state->out_capacity, available_in = 0;
    const unsigned char *next_in = state->in;
    unsigned char *next_out = state->out;
    bool finished = false;
    enum og_error error = make_encoder(state, &encoder, fault);
    while (!error && !finished) {
        BROTLI_BOOL done = BROTLI_FALSE;
        if (!available_in) {
            available_in = smaller(unfed, CHUNK);
            unfed -= available_in;
        }
        BrotliEncoderOperation operation =
            unfed ? BROTLI_OPERATION_PROCESS : BROTLI_OPERATION_FINISH;
        size_t available_out = smaller(room, WINDOW), had = available_out;
        error = call_BrotliEncoderCompressStream(&state->brotli, &done, &encoder, operation,
                                                 &available_in, &next_in, &available_out, &next_out,
                                                 fault);
        room -= had - available_out;
        if (!error && !done)
            error = case_unexpected(fault, "BrotliEncoderCompressStream", done);
        if (!error && !unfed && !available_in)
            error = is_finished(state, &encoder, &finished, fault);
    }
    state->out_size = state->out_capacity - room;
    /* After an error the state may be lost with its instance. */
    enum og_error at_end = call_BrotliEncoderDestroyInstance(&state->brotli, &encoder,
                                                             error ? &(struct og_fault){0} : fault);
    return error ? error : at_end;
}

static enum og_error decompress_stream(struct state *state, struct og_fault *fault)
{
    struct brotli_decoder decoder = {0};
    size_t unfed = state->in_size, room = state->out_capacity, available_in = 0;
    const unsigned char *next_in = state->in;
    unsigned char *next_out = state->out;
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT;
    enum og_error error = call_BrotliDecoderCreateInstance(&state->brotli, &decoder, fault);
    while (!error && result != BROTLI_DECODER_RESULT_SUCCESS) {
        if (!available_in) {
            available_in = smaller(unfed, CHUNK);
            unfed -= available_in;
        }
        size_t available_out = smaller(room, WINDOW), had_in = available_in,
               had_out = available_out;
        error = call_BrotliDecoderDecompressStream(&state->brotli, &result, &decoder, &available_in,
                                                   &next_in, &available_out, &next_out, fault);
        room -= had_out - available_out;
        if (!error && (result == BROTLI_DECODER_RESULT_ERROR ||
                       (had_in == available_in && had_out == available_out)))
            error = case_unexpected(fault, "BrotliDecoderDecompressStream", (int)result);
    }
    state->out_size = state->out_capacity - room;
    enum og_error at_end = call_BrotliDecoderDestroyInstance(&state->brotli, &decoder,
                                                             error ? &(struct og_fault){0} : fault);
    return error ? error : at_end;
}

CASE_RUN_COPIED(compress_once)
CASE_RUN_COPIED(decompress_once)
CASE_RUN_COPIED(compress_stream)
CASE_RUN_COPIED(decompress_stream)

/* ---- one operation on data where the library can reach it ---- */

#if RESIDENT_PLACEMENT

static bool is_streaming(const struct state *state)
{
    return state->self->parameter & STREAM;
}

static inline enum og_error resident_compress_once(struct state *state, instance_scope *scope,
                                                   struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    BROTLI_BOOL done = BROTLI_FALSE;
    size_t size = state->out_capacity;
    enum og_error error = invoke_BrotliEncoderCompress(
        &state->brotli, scope, &done, QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC,
        state->in_size, state->resident_in, &size, state->resident_out, fault);
    if (!error && !done)
        error = case_unexpected(fault, "BrotliEncoderCompress", done);
    state->out_size = size;
    return error ? error : resident_fold(scope, &state->fold, state->resident_out, size, fault);
}

static inline enum og_error resident_decompress_once(struct state *state, instance_scope *scope,
                                                     struct og_fault *fault)
    INSTANCE_REQUIRES(scope)
{
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_ERROR;
    size_t size = state->out_capacity;
    enum og_error error =
        invoke_BrotliDecoderDecompress(&state->brotli, scope, &result, state->in_size,
                                       state->resident_in, &size, state->resident_out, fault);
    if (!error && result != BROTLI_DECODER_RESULT_SUCCESS)
        error = case_unexpected(fault, "BrotliDecoderDecompress", (int)result);
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
        return og_fail(fault, OG_CONTRACT, "brotli", 0, "the stream is longer than it can be");
    return resident_copy_out(scope, state->out + before, state->resident_out, size, fault);
}

static enum og_error resident_compress_stream(struct state *state, instance_scope *scope,
                                              struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    struct brotli_encoder encoder = {0};
    size_t unfed = state->in_size, available_in = 0;
    bool finished = false;
    enum og_error error = make_encoder(state, &encoder, fault);
    state->out_size = 0;
    while (!error && !finished) {
        BROTLI_BOOL done = BROTLI_FALSE;
        if (!available_in) {
            available_in = smaller(unfed, CHUNK);
            unfed -= available_in;
        }
        const unsigned char resident *next_in =
            state->resident_in + (state->in_size - unfed - available_in);
        size_t available_out = WINDOW;
        error = invoke_BrotliEncoderCompressStream(
            &state->brotli, scope, &done, &encoder,
            unfed ? BROTLI_OPERATION_PROCESS : BROTLI_OPERATION_FINISH, &available_in, next_in,
            &available_out, state->resident_out, fault);
        if (!error && !done)
            error = case_unexpected(fault, "BrotliEncoderCompressStream", done);
        if (!error)
            error = use_window(state, scope, WINDOW - available_out, fault);
        if (!error && !unfed && !available_in)
            error = is_finished(state, &encoder, &finished, fault);
    }
    enum og_error at_end = call_BrotliEncoderDestroyInstance(&state->brotli, &encoder,
                                                             error ? &(struct og_fault){0} : fault);
    return error ? error : at_end;
}

static enum og_error resident_decompress_stream(struct state *state, instance_scope *scope,
                                                struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    struct brotli_decoder decoder = {0};
    size_t unfed = state->in_size, available_in = 0;
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT;
    enum og_error error = call_BrotliDecoderCreateInstance(&state->brotli, &decoder, fault);
    state->out_size = 0;
    while (!error && result != BROTLI_DECODER_RESULT_SUCCESS) {
        if (!available_in) {
            available_in = smaller(unfed, CHUNK);
            unfed -= available_in;
        }
        const unsigned char resident *next_in =
            state->resident_in + (state->in_size - unfed - available_in);
        size_t available_out = WINDOW, had_in = available_in;
        error = invoke_BrotliDecoderDecompressStream(&state->brotli, scope, &result, &decoder,
                                                     &available_in, next_in, &available_out,
                                                     state->resident_out, fault);
        if (!error && (result == BROTLI_DECODER_RESULT_ERROR ||
                       (had_in == available_in && available_out == WINDOW)))
            error = case_unexpected(fault, "BrotliDecoderDecompressStream", (int)result);
        if (!error)
            error = use_window(state, scope, WINDOW - available_out, fault);
    }
    enum og_error at_end = call_BrotliDecoderDestroyInstance(&state->brotli, &decoder,
                                                             error ? &(struct og_fault){0} : fault);
    return error ? error : at_end;
}

CASE_RUN_RESIDENT(resident_compress_once, brotli)
CASE_RUN_RESIDENT(resident_decompress_once, brotli)
CASE_RUN_RESIDENT(resident_compress_stream, brotli)
CASE_RUN_RESIDENT(resident_decompress_stream, brotli)

static enum og_error place(struct state *state, struct og_fault *fault)
{
    instance_scope scope;
    size_t room = is_streaming(state) ? WINDOW : state->out_capacity;
    enum og_error error = resident_alloc(&state->brotli.instance, &state->resident_in,
                                         state->in_size, CASE_ALIGNMENT, fault);
    if (!error)
        error = resident_alloc(&state->brotli.instance, &state->resident_out, room, CASE_ALIGNMENT,
                               fault);
    if (error)
        return error;
    instance_enter(&state->brotli.instance, &scope);
    error = resident_fill(&scope, state->resident_in, state->in, state->in_size, fault);
    instance_leave(&scope);
    return error;
}

static void unplace(struct state *state)
{
    resident_free(&state->brotli.instance, state->resident_in);
    resident_free(&state->brotli.instance, state->resident_out);
}

/* One run, whose result then goes to `out`: a stream's windows go there while it runs. */
static bool run_resident_for_output(struct state *state, struct case_error *error)
{
    struct og_fault fault;
    instance_scope scope;
    state->collecting = true;
    bool succeeded = state->self->run(state, 1, NULL, error);
    state->collecting = false;
    if (!succeeded || is_streaming(state))
        return succeeded;
    instance_enter(&state->brotli.instance, &scope);
    enum og_error failed =
        resident_copy_out(&scope, state->out, state->resident_out, state->out_size, &fault);
    instance_leave(&scope);
    return failed ? case_fail(error, &fault) : true;
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
    if (!is_decompressing(state) || (state->out_size == state->self->size &&
                                     !memcmp(state->out, state->plain, state->out_size)))
        return true;
    snprintf(error->message, sizeof(error->message),
             "what was compressed and decompressed again is not what it was before");
    return false;
}

static void finish(void *opaque)
{
    struct state *state = opaque;
    if (!state)
        return;
    unplace(state);
    brotli_close(&state->brotli);
    if (state->in != state->plain)
        free(state->in);
    free(state->plain);
    free(state->out);
    free(state);
}

/* What compressing `size` bytes gives at most: stored as they are, with a few bytes around each
 * 16 MiB; streams flush as often as they are fed. */
static size_t compressed_bound(size_t size)
{
    return size + size / 1024 + 1024;
}

/* Fills `in` and makes `out`. */
static enum og_error make_buffers(struct state *state, struct og_fault *fault)
{
    size_t size = state->self->size, compressed = compressed_bound(size);
    BROTLI_BOOL done = BROTLI_FALSE;
    state->out_capacity = is_decompressing(state) ? size : compressed;
    state->out = case_allocate(state->out_capacity, fault);
    if (!state->out)
        return OG_NO_MEMORY;
    state->in = state->plain;
    state->in_size = size;
    if (!is_decompressing(state))
        return OG_OK;
    state->in = case_allocate(compressed, fault);
    if (!state->in)
        return OG_NO_MEMORY;
    enum og_error error = call_BrotliEncoderCompress(
        &state->brotli, &done, QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, size,
        state->plain, &compressed, state->in, fault);
    state->in_size = compressed;
    return !error && !done ? case_unexpected(fault, "BrotliEncoderCompress", done) : error;
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
    enum og_error failed = brotli_open(&state->brotli, &fault);
    if (!failed)
        state->plain = case_allocate(self->size, &fault);
    if (!failed && !state->plain)
        failed = OG_NO_MEMORY;
    if (!failed && !input_read(inputs, sizeof(inputs) / sizeof(inputs[0]),
                               self->parameter & BINARY ? "binary" : "text", state->plain,
                               self->size, error)) {
        finish(state);
        return NULL;
    }
    if (!failed)
        failed = make_buffers(state, &fault);
    if (!failed && self->placement == PLACEMENT_RESIDENT)
        failed = place(state, &fault);
    if (!failed)
        return state;
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

static const struct workload_case cases[] = {
    EVERY_INPUT("compress", COMPRESS | ONE_SHOT, PLACEMENT_COPIED, run_compress_once),
    EVERY_INPUT("decompress", DECOMPRESS | ONE_SHOT, PLACEMENT_COPIED, run_decompress_once),
    EVERY_INPUT("compress-stream", COMPRESS | STREAM, PLACEMENT_COPIED, run_compress_stream),
    EVERY_INPUT("decompress-stream", DECOMPRESS | STREAM, PLACEMENT_COPIED, run_decompress_stream),
#if RESIDENT_PLACEMENT
    EVERY_INPUT("compress", COMPRESS | ONE_SHOT, PLACEMENT_RESIDENT, run_resident_compress_once),
    EVERY_INPUT("decompress", DECOMPRESS | ONE_SHOT, PLACEMENT_RESIDENT,
                run_resident_decompress_once),
    EVERY_INPUT("compress-stream", COMPRESS | STREAM, PLACEMENT_RESIDENT,
                run_resident_compress_stream),
    EVERY_INPUT("decompress-stream", DECOMPRESS | STREAM, PLACEMENT_RESIDENT,
                run_resident_decompress_stream),
#endif
};

const struct workload_table WORKLOAD_TABLE;
const struct workload_table WORKLOAD_TABLE = {
    .workload = "brotli",
    .system = WORKLOAD_SYSTEM_NAME,
    .cases = cases,
    .count = sizeof(cases) / sizeof(cases[0]),
};
