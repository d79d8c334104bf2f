/* Brotli: compressing and decompressing a text and a binary file, at once and as a stream: a state
 * that the library keeps, made and destroyed with each operation. Quality 5, which servers use for
 * what they compress as they go.
 *
 * The same source for every system; WORKLOAD_STUBS brings the calls in its discipline (brotli.og.h
 * says which), bench/workload/codec.h says what cases there are. */
#include WORKLOAD_STUBS

#include "bench/workload/codec.h"

#include <stdlib.h>
#include <string.h>

enum { QUALITY = 5 };

#define INPUT(kind, package, path, sha256) {kind, package, path},
static const struct input inputs[] = {
#include "workloads/brotli/inputs.list"
};

struct state {
    struct codec codec; /* first */
    struct brotli brotli;
};

/* ---- one operation on data in host memory ---- */

static inline enum og_error compress_once(struct state *state, struct og_fault *fault)
{
    BROTLI_BOOL done = BROTLI_FALSE;
    state->codec.out_size = state->codec.out_capacity;
    enum og_error error = call_BrotliEncoderCompress(
        &state->brotli, &done, QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC,
        state->codec.in_size, state->codec.in, &state->codec.out_size, state->codec.out, fault);
    return !error && !done ? case_unexpected(fault, "BrotliEncoderCompress", done) : error;
}

static inline enum og_error decompress_once(struct state *state, struct og_fault *fault)
{
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_ERROR;
    state->codec.out_size = state->codec.out_capacity;
    enum og_error error =
        call_BrotliDecoderDecompress(&state->brotli, &result, state->codec.in_size, state->codec.in,
                                     &state->codec.out_size, state->codec.out, fault);
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
    size_t unfed = state->codec.in_size, room = state->codec.out_capacity, available_in = 0;
    const unsigned char *next_in = state->codec.in;
    unsigned char *next_out = state->codec.out;
    bool finished = false;
    enum og_error error = make_encoder(state, &encoder, fault);
    while (!error && !finished) {
        BROTLI_BOOL done = BROTLI_FALSE;
        if (!available_in) {
            available_in = codec_portion(unfed, CODEC_CHUNK);
            unfed -= available_in;
        }
        BrotliEncoderOperation operation =
            unfed ? BROTLI_OPERATION_PROCESS : BROTLI_OPERATION_FINISH;
        size_t available_out = codec_portion(room, CODEC_WINDOW), had = available_out;
        error = call_BrotliEncoderCompressStream(&state->brotli, &done, &encoder, operation,
                                                 &available_in, &next_in, &available_out, &next_out,
                                                 fault);
        room -= had - available_out;
        if (!error && !done)
            error = case_unexpected(fault, "BrotliEncoderCompressStream", done);
        if (!error && !unfed && !available_in)
            error = is_finished(state, &encoder, &finished, fault);
    }
    state->codec.out_size = state->codec.out_capacity - room;
    /* After an error the state may be lost with its instance. */
    enum og_error at_end = call_BrotliEncoderDestroyInstance(&state->brotli, &encoder,
                                                             error ? &(struct og_fault){0} : fault);
    return error ? error : at_end;
}

static enum og_error decompress_stream(struct state *state, struct og_fault *fault)
{
    struct brotli_decoder decoder = {0};
    size_t unfed = state->codec.in_size, room = state->codec.out_capacity, available_in = 0;
    const unsigned char *next_in = state->codec.in;
    unsigned char *next_out = state->codec.out;
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT;
    enum og_error error = call_BrotliDecoderCreateInstance(&state->brotli, &decoder, fault);
    while (!error && result != BROTLI_DECODER_RESULT_SUCCESS) {
        if (!available_in) {
            available_in = codec_portion(unfed, CODEC_CHUNK);
            unfed -= available_in;
        }
        size_t available_out = codec_portion(room, CODEC_WINDOW), had_in = available_in,
               had_out = available_out;
        error = call_BrotliDecoderDecompressStream(&state->brotli, &result, &decoder, &available_in,
                                                   &next_in, &available_out, &next_out, fault);
        room -= had_out - available_out;
        if (!error && (result == BROTLI_DECODER_RESULT_ERROR ||
                       (had_in == available_in && had_out == available_out)))
            error = case_unexpected(fault, "BrotliDecoderDecompressStream", (int)result);
    }
    state->codec.out_size = state->codec.out_capacity - room;
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

static inline enum og_error resident_compress_once(struct state *state, instance_scope *scope,
                                                   struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    BROTLI_BOOL done = BROTLI_FALSE;
    size_t size = state->codec.out_capacity;
    enum og_error error = invoke_BrotliEncoderCompress(
        &state->brotli, scope, &done, QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC,
        state->codec.in_size, state->codec.resident_in, &size, state->codec.resident_out, fault);
    if (!error && !done)
        error = case_unexpected(fault, "BrotliEncoderCompress", done);
    state->codec.out_size = size;
    return error ? error
                 : resident_fold(scope, &state->codec.fold, state->codec.resident_out, size, fault);
}

static inline enum og_error resident_decompress_once(struct state *state, instance_scope *scope,
                                                     struct og_fault *fault)
    INSTANCE_REQUIRES(scope)
{
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_ERROR;
    size_t size = state->codec.out_capacity;
    enum og_error error = invoke_BrotliDecoderDecompress(
        &state->brotli, scope, &result, state->codec.in_size, state->codec.resident_in, &size,
        state->codec.resident_out, fault);
    if (!error && result != BROTLI_DECODER_RESULT_SUCCESS)
        error = case_unexpected(fault, "BrotliDecoderDecompress", (int)result);
    state->codec.out_size = size;
    return error ? error
                 : resident_fold(scope, &state->codec.fold, state->codec.resident_out, size, fault);
}

static enum og_error resident_compress_stream(struct state *state, instance_scope *scope,
                                              struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    struct brotli_encoder encoder = {0};
    size_t unfed = state->codec.in_size, available_in = 0;
    bool finished = false;
    enum og_error error = make_encoder(state, &encoder, fault);
    state->codec.out_size = 0;
    while (!error && !finished) {
        BROTLI_BOOL done = BROTLI_FALSE;
        if (!available_in) {
            available_in = codec_portion(unfed, CODEC_CHUNK);
            unfed -= available_in;
        }
        const unsigned char resident *next_in =
            state->codec.resident_in + (state->codec.in_size - unfed - available_in);
        size_t available_out = CODEC_WINDOW;
        error = invoke_BrotliEncoderCompressStream(
            &state->brotli, scope, &done, &encoder,
            unfed ? BROTLI_OPERATION_PROCESS : BROTLI_OPERATION_FINISH, &available_in, next_in,
            &available_out, state->codec.resident_out, fault);
        if (!error && !done)
            error = case_unexpected(fault, "BrotliEncoderCompressStream", done);
        if (!error)
            error = codec_use_window(&state->codec, scope, CODEC_WINDOW - available_out, fault);
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
    size_t unfed = state->codec.in_size, available_in = 0;
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT;
    enum og_error error = call_BrotliDecoderCreateInstance(&state->brotli, &decoder, fault);
    state->codec.out_size = 0;
    while (!error && result != BROTLI_DECODER_RESULT_SUCCESS) {
        if (!available_in) {
            available_in = codec_portion(unfed, CODEC_CHUNK);
            unfed -= available_in;
        }
        const unsigned char resident *next_in =
            state->codec.resident_in + (state->codec.in_size - unfed - available_in);
        size_t available_out = CODEC_WINDOW, had_in = available_in;
        error = invoke_BrotliDecoderDecompressStream(&state->brotli, scope, &result, &decoder,
                                                     &available_in, next_in, &available_out,
                                                     state->codec.resident_out, fault);
        if (!error && (result == BROTLI_DECODER_RESULT_ERROR ||
                       (had_in == available_in && available_out == CODEC_WINDOW)))
            error = case_unexpected(fault, "BrotliDecoderDecompressStream", (int)result);
        if (!error)
            error = codec_use_window(&state->codec, scope, CODEC_WINDOW - available_out, fault);
    }
    enum og_error at_end = call_BrotliDecoderDestroyInstance(&state->brotli, &decoder,
                                                             error ? &(struct og_fault){0} : fault);
    return error ? error : at_end;
}

CASE_RUN_RESIDENT(resident_compress_once, brotli)
CASE_RUN_RESIDENT(resident_decompress_once, brotli)
CASE_RUN_RESIDENT(resident_compress_stream, brotli)
CASE_RUN_RESIDENT(resident_decompress_stream, brotli)

#endif

/* ---- cases ---- */

static bool output(void *opaque, struct case_output *output, struct case_error *error)
{
    struct state *state = opaque;
    return codec_output(&state->codec, &state->brotli.instance, output, error);
}

static void finish(void *opaque)
{
    struct state *state = opaque;
    if (!state)
        return;
    codec_unplace(&state->codec, &state->brotli.instance);
    brotli_close(&state->brotli);
    codec_free(&state->codec);
    free(state);
}

/* What compressing `size` bytes gives at most: stored as they are, with a few bytes around each
 * 16 MiB; streams flush as often as they are fed. */
static size_t compressed_bound(size_t size)
{
    return size + size / 1024 + 1024;
}

/* Fills `in` with what the plain data compresses to. */
static enum og_error compress_input(struct state *state, struct og_fault *fault)
{
    struct codec *codec = &state->codec;
    BROTLI_BOOL done = BROTLI_FALSE;
    enum og_error error = call_BrotliEncoderCompress(
        &state->brotli, &done, QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC,
        codec->self->size, codec->plain, &codec->in_size, codec->in, fault);
    return !error && !done ? case_unexpected(fault, "BrotliEncoderCompress", done) : error;
}

static enum og_error make(struct state *state, const struct workload_case *self,
                          struct case_error *error, struct og_fault *fault)
{
    state->codec.self = self;
    enum og_error failed = brotli_open(&state->brotli, CASE_OPTIONS(), fault);
    if (!failed)
        failed = codec_make_buffers(&state->codec, compressed_bound(self->size), fault);
    if (!failed && !codec_read(&state->codec, inputs, sizeof(inputs) / sizeof(inputs[0]), error))
        failed = OG_NOT_FOUND;
    if (!failed && codec_is_decoding(&state->codec))
        failed = compress_input(state, fault);
    if (!failed && self->placement == PLACEMENT_RESIDENT)
        failed = codec_place(&state->codec, &state->brotli.instance, fault);
    return failed;
}

CASE_PREPARE(make)

static const struct workload_case cases[] = {
    CODEC_EVERY_INPUT("compress", CODEC_ENCODE | CODEC_ONE_SHOT, PLACEMENT_COPIED,
                      run_compress_once),
    CODEC_EVERY_INPUT("decompress", CODEC_DECODE | CODEC_ONE_SHOT, PLACEMENT_COPIED,
                      run_decompress_once),
    CODEC_EVERY_INPUT("compress-stream", CODEC_ENCODE | CODEC_STREAM, PLACEMENT_COPIED,
                      run_compress_stream),
    CODEC_EVERY_INPUT("decompress-stream", CODEC_DECODE | CODEC_STREAM, PLACEMENT_COPIED,
                      run_decompress_stream),
#if RESIDENT_PLACEMENT
    CODEC_EVERY_INPUT("compress", CODEC_ENCODE | CODEC_ONE_SHOT, PLACEMENT_RESIDENT,
                      run_resident_compress_once),
    CODEC_EVERY_INPUT("decompress", CODEC_DECODE | CODEC_ONE_SHOT, PLACEMENT_RESIDENT,
                      run_resident_decompress_once),
    CODEC_EVERY_INPUT("compress-stream", CODEC_ENCODE | CODEC_STREAM, PLACEMENT_RESIDENT,
                      run_resident_compress_stream),
    CODEC_EVERY_INPUT("decompress-stream", CODEC_DECODE | CODEC_STREAM, PLACEMENT_RESIDENT,
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
