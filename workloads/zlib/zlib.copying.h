/* zlib through the copying sandbox: every argument is copied into memory that the library's malloc
 * gives, and every result out of it. The calls themselves, and a stream's making and ending, are
 * those of zlib.og.h. */
#ifndef WORKLOADS_ZLIB_COPYING_H
#define WORKLOADS_ZLIB_COPYING_H

#include "workloads/discipline/copying.h"

/* The og discipline's own way to copy has these names there. */
#define zlib_open       zlib_og_open
#define zlib_compress2  zlib_og_compress2
#define zlib_uncompress zlib_og_uncompress
#define zlib_deflate    zlib_og_deflate
#define zlib_inflate    zlib_og_inflate
#include "workloads/zlib/zlib.og.h"
#undef zlib_open
#undef zlib_compress2
#undef zlib_uncompress
#undef zlib_deflate
#undef zlib_inflate

/* The instance's allocator; an image has one instance. */
static struct copying zlib_copying;

static inline enum og_error zlib_open(struct zlib *zlib, struct og_fault *fault)
{
    enum og_error error = zlib_og_open(zlib, fault);
    return error ? error : copying_open(&zlib_copying, zlib->instance.domain, fault);
}

/* The copies of one call's input and output. */
struct zlib_copies {
    Bytef og_mut *dest;
    Bytef og_mut *source;
};

static inline enum og_error zlib_copies_make(struct zlib_copies *copies, struct og_scope *scope,
                                             size_t room, const Bytef *source, size_t size,
                                             struct og_fault *fault) OG_REQUIRES(scope->access)
{
    *copies = (struct zlib_copies){NULL, NULL};
    enum og_error error = copying_room(&zlib_copying, scope, &copies->dest, room, fault);
    return error ? error : copying_in(&zlib_copying, scope, &copies->source, source, size, fault);
}

static inline enum og_error zlib_copies_free(struct zlib_copies *copies, struct og_scope *scope,
                                             enum og_error error, struct og_fault *fault)
    OG_REQUIRES(scope->access)
{
    error = copying_free(&zlib_copying, scope, copies->source, error, fault);
    return copying_free(&zlib_copying, scope, copies->dest, error, fault);
}

static inline enum og_error zlib_compress2(struct zlib *zlib, int *result, Bytef *dest,
                                           uLongf *destLen, const Bytef *source, uLong sourceLen,
                                           int level, struct og_fault *fault)
{
    struct og_scope scope;
    struct zlib_copies copies;
    og_scope_begin(zlib->instance.domain, &scope);
    enum og_error error = zlib_copies_make(&copies, &scope, *destLen, source, sourceLen, fault);
    if (!error)
        error = zlib_compress2_resident(zlib, &scope, result, copies.dest, destLen, copies.source,
                                        sourceLen, level, fault);
    if (!error && *result == Z_OK)
        error = copying_out(&scope, dest, copies.dest, *destLen, fault);
    error = zlib_copies_free(&copies, &scope, error, fault);
    og_scope_end(&scope);
    return error;
}

static inline enum og_error zlib_uncompress(struct zlib *zlib, int *result, Bytef *dest,
                                            uLongf *destLen, const Bytef *source, uLong sourceLen,
                                            struct og_fault *fault)
{
    struct og_scope scope;
    struct zlib_copies copies;
    og_scope_begin(zlib->instance.domain, &scope);
    enum og_error error = zlib_copies_make(&copies, &scope, *destLen, source, sourceLen, fault);
    if (!error)
        error = zlib_uncompress_resident(zlib, &scope, result, copies.dest, destLen, copies.source,
                                         sourceLen, fault);
    if (!error && *result == Z_OK)
        error = copying_out(&scope, dest, copies.dest, *destLen, fault);
    error = zlib_copies_free(&copies, &scope, error, fault);
    og_scope_end(&scope);
    return error;
}

/* One step of a stream. `inflating` is a constant where this is inlined. */
static inline __attribute__((always_inline)) enum og_error
zlib_copying_step(struct zlib *zlib, bool inflating, int *result, struct zlib_stream *stream,
                  int flush, struct og_fault *fault)
{
    struct og_scope scope;
    struct zlib_copies copies;
    z_stream *host = &stream->host;
    uInt left_in = host->avail_in, left_out = host->avail_out;
    og_scope_begin(zlib->instance.domain, &scope);
    enum og_error error =
        zlib_copies_make(&copies, &scope, host->avail_out, host->next_in, host->avail_in, fault);
    if (!error)
        error = inflating ? zlib_inflate_resident(zlib, &scope, result, stream, copies.source,
                                                  &left_in, copies.dest, &left_out, flush, fault)
                          : zlib_deflate_resident(zlib, &scope, result, stream, copies.source,
                                                  &left_in, copies.dest, &left_out, flush, fault);
    if (!error)
        error = copying_out(&scope, host->next_out, copies.dest, host->avail_out - left_out, fault);
    error = zlib_copies_free(&copies, &scope, error, fault);
    og_scope_end(&scope);
    if (!error)
        zlib_stream_advance(host, left_in, left_out);
    return error;
}

static inline enum og_error zlib_deflate(struct zlib *zlib, int *result, struct zlib_stream *stream,
                                         int flush, struct og_fault *fault)
{
    return zlib_copying_step(zlib, false, result, stream, flush, fault);
}

static inline enum og_error zlib_inflate(struct zlib *zlib, int *result, struct zlib_stream *stream,
                                         int flush, struct og_fault *fault)
{
    return zlib_copying_step(zlib, true, result, stream, flush, fault);
}

#endif
