/* zlib's functions in the process discipline: arguments are serialized, the worker
 * (zlib-worker.c) makes the call, and its results are deserialized to host memory. What
 * comes back is the output, then the other results, then the status.
 *
 * A stream's z_stream stays in the worker, and the host knows it by a handle that is good
 * as long as that worker lives. */
#ifndef WORKLOADS_ZLIB_PROCESS_H
#define WORKLOADS_ZLIB_PROCESS_H

#include "workloads/discipline/process.h"
#include <zlib.h>

/* The worker's functions. */
enum {
    ZLIB_COMPRESS2,
    ZLIB_UNCOMPRESS,
    ZLIB_DEFLATE_INIT,
    ZLIB_DEFLATE,
    ZLIB_DEFLATE_RESET,
    ZLIB_DEFLATE_END,
    ZLIB_INFLATE_INIT,
    ZLIB_INFLATE,
    ZLIB_INFLATE_RESET,
    ZLIB_INFLATE_END,
    ZLIB_FUNCTION_COUNT
};

struct zlib {
    struct instance instance;
};

struct zlib_stream {
    z_stream host; /* the caller's windows */
    uint64_t handle;
    uint64_t generation; /* of the worker that knows the handle */
};

static inline enum og_error zlib_open(struct zlib *zlib, struct og_fault *fault)
{
    return instance_open(&zlib->instance, "zlib", "libz.so.1", fault);
}

static inline void zlib_close(struct zlib *zlib)
{
    instance_close(&zlib->instance, NULL);
}

/* Is this a status that a zlib function returns? Z_ERRNO is for files only. */
static inline bool zlib_is_status(int status)
{
    return status >= Z_VERSION_ERROR && status <= Z_NEED_DICT && status != Z_ERRNO;
}

/* Ends a reply whose last result was *result. */
static inline enum og_error zlib_finish(struct zlib *zlib, struct wire_reader *results, int *result,
                                        struct og_fault *fault)
{
    struct process_sandbox *sandbox = zlib->instance.sandbox;
    *result = wire_get_i32(results);
    enum og_error error = process_results_finish(sandbox, results, fault);
    if (!error && !zlib_is_status(*result))
        error = process_distrust(sandbox, "a status that zlib's interface rules out", fault);
    return error;
}

/* ---- one-shot functions ---- */

/* Gets the output, whose size becomes *destLen if the call succeeded. */
static inline enum og_error zlib_output(struct zlib *zlib, struct wire_reader *results, int *result,
                                        Bytef *dest, uLongf *destLen, struct og_fault *fault)
{
    size_t size;
    wire_get_up_to(results, dest, *destLen, &size);
    enum og_error error = zlib_finish(zlib, results, result, fault);
    if (!error && *result == Z_OK)
        *destLen = size;
    return error;
}

static inline enum og_error zlib_compress2(struct zlib *zlib, int *result, Bytef *dest,
                                           uLongf *destLen, const Bytef *source, uLong sourceLen,
                                           int level, struct og_fault *fault)
{
    struct process_sandbox *sandbox = zlib->instance.sandbox;
    struct wire_reader results;
    struct wire_writer *arguments = process_call_begin(sandbox, ZLIB_COMPRESS2);
    wire_put_u64(arguments, *destLen);
    wire_put_bytes(arguments, source, sourceLen);
    wire_put_i64(arguments, level);
    enum og_error error = process_call_finish(sandbox, &results, fault);
    return error ? error : zlib_output(zlib, &results, result, dest, destLen, fault);
}

static inline enum og_error zlib_uncompress(struct zlib *zlib, int *result, Bytef *dest,
                                            uLongf *destLen, const Bytef *source, uLong sourceLen,
                                            struct og_fault *fault)
{
    struct process_sandbox *sandbox = zlib->instance.sandbox;
    struct wire_reader results;
    struct wire_writer *arguments = process_call_begin(sandbox, ZLIB_UNCOMPRESS);
    wire_put_u64(arguments, *destLen);
    wire_put_bytes(arguments, source, sourceLen);
    enum og_error error = process_call_finish(sandbox, &results, fault);
    return error ? error : zlib_output(zlib, &results, result, dest, destLen, fault);
}

/* ---- streams ---- */

/* Begins a call about a stream. If its worker is gone the handle goes as 0, which no
 * worker knows. */
static inline struct wire_writer *zlib_stream_begin(struct zlib *zlib, uint32_t function,
                                                    const struct zlib_stream *stream)
{
    struct process_sandbox *sandbox = zlib->instance.sandbox;
    bool is_there = stream->generation == process_generation(sandbox);
    struct wire_writer *arguments = process_call_begin(sandbox, function);
    wire_put_u64(arguments, is_there ? stream->handle : 0);
    return arguments;
}

/* Gets the new stream's handle, which is not 0 if the call succeeded. */
static inline enum og_error zlib_stream_made(struct zlib *zlib, struct zlib_stream *stream,
                                             int *result, struct og_fault *fault)
{
    struct process_sandbox *sandbox = zlib->instance.sandbox;
    struct wire_reader results;
    stream->host = (z_stream){0};
    enum og_error error = process_call_finish(sandbox, &results, fault);
    if (error)
        return error;
    stream->handle = wire_get_u64(&results);
    stream->generation = process_generation(sandbox);
    error = zlib_finish(zlib, &results, result, fault);
    if (!error && (*result == Z_OK) != (stream->handle != 0))
        error = process_distrust(sandbox, "a stream without a handle, or the reverse", fault);
    return error;
}

/* A call about a stream that gives nothing but a status. */
static inline enum og_error zlib_stream_call(struct zlib *zlib, uint32_t function, int *result,
                                             const struct zlib_stream *stream,
                                             struct og_fault *fault)
{
    struct wire_reader results;
    zlib_stream_begin(zlib, function, stream);
    enum og_error error = process_call_finish(zlib->instance.sandbox, &results, fault);
    return error ? error : zlib_finish(zlib, &results, result, fault);
}

/* Feeds the windows: the input travels there, what was produced travels back, and how much
 * input is left. */
static inline enum og_error zlib_stream_step(struct zlib *zlib, uint32_t function, int *result,
                                             struct zlib_stream *stream, int flush,
                                             struct og_fault *fault)
{
    struct process_sandbox *sandbox = zlib->instance.sandbox;
    z_stream *host = &stream->host;
    struct wire_reader results;
    size_t produced;
    struct wire_writer *arguments = zlib_stream_begin(zlib, function, stream);
    wire_put_bytes(arguments, host->next_in, host->avail_in);
    wire_put_u32(arguments, host->avail_out);
    wire_put_i64(arguments, flush);
    enum og_error error = process_call_finish(sandbox, &results, fault);
    if (error)
        return error;
    wire_get_up_to(&results, host->next_out, host->avail_out, &produced);
    uInt left_in = wire_get_u32(&results);
    error = zlib_finish(zlib, &results, result, fault);
    if (error)
        return error;
    if (left_in > host->avail_in)
        return process_distrust(sandbox, "more input left than there was", fault);
    host->next_in += host->avail_in - left_in;
    host->total_in += host->avail_in - left_in;
    host->avail_in = left_in;
    host->next_out += produced;
    host->total_out += produced;
    host->avail_out -= (uInt)produced;
    return OG_OK;
}

static inline enum og_error zlib_deflateInit(struct zlib *zlib, int *result,
                                             struct zlib_stream *stream, int level,
                                             struct og_fault *fault)
{
    wire_put_i64(process_call_begin(zlib->instance.sandbox, ZLIB_DEFLATE_INIT), level);
    return zlib_stream_made(zlib, stream, result, fault);
}

static inline enum og_error zlib_deflate(struct zlib *zlib, int *result, struct zlib_stream *stream,
                                         int flush, struct og_fault *fault)
{
    return zlib_stream_step(zlib, ZLIB_DEFLATE, result, stream, flush, fault);
}

static inline enum og_error zlib_deflateReset(struct zlib *zlib, int *result,
                                              struct zlib_stream *stream, struct og_fault *fault)
{
    stream->host.total_in = stream->host.total_out = 0;
    return zlib_stream_call(zlib, ZLIB_DEFLATE_RESET, result, stream, fault);
}

static inline enum og_error zlib_deflateEnd(struct zlib *zlib, int *result,
                                            struct zlib_stream *stream, struct og_fault *fault)
{
    return zlib_stream_call(zlib, ZLIB_DEFLATE_END, result, stream, fault);
}

static inline enum og_error zlib_inflateInit(struct zlib *zlib, int *result,
                                             struct zlib_stream *stream, struct og_fault *fault)
{
    process_call_begin(zlib->instance.sandbox, ZLIB_INFLATE_INIT);
    return zlib_stream_made(zlib, stream, result, fault);
}

static inline enum og_error zlib_inflate(struct zlib *zlib, int *result, struct zlib_stream *stream,
                                         int flush, struct og_fault *fault)
{
    return zlib_stream_step(zlib, ZLIB_INFLATE, result, stream, flush, fault);
}

static inline enum og_error zlib_inflateReset(struct zlib *zlib, int *result,
                                              struct zlib_stream *stream, struct og_fault *fault)
{
    stream->host.total_in = stream->host.total_out = 0;
    return zlib_stream_call(zlib, ZLIB_INFLATE_RESET, result, stream, fault);
}

static inline enum og_error zlib_inflateEnd(struct zlib *zlib, int *result,
                                            struct zlib_stream *stream, struct og_fault *fault)
{
    return zlib_stream_call(zlib, ZLIB_INFLATE_END, result, stream, fault);
}

#endif
