/* What the workloads of codecs have in common: a case encodes, or decodes again, the beginning of
 * an input file, at once or as a stream that is fed CODEC_CHUNK bytes at a time, with CODEC_WINDOW
 * bytes of room for what comes out. What is decoded was encoded before, through the same system.
 *
 * `copied`: plain and encoded data are in host memory. `resident`: they are where the library can
 * reach them; a stream's output window is used in place after each call.
 *
 * Included after the stubs. A workload's struct state begins with a struct codec. */
#ifndef BENCH_WORKLOAD_CODEC_H
#define BENCH_WORKLOAD_CODEC_H

#include "bench/harness/input.h"
#include "bench/harness/workload.h"
#include "bench/workload/case.h"

#include <stdlib.h>
#include <string.h>

enum { CODEC_CHUNK = 4096, CODEC_WINDOW = 16384 };

/* A case's parameter: one of each pair. */
enum {
    CODEC_ENCODE = 0,
    CODEC_DECODE = 1,
    CODEC_TEXT = 0,
    CODEC_BINARY = 2,
    CODEC_ONE_SHOT = 0,
    CODEC_STREAM = 4
};

struct codec {
    const struct workload_case *self;
    unsigned char *plain; /* self->size bytes */
    unsigned char *in;    /* `plain`, or what it encodes to */
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

static inline bool codec_is_decoding(const struct codec *codec)
{
    return codec->self->parameter & CODEC_DECODE;
}

static inline bool codec_is_streaming(const struct codec *codec)
{
    return codec->self->parameter & CODEC_STREAM;
}

/* How much of what is left of the input or the output goes into the next call of a stream. */
static inline size_t codec_portion(size_t left, size_t most)
{
    return left < most ? left : most;
}

/* ---- resident data ---- */

#if RESIDENT_PLACEMENT

/* Uses a window with `size` new bytes in it. */
static inline enum og_error codec_use_window(struct codec *codec, instance_scope *scope,
                                             size_t size, struct og_fault *fault)
    INSTANCE_REQUIRES(scope)
{
    size_t before = codec->out_size;
    codec->out_size += size;
    if (!codec->collecting)
        return resident_fold(scope, &codec->fold, codec->resident_out, size, fault);
    if (codec->out_size > codec->out_capacity)
        return og_fail(fault, OG_CONTRACT, NULL, 0, "the stream is longer than it can be");
    return resident_copy_out(scope, codec->out + before, codec->resident_out, size, fault);
}

static enum og_error codec_place(struct codec *codec, struct instance *instance,
                                 struct og_fault *fault)
{
    instance_scope scope;
    size_t room = codec_is_streaming(codec) ? CODEC_WINDOW : codec->out_capacity;
    enum og_error error =
        resident_alloc(instance, &codec->resident_in, codec->in_size, CASE_ALIGNMENT, fault);
    if (!error)
        error = resident_alloc(instance, &codec->resident_out, room, CASE_ALIGNMENT, fault);
    if (error)
        return error;
    instance_enter(instance, &scope);
    error = resident_fill(&scope, codec->resident_in, codec->in, codec->in_size, fault);
    instance_leave(&scope);
    return error;
}

static void codec_unplace(struct codec *codec, struct instance *instance)
{
    resident_free(instance, codec->resident_in);
    resident_free(instance, codec->resident_out);
}

/* Clears a one-shot result before the run, or copies it out after. A stream's windows are
 * copied out while it runs. */
static bool codec_move_result(struct codec *codec, struct instance *instance, bool is_done,
                              struct case_error *error)
{
    struct og_fault fault;
    instance_scope scope;
    if (codec_is_streaming(codec))
        return true;
    instance_enter(instance, &scope);
    enum og_error failed =
        is_done
            ? resident_copy_out(&scope, codec->out, codec->resident_out, codec->out_size, &fault)
            : resident_fill(&scope, codec->resident_out, codec->out, codec->out_capacity, &fault);
    instance_leave(&scope);
    return failed ? case_fail(error, &fault) : true;
}

static bool codec_run_resident(struct codec *codec, struct instance *instance,
                               struct case_error *error)
{
    codec->collecting = true;
    bool succeeded = codec_move_result(codec, instance, false, error) &&
                     codec->self->run(codec, 1, NULL, error) &&
                     codec_move_result(codec, instance, true, error);
    codec->collecting = false;
    return succeeded;
}

#else

static enum og_error codec_place(struct codec *codec, struct instance *instance,
                                 struct og_fault *fault)
{
    (void)codec, (void)instance;
    return og_fail(fault, OG_UNSUPPORTED, NULL, 0, "nothing is resident in this system");
}

static void codec_unplace(struct codec *codec, struct instance *instance)
{
    (void)codec, (void)instance;
}

static bool codec_run_resident(struct codec *codec, struct instance *instance,
                               struct case_error *error)
{
    (void)instance;
    return codec->self->run(codec, 1, NULL, error);
}

#endif

/* ---- cases ---- */

/* One run, and its result; what was decoded must be what was encoded. */
static bool codec_output(struct codec *codec, struct instance *instance, struct case_output *output,
                         struct case_error *error)
{
    memset(codec->out, 0, codec->out_capacity);
    bool succeeded = codec->self->placement == PLACEMENT_RESIDENT
                         ? codec_run_resident(codec, instance, error)
                         : codec->self->run(codec, 1, NULL, error);
    if (!succeeded)
        return false;
    output->bytes = codec->out;
    output->size = codec->out_size;
    if (!codec_is_decoding(codec) || (codec->out_size == codec->self->size &&
                                      !memcmp(codec->out, codec->plain, codec->out_size)))
        return true;
    snprintf(error->message, sizeof(error->message),
             "what was encoded and decoded again is not what it was before");
    return false;
}

/* Frees the host's buffers. */
static void codec_free(struct codec *codec)
{
    if (codec->in != codec->plain)
        free(codec->in);
    free(codec->plain);
    free(codec->out);
}

/* Makes the host's buffers; encoding gives `bound` bytes at most. For decoding, codec->in has room
 * for that, and the caller encodes `plain` into it and sets in_size. */
static enum og_error codec_make_buffers(struct codec *codec, size_t bound, struct og_fault *fault)
{
    size_t size = codec->self->size;
    bool is_decoding = codec_is_decoding(codec);
    codec->out_capacity = is_decoding ? size : bound;
    codec->in_size = is_decoding ? bound : size;
    codec->plain = case_allocate(size, fault);
    codec->out = codec->plain ? case_allocate(codec->out_capacity, fault) : NULL;
    codec->in = codec->out && is_decoding ? case_allocate(bound, fault) : codec->plain;
    return codec->out && codec->in ? OG_OK : OG_NO_MEMORY;
}

/* Fills `plain` from the input file of the case. */
static bool codec_read(struct codec *codec, const struct input *inputs, size_t count,
                       struct case_error *error)
{
    return input_read(inputs, count, codec->self->parameter & CODEC_BINARY ? "binary" : "text",
                      codec->plain, codec->self->size, error);
}

#define CODEC_CASE(name, which, placed, runs, bytes)                                               \
    {                                                                                              \
        .operation = name, .placement = placed, .size = bytes, .parameter = which,                 \
        .prepare = prepare, .run = runs, .output = output, .finish = finish,                       \
    }

#define CODEC_EVERY_SIZE(name, which, placed, runs)                                                \
    CODEC_CASE(name, which, placed, runs, 4096), CODEC_CASE(name, which, placed, runs, 65536),     \
        CODEC_CASE(name, which, placed, runs, 1048576)

/* Each operation on both files. */
#define CODEC_EVERY_INPUT(name, which, placed, runs)                                               \
    CODEC_EVERY_SIZE(name "-text", (which) | CODEC_TEXT, placed, runs),                            \
        CODEC_EVERY_SIZE(name "-binary", (which) | CODEC_BINARY, placed, runs)

#endif
