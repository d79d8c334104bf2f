/* zlib's functions in the raw discipline: plain calls. The same names in zlib.og.h and
 * zlib.process.h; arguments are the library's own, after the instance and where the
 * result goes, and before the fault.
 *
 * A stream is a handle. For zlib_deflate and zlib_inflate the caller sets next_in,
 * avail_in, next_out and avail_out of its `host` part, as the library's manual says, and
 * finds them (and total_in, total_out) moved on after the call; the rest of `host` belongs
 * to the stubs. A function whose name ends in `_resident` takes windows that are where
 * the library can reach them already, and says in *avail_in and *avail_out what is left. */
#ifndef WORKLOADS_ZLIB_RAW_H
#define WORKLOADS_ZLIB_RAW_H

#include "workloads/discipline/raw.h"
#include <zlib.h>

struct zlib {
    struct instance instance;
};

struct zlib_stream {
    z_stream host;
};

static inline enum og_error zlib_open(struct zlib *zlib, struct og_fault *fault)
{
    (void)zlib;
    (void)fault;
    return OG_OK;
}

static inline void zlib_close(struct zlib *zlib)
{
    (void)zlib;
}

static inline enum og_error zlib_compress2(struct zlib *zlib, int *result, Bytef *dest,
                                           uLongf *destLen, const Bytef *source, uLong sourceLen,
                                           int level, struct og_fault *fault)
{
    (void)zlib;
    (void)fault;
    *result = compress2(dest, destLen, source, sourceLen, level);
    return OG_OK;
}

static inline enum og_error zlib_uncompress(struct zlib *zlib, int *result, Bytef *dest,
                                            uLongf *destLen, const Bytef *source, uLong sourceLen,
                                            struct og_fault *fault)
{
    (void)zlib;
    (void)fault;
    *result = uncompress(dest, destLen, source, sourceLen);
    return OG_OK;
}

static inline enum og_error zlib_deflateInit(struct zlib *zlib, int *result,
                                             struct zlib_stream *stream, int level,
                                             struct og_fault *fault)
{
    (void)zlib;
    (void)fault;
    *result = deflateInit(&stream->host, level);
    return OG_OK;
}

static inline enum og_error zlib_deflate(struct zlib *zlib, int *result, struct zlib_stream *stream,
                                         int flush, struct og_fault *fault)
{
    (void)zlib;
    (void)fault;
    *result = deflate(&stream->host, flush);
    return OG_OK;
}

static inline enum og_error zlib_deflateReset(struct zlib *zlib, int *result,
                                              struct zlib_stream *stream, struct og_fault *fault)
{
    (void)zlib;
    (void)fault;
    *result = deflateReset(&stream->host);
    return OG_OK;
}

static inline enum og_error zlib_deflateEnd(struct zlib *zlib, int *result,
                                            struct zlib_stream *stream, struct og_fault *fault)
{
    (void)zlib;
    (void)fault;
    *result = deflateEnd(&stream->host);
    return OG_OK;
}

static inline enum og_error zlib_inflateInit(struct zlib *zlib, int *result,
                                             struct zlib_stream *stream, struct og_fault *fault)
{
    (void)zlib;
    (void)fault;
    *result = inflateInit(&stream->host);
    return OG_OK;
}

static inline enum og_error zlib_inflate(struct zlib *zlib, int *result, struct zlib_stream *stream,
                                         int flush, struct og_fault *fault)
{
    (void)zlib;
    (void)fault;
    *result = inflate(&stream->host, flush);
    return OG_OK;
}

static inline enum og_error zlib_inflateReset(struct zlib *zlib, int *result,
                                              struct zlib_stream *stream, struct og_fault *fault)
{
    (void)zlib;
    (void)fault;
    *result = inflateReset(&stream->host);
    return OG_OK;
}

static inline enum og_error zlib_inflateEnd(struct zlib *zlib, int *result,
                                            struct zlib_stream *stream, struct og_fault *fault)
{
    (void)zlib;
    (void)fault;
    *result = inflateEnd(&stream->host);
    return OG_OK;
}

static inline enum og_error zlib_compress2_resident(struct zlib *zlib, instance_scope *scope,
                                                    int *result, Bytef resident *dest,
                                                    uLongf *destLen, const Bytef resident *source,
                                                    uLong sourceLen, int level,
                                                    struct og_fault *fault)
{
    (void)scope;
    return zlib_compress2(zlib, result, dest, destLen, source, sourceLen, level, fault);
}

static inline enum og_error zlib_uncompress_resident(struct zlib *zlib, instance_scope *scope,
                                                     int *result, Bytef resident *dest,
                                                     uLongf *destLen, const Bytef resident *source,
                                                     uLong sourceLen, struct og_fault *fault)
{
    (void)scope;
    return zlib_uncompress(zlib, result, dest, destLen, source, sourceLen, fault);
}

static inline enum og_error zlib_deflate_resident(struct zlib *zlib, instance_scope *scope,
                                                  int *result, struct zlib_stream *stream,
                                                  const Bytef resident *next_in, uInt *avail_in,
                                                  Bytef resident *next_out, uInt *avail_out,
                                                  int flush, struct og_fault *fault)
{
    (void)scope;
    stream->host.next_in = (z_const Bytef *)next_in;
    stream->host.avail_in = *avail_in;
    stream->host.next_out = next_out;
    stream->host.avail_out = *avail_out;
    enum og_error error = zlib_deflate(zlib, result, stream, flush, fault);
    *avail_in = stream->host.avail_in;
    *avail_out = stream->host.avail_out;
    return error;
}

static inline enum og_error zlib_inflate_resident(struct zlib *zlib, instance_scope *scope,
                                                  int *result, struct zlib_stream *stream,
                                                  const Bytef resident *next_in, uInt *avail_in,
                                                  Bytef resident *next_out, uInt *avail_out,
                                                  int flush, struct og_fault *fault)
{
    (void)scope;
    stream->host.next_in = (z_const Bytef *)next_in;
    stream->host.avail_in = *avail_in;
    stream->host.next_out = next_out;
    stream->host.avail_out = *avail_out;
    enum og_error error = zlib_inflate(zlib, result, stream, flush, fault);
    *avail_in = stream->host.avail_in;
    *avail_out = stream->host.avail_out;
    return error;
}

#endif
