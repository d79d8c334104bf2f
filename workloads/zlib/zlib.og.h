/* zlib's functions in the og discipline. The `_resident` form is the call itself: foreign
 * pointers in, and a status, a length or what is left of a window out, each checked
 * against the interface before anyone sees it. The other form is for data in host memory:
 * it copies arguments to a scope of its own, calls, and copies what was computed back
 * out, validated.
 *
 * A stream's z_stream is on the domain's heap. The host writes its windows before each
 * call and reads back only how much is left of them; all other fields are the library's,
 * and the host never follows a pointer in it. */
#ifndef WORKLOADS_ZLIB_OG_H
#define WORKLOADS_ZLIB_OG_H

#include "workloads/discipline/og.h"
#include <stdbool.h>
#include <zlib.h>

struct zlib {
    struct instance instance;
    uLongf og_mut *length; /* where compress2 and uncompress find and leave *destLen */
    struct og_function compress2;
    struct og_function uncompress;
    struct og_function deflateInit_;
    struct og_function deflate;
    struct og_function deflateReset;
    struct og_function deflateEnd;
    struct og_function inflateInit_;
    struct og_function inflate;
    struct og_function inflateReset;
    struct og_function inflateEnd;
};

struct zlib_stream {
    z_stream host; /* the caller's windows */
    z_stream og_mut *foreign;
};

/* The library broke its interface. */
static inline enum og_error zlib_contract(struct og_fault *fault, const char *function)
{
    return og_fail(fault, OG_CONTRACT, function, 0, "returned what its interface rules out");
}

/* Finds the functions in the instance, and allocates what calls need besides. */
static inline enum og_error zlib_bind(struct zlib *zlib, struct og_fault *fault)
{
    const struct {
        const char *name;
        struct og_function *function;
    } functions[] = {
        {"compress2", &zlib->compress2},       {"uncompress", &zlib->uncompress},
        {"deflateInit_", &zlib->deflateInit_}, {"deflate", &zlib->deflate},
        {"deflateReset", &zlib->deflateReset}, {"deflateEnd", &zlib->deflateEnd},
        {"inflateInit_", &zlib->inflateInit_}, {"inflate", &zlib->inflate},
        {"inflateReset", &zlib->inflateReset}, {"inflateEnd", &zlib->inflateEnd},
    };
    struct og_domain *domain = zlib->instance.domain;
    struct og_scope scope;
    enum og_error error = OG_OK;
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]) && !error; i++)
        error = og_domain_lookup(domain, functions[i].name, functions[i].function, fault);
    if (error)
        return error;
    og_scope_begin(domain, &scope);
    zlib->length = og_heap_alloc(&scope.access, uLongf, 1, fault);
    og_scope_end(&scope);
    return zlib->length ? OG_OK : fault->error;
}

static inline enum og_error zlib_open(struct zlib *zlib, struct og_fault *fault)
{
    enum og_error error = instance_open(&zlib->instance, "zlib", "libz.so.1", fault);
    return error ? error : zlib_bind(zlib, fault);
}

static inline void zlib_close(struct zlib *zlib)
{
    instance_close(&zlib->instance, NULL);
}

/* ---- one-shot functions ---- */

/* *destLen after a call that succeeded: what the library says, if it is not more than
 * there was room for. */
static inline enum og_error zlib_read_length(struct zlib *zlib, struct og_scope *scope,
                                             const char *function, uLongf *destLen,
                                             struct og_fault *fault) OG_REQUIRES(scope->access)
{
    uLongf length = 0;
    enum og_error error = og_read(&scope->access, zlib->length, &length, fault);
    if (error)
        return error;
    if (length > *destLen)
        return zlib_contract(fault, function);
    *destLen = length;
    return OG_OK;
}

static inline enum og_error
zlib_compress2_resident(struct zlib *zlib, instance_scope *scope, int *result, Bytef resident *dest,
                        uLongf *destLen, const Bytef resident *source, uLong sourceLen, int level,
                        struct og_fault *fault) OG_REQUIRES(scope->access)
{
    const struct og_function *function = &zlib->compress2;
    enum og_error error = og_write(&scope->access, zlib->length, *destLen, fault);
    if (!error)
        error = og_invoke_begin(&scope->access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&compress2))function->entry)(og_pass(dest), og_pass(zlib->length),
                                                        og_pass(source), sourceLen, level);
    error = og_invoke_end(&scope->access, fault);
    if (error)
        return error;
    switch (*result) {
    case Z_OK:
        return zlib_read_length(zlib, scope, "compress2", destLen, fault);
    case Z_MEM_ERROR:
    case Z_BUF_ERROR:
    case Z_STREAM_ERROR:
        return OG_OK;
    }
    return zlib_contract(fault, "compress2");
}

static inline enum og_error zlib_uncompress_resident(struct zlib *zlib, instance_scope *scope,
                                                     int *result, Bytef resident *dest,
                                                     uLongf *destLen, const Bytef resident *source,
                                                     uLong sourceLen, struct og_fault *fault)
    OG_REQUIRES(scope->access)
{
    const struct og_function *function = &zlib->uncompress;
    enum og_error error = og_write(&scope->access, zlib->length, *destLen, fault);
    if (!error)
        error = og_invoke_begin(&scope->access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&uncompress))function->entry)(og_pass(dest), og_pass(zlib->length),
                                                         og_pass(source), sourceLen);
    error = og_invoke_end(&scope->access, fault);
    if (error)
        return error;
    switch (*result) {
    case Z_OK:
        return zlib_read_length(zlib, scope, "uncompress", destLen, fault);
    case Z_MEM_ERROR:
    case Z_BUF_ERROR:
    case Z_DATA_ERROR:
        return OG_OK;
    }
    return zlib_contract(fault, "uncompress");
}

static inline enum og_error zlib_compress2(struct zlib *zlib, int *result, Bytef *dest,
                                           uLongf *destLen, const Bytef *source, uLong sourceLen,
                                           int level, struct og_fault *fault)
{
    struct og_scope scope;
    Bytef og_mut *foreign_dest = NULL;
    Bytef og_mut *foreign_source = NULL;
    og_scope_begin(zlib->instance.domain, &scope);
    enum og_error error = argument_room(&scope, &foreign_dest, *destLen, fault);
    if (!error)
        error = argument_in(&scope, &foreign_source, source, sourceLen, fault);
    if (!error)
        error = zlib_compress2_resident(zlib, &scope, result, foreign_dest, destLen, foreign_source,
                                        sourceLen, level, fault);
    if (!error && *result == Z_OK)
        error = argument_out(&scope, dest, foreign_dest, *destLen, fault);
    og_scope_end(&scope);
    return error;
}

static inline enum og_error zlib_uncompress(struct zlib *zlib, int *result, Bytef *dest,
                                            uLongf *destLen, const Bytef *source, uLong sourceLen,
                                            struct og_fault *fault)
{
    struct og_scope scope;
    Bytef og_mut *foreign_dest = NULL;
    Bytef og_mut *foreign_source = NULL;
    og_scope_begin(zlib->instance.domain, &scope);
    enum og_error error = argument_room(&scope, &foreign_dest, *destLen, fault);
    if (!error)
        error = argument_in(&scope, &foreign_source, source, sourceLen, fault);
    if (!error)
        error = zlib_uncompress_resident(zlib, &scope, result, foreign_dest, destLen,
                                         foreign_source, sourceLen, fault);
    if (!error && *result == Z_OK)
        error = argument_out(&scope, dest, foreign_dest, *destLen, fault);
    og_scope_end(&scope);
    return error;
}

/* ---- streams ---- */

/* Makes the foreign z_stream: all zero, so that the library uses its own malloc. */
static inline enum og_error zlib_stream_make(struct zlib *zlib, struct og_scope *scope,
                                             struct zlib_stream *stream, struct og_fault *fault)
    OG_REQUIRES(scope->access)
{
    (void)zlib;
    stream->host = (z_stream){0};
    stream->foreign = og_heap_alloc(&scope->access, z_stream, 1, fault);
    return stream->foreign ? OG_OK : fault->error;
}

static inline void zlib_stream_free(struct og_scope *scope, struct zlib_stream *stream)
    OG_REQUIRES(scope->access)
{
    og_heap_free(&scope->access, stream->foreign, NULL);
    stream->foreign = NULL;
}

/* Says where the windows are. */
static inline enum og_error zlib_stream_write(struct og_scope *scope, struct zlib_stream *stream,
                                              const Bytef og_mut *next_in, uInt avail_in,
                                              Bytef og_mut *next_out, uInt avail_out,
                                              struct og_fault *fault) OG_REQUIRES(scope->access)
{
    z_stream og_mut *foreign = stream->foreign;
    enum og_error error = og_write_reference(&scope->access, &foreign->next_in, next_in, fault);
    if (!error)
        error = og_write(&scope->access, &foreign->avail_in, avail_in, fault);
    if (!error)
        error = og_write_reference(&scope->access, &foreign->next_out, next_out, fault);
    if (!error)
        error = og_write(&scope->access, &foreign->avail_out, avail_out, fault);
    return error;
}

/* Gets what is left of the windows, which cannot be more than there was. */
static inline enum og_error zlib_stream_read(struct og_scope *scope, struct zlib_stream *stream,
                                             const char *function, uInt *avail_in, uInt *avail_out,
                                             struct og_fault *fault) OG_REQUIRES(scope->access)
{
    uInt left_in = 0, left_out = 0;
    enum og_error error = og_read(&scope->access, &stream->foreign->avail_in, &left_in, fault);
    if (!error)
        error = og_read(&scope->access, &stream->foreign->avail_out, &left_out, fault);
    if (error)
        return error;
    if (left_in > *avail_in || left_out > *avail_out)
        return zlib_contract(fault, function);
    *avail_in = left_in;
    *avail_out = left_out;
    return OG_OK;
}

/* Moves the host's windows on. */
static inline void zlib_stream_advance(z_stream *host, uInt left_in, uInt left_out)
{
    host->next_in += host->avail_in - left_in;
    host->total_in += host->avail_in - left_in;
    host->avail_in = left_in;
    host->next_out += host->avail_out - left_out;
    host->total_out += host->avail_out - left_out;
    host->avail_out = left_out;
}

static inline enum og_error
zlib_deflate_resident(struct zlib *zlib, instance_scope *scope, int *result,
                      struct zlib_stream *stream, const Bytef resident *next_in, uInt *avail_in,
                      Bytef resident *next_out, uInt *avail_out, int flush, struct og_fault *fault)
    OG_REQUIRES(scope->access)
{
    const struct og_function *function = &zlib->deflate;
    enum og_error error =
        zlib_stream_write(scope, stream, next_in, *avail_in, next_out, *avail_out, fault);
    if (!error)
        error = og_invoke_begin(&scope->access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&deflate))function->entry)(og_pass(stream->foreign), flush);
    error = og_invoke_end(&scope->access, fault);
    if (error)
        return error;
    switch (*result) {
    case Z_OK:
    case Z_STREAM_END:
    case Z_BUF_ERROR:
    case Z_STREAM_ERROR:
        return zlib_stream_read(scope, stream, "deflate", avail_in, avail_out, fault);
    }
    return zlib_contract(fault, "deflate");
}

static inline enum og_error
zlib_inflate_resident(struct zlib *zlib, instance_scope *scope, int *result,
                      struct zlib_stream *stream, const Bytef resident *next_in, uInt *avail_in,
                      Bytef resident *next_out, uInt *avail_out, int flush, struct og_fault *fault)
    OG_REQUIRES(scope->access)
{
    const struct og_function *function = &zlib->inflate;
    enum og_error error =
        zlib_stream_write(scope, stream, next_in, *avail_in, next_out, *avail_out, fault);
    if (!error)
        error = og_invoke_begin(&scope->access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&inflate))function->entry)(og_pass(stream->foreign), flush);
    error = og_invoke_end(&scope->access, fault);
    if (error)
        return error;
    switch (*result) {
    case Z_OK:
    case Z_STREAM_END:
    case Z_NEED_DICT:
    case Z_BUF_ERROR:
    case Z_STREAM_ERROR:
    case Z_DATA_ERROR:
    case Z_MEM_ERROR:
        return zlib_stream_read(scope, stream, "inflate", avail_in, avail_out, fault);
    }
    return zlib_contract(fault, "inflate");
}

/* One step with windows in host memory. `inflating` is a constant where this is inlined. */
static inline __attribute__((always_inline)) enum og_error
zlib_step(struct zlib *zlib, bool inflating, int *result, struct zlib_stream *stream, int flush,
          struct og_fault *fault)
{
    struct og_scope scope;
    z_stream *host = &stream->host;
    uInt left_in = host->avail_in, left_out = host->avail_out;
    Bytef og_mut *foreign_in = NULL;
    Bytef og_mut *foreign_out = NULL;
    og_scope_begin(zlib->instance.domain, &scope);
    enum og_error error = argument_in(&scope, &foreign_in, host->next_in, host->avail_in, fault);
    if (!error)
        error = argument_room(&scope, &foreign_out, host->avail_out, fault);
    if (!error)
        error = inflating ? zlib_inflate_resident(zlib, &scope, result, stream, foreign_in,
                                                  &left_in, foreign_out, &left_out, flush, fault)
                          : zlib_deflate_resident(zlib, &scope, result, stream, foreign_in,
                                                  &left_in, foreign_out, &left_out, flush, fault);
    if (!error)
        error =
            argument_out(&scope, host->next_out, foreign_out, host->avail_out - left_out, fault);
    og_scope_end(&scope);
    if (!error)
        zlib_stream_advance(host, left_in, left_out);
    return error;
}

static inline enum og_error zlib_deflate(struct zlib *zlib, int *result, struct zlib_stream *stream,
                                         int flush, struct og_fault *fault)
{
    return zlib_step(zlib, false, result, stream, flush, fault);
}

static inline enum og_error zlib_inflate(struct zlib *zlib, int *result, struct zlib_stream *stream,
                                         int flush, struct og_fault *fault)
{
    return zlib_step(zlib, true, result, stream, flush, fault);
}

static inline enum og_error zlib_deflateInit(struct zlib *zlib, int *result,
                                             struct zlib_stream *stream, int level,
                                             struct og_fault *fault)
{
    const struct og_function *function = &zlib->deflateInit_;
    struct og_scope scope;
    unsigned char og_mut *version = NULL;
    og_scope_begin(zlib->instance.domain, &scope);
    enum og_error error = zlib_stream_make(zlib, &scope, stream, fault);
    if (!error)
        error = argument_in(&scope, &version, ZLIB_VERSION, sizeof(ZLIB_VERSION), fault);
    if (!error)
        error = og_invoke_begin(&scope.access, function, fault);
    if (!error) {
        *result = ((__typeof__(&deflateInit_))function->entry)(
            og_pass(stream->foreign), level, og_pass((char og_mut *)version), sizeof(z_stream));
        error = og_invoke_end(&scope.access, fault);
    }
    if (!error && *result != Z_OK && *result != Z_MEM_ERROR && *result != Z_STREAM_ERROR &&
        *result != Z_VERSION_ERROR)
        error = zlib_contract(fault, "deflateInit_");
    if (error || *result != Z_OK)
        zlib_stream_free(&scope, stream);
    og_scope_end(&scope);
    return error;
}

static inline enum og_error zlib_inflateInit(struct zlib *zlib, int *result,
                                             struct zlib_stream *stream, struct og_fault *fault)
{
    const struct og_function *function = &zlib->inflateInit_;
    struct og_scope scope;
    unsigned char og_mut *version = NULL;
    og_scope_begin(zlib->instance.domain, &scope);
    enum og_error error = zlib_stream_make(zlib, &scope, stream, fault);
    if (!error)
        error = argument_in(&scope, &version, ZLIB_VERSION, sizeof(ZLIB_VERSION), fault);
    if (!error)
        error = og_invoke_begin(&scope.access, function, fault);
    if (!error) {
        *result = ((__typeof__(&inflateInit_))function->entry)(
            og_pass(stream->foreign), og_pass((char og_mut *)version), sizeof(z_stream));
        error = og_invoke_end(&scope.access, fault);
    }
    if (!error && *result != Z_OK && *result != Z_MEM_ERROR && *result != Z_STREAM_ERROR &&
        *result != Z_VERSION_ERROR)
        error = zlib_contract(fault, "inflateInit_");
    if (error || *result != Z_OK)
        zlib_stream_free(&scope, stream);
    og_scope_end(&scope);
    return error;
}

/* Calls what takes only the stream: resetting and ending. */
static inline enum og_error zlib_stream_call(struct og_scope *scope,
                                             const struct og_function *function, int *result,
                                             struct zlib_stream *stream, struct og_fault *fault)
    OG_REQUIRES(scope->access)
{
    enum og_error error = og_invoke_begin(&scope->access, function, fault);
    if (error)
        return error;
    *result = ((int (*)(z_streamp))function->entry)(og_pass(stream->foreign));
    return og_invoke_end(&scope->access, fault);
}

static inline enum og_error zlib_stream_reset(struct zlib *zlib, const struct og_function *function,
                                              const char *name, int *result,
                                              struct zlib_stream *stream, struct og_fault *fault)
{
    struct og_scope scope;
    og_scope_begin(zlib->instance.domain, &scope);
    enum og_error error = zlib_stream_call(&scope, function, result, stream, fault);
    og_scope_end(&scope);
    if (!error && *result != Z_OK && *result != Z_STREAM_ERROR)
        error = zlib_contract(fault, name);
    stream->host.total_in = stream->host.total_out = 0;
    return error;
}

static inline enum og_error zlib_deflateReset(struct zlib *zlib, int *result,
                                              struct zlib_stream *stream, struct og_fault *fault)
{
    return zlib_stream_reset(zlib, &zlib->deflateReset, "deflateReset", result, stream, fault);
}

static inline enum og_error zlib_inflateReset(struct zlib *zlib, int *result,
                                              struct zlib_stream *stream, struct og_fault *fault)
{
    return zlib_stream_reset(zlib, &zlib->inflateReset, "inflateReset", result, stream, fault);
}

static inline enum og_error zlib_deflateEnd(struct zlib *zlib, int *result,
                                            struct zlib_stream *stream, struct og_fault *fault)
{
    struct og_scope scope;
    og_scope_begin(zlib->instance.domain, &scope);
    enum og_error error = zlib_stream_call(&scope, &zlib->deflateEnd, result, stream, fault);
    if (!error && *result != Z_OK && *result != Z_STREAM_ERROR && *result != Z_DATA_ERROR)
        error = zlib_contract(fault, "deflateEnd");
    zlib_stream_free(&scope, stream);
    og_scope_end(&scope);
    return error;
}

static inline enum og_error zlib_inflateEnd(struct zlib *zlib, int *result,
                                            struct zlib_stream *stream, struct og_fault *fault)
{
    struct og_scope scope;
    og_scope_begin(zlib->instance.domain, &scope);
    enum og_error error = zlib_stream_call(&scope, &zlib->inflateEnd, result, stream, fault);
    if (!error && *result != Z_OK && *result != Z_STREAM_ERROR)
        error = zlib_contract(fault, "inflateEnd");
    zlib_stream_free(&scope, stream);
    og_scope_end(&scope);
    return error;
}

#endif
