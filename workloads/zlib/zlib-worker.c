/* zlib in a worker process: one handler per function of zlib.process.h. Streams live
 * here, behind handles that tell deflating ones from inflating ones; outputs are written
 * to the reply directly. */
#include "baselines/process/worker.h"
#include "workloads/zlib/zlib.process.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum { DEFLATING = 1, INFLATING = 2 };

/* ---- one-shot functions ---- */

/* Ends the reply to a one-shot function. */
static enum og_error reply_output(struct wire_writer *results, uLongf size, int status)
{
    wire_commit(results, status == Z_OK ? size : 0);
    wire_put_i64(results, status);
    return wire_writer_error(results);
}

static enum og_error serve_compress2(struct process_worker *worker, struct wire_reader *arguments,
                                     struct wire_writer *results)
{
    (void)worker;
    size_t source_size;
    uLongf size = wire_get_u64(arguments);
    const Bytef *source = wire_get_bytes(arguments, &source_size);
    int level = wire_get_i32(arguments);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    Bytef *dest = wire_reserve(results, size);
    if (!dest)
        return wire_writer_error(results);
    int status = compress2(dest, &size, source, source_size, level);
    return reply_output(results, size, status);
}

static enum og_error serve_uncompress(struct process_worker *worker, struct wire_reader *arguments,
                                      struct wire_writer *results)
{
    (void)worker;
    size_t source_size;
    uLongf size = wire_get_u64(arguments);
    const Bytef *source = wire_get_bytes(arguments, &source_size);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    Bytef *dest = wire_reserve(results, size);
    if (!dest)
        return wire_writer_error(results);
    int status = uncompress(dest, &size, source, source_size);
    return reply_output(results, size, status);
}

/* ---- streams ---- */

/* Ends the reply to an init: the handle, or 0, and the status. `stream` is freed if it got
 * none. */
static enum og_error reply_stream(struct process_worker *worker, struct wire_writer *results,
                                  uint32_t type, z_stream *stream, int status)
{
    uint64_t handle = status == Z_OK ? process_handle_add(worker, type, stream) : 0;
    if (status == Z_OK && !handle) {
        if (type == DEFLATING)
            deflateEnd(stream);
        else
            inflateEnd(stream);
        status = Z_MEM_ERROR;
    }
    if (!handle)
        free(stream);
    wire_put_u64(results, handle);
    wire_put_i64(results, status);
    return wire_writer_error(results);
}

static enum og_error serve_deflate_init(struct process_worker *worker,
                                        struct wire_reader *arguments, struct wire_writer *results)
{
    int level = wire_get_i32(arguments);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    z_stream *stream = calloc(1, sizeof(*stream));
    if (!stream)
        return OG_NO_MEMORY;
    int status = deflateInit(stream, level);
    return reply_stream(worker, results, DEFLATING, stream, status);
}

static enum og_error serve_inflate_init(struct process_worker *worker,
                                        struct wire_reader *arguments, struct wire_writer *results)
{
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    z_stream *stream = calloc(1, sizeof(*stream));
    if (!stream)
        return OG_NO_MEMORY;
    int status = inflateInit(stream);
    return reply_stream(worker, results, INFLATING, stream, status);
}

/* One call of deflate or inflate. */
static enum og_error step(struct process_worker *worker, struct wire_reader *arguments,
                          struct wire_writer *results, uint32_t type,
                          int (*function)(z_stream *, int))
{
    size_t avail_in;
    uint64_t handle = wire_get_u64(arguments);
    const Bytef *next_in = wire_get_bytes(arguments, &avail_in);
    uInt avail_out = wire_get_u32(arguments);
    int flush = wire_get_i32(arguments);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    z_stream *stream = process_handle_get(worker, type, handle);
    if (!stream || avail_in > UINT_MAX)
        return OG_BAD_ARGUMENT;
    Bytef *next_out = wire_reserve(results, avail_out);
    if (!next_out)
        return wire_writer_error(results);
    stream->next_in = (z_const Bytef *)next_in;
    stream->avail_in = (uInt)avail_in;
    stream->next_out = next_out;
    stream->avail_out = avail_out;
    int status = function(stream, flush);
    wire_commit(results, avail_out - stream->avail_out);
    wire_put_u32(results, stream->avail_in);
    wire_put_i64(results, status);
    return wire_writer_error(results);
}

static enum og_error serve_deflate(struct process_worker *worker, struct wire_reader *arguments,
                                   struct wire_writer *results)
{
    return step(worker, arguments, results, DEFLATING, deflate);
}

static enum og_error serve_inflate(struct process_worker *worker, struct wire_reader *arguments,
                                   struct wire_writer *results)
{
    return step(worker, arguments, results, INFLATING, inflate);
}

/* A function of the stream alone. */
static enum og_error simple(struct process_worker *worker, struct wire_reader *arguments,
                            struct wire_writer *results, uint32_t type, int (*function)(z_stream *))
{
    uint64_t handle = wire_get_u64(arguments);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    z_stream *stream = process_handle_get(worker, type, handle);
    if (!stream)
        return OG_BAD_ARGUMENT;
    wire_put_i64(results, function(stream));
    return wire_writer_error(results);
}

static enum og_error serve_deflate_reset(struct process_worker *worker,
                                         struct wire_reader *arguments, struct wire_writer *results)
{
    return simple(worker, arguments, results, DEFLATING, deflateReset);
}

static enum og_error serve_inflate_reset(struct process_worker *worker,
                                         struct wire_reader *arguments, struct wire_writer *results)
{
    return simple(worker, arguments, results, INFLATING, inflateReset);
}

/* Ends a stream: its handle is gone, whatever the status. */
static enum og_error end(struct process_worker *worker, struct wire_reader *arguments,
                         struct wire_writer *results, uint32_t type, int (*function)(z_stream *))
{
    uint64_t handle = wire_get_u64(arguments);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    z_stream *stream = process_handle_remove(worker, type, handle);
    if (!stream)
        return OG_BAD_ARGUMENT;
    wire_put_i64(results, function(stream));
    free(stream);
    return wire_writer_error(results);
}

static enum og_error serve_deflate_end(struct process_worker *worker, struct wire_reader *arguments,
                                       struct wire_writer *results)
{
    return end(worker, arguments, results, DEFLATING, deflateEnd);
}

static enum og_error serve_inflate_end(struct process_worker *worker, struct wire_reader *arguments,
                                       struct wire_writer *results)
{
    return end(worker, arguments, results, INFLATING, inflateEnd);
}

const struct process_handler process_handlers[] = {
    [ZLIB_COMPRESS2] = {serve_compress2},         [ZLIB_UNCOMPRESS] = {serve_uncompress},
    [ZLIB_DEFLATE_INIT] = {serve_deflate_init},   [ZLIB_DEFLATE] = {serve_deflate},
    [ZLIB_DEFLATE_RESET] = {serve_deflate_reset}, [ZLIB_DEFLATE_END] = {serve_deflate_end},
    [ZLIB_INFLATE_INIT] = {serve_inflate_init},   [ZLIB_INFLATE] = {serve_inflate},
    [ZLIB_INFLATE_RESET] = {serve_inflate_reset}, [ZLIB_INFLATE_END] = {serve_inflate_end},
};

const size_t process_handler_count = ZLIB_FUNCTION_COUNT;
