/* zlib: buffers at once, and streams. */
#include <omniglot/interface.h>
#include <zlib.h>

OG_LIBRARY(zlib, "libz.so.1");

/* --- at once --- */

int compress2(Bytef *dest OG_OUT(*destLen), uLongf *destLen OG_LENGTH_OF(dest),
              const Bytef *source OG_IN(sourceLen), uLong sourceLen, int level)
    OG_RETURNS(Z_OK, Z_MEM_ERROR, Z_BUF_ERROR, Z_STREAM_ERROR) OG_SUCCESS(Z_OK);

int uncompress(Bytef *dest OG_OUT(*destLen), uLongf *destLen OG_LENGTH_OF(dest),
               const Bytef *source OG_IN(sourceLen), uLong sourceLen)
    OG_RETURNS(Z_OK, Z_MEM_ERROR, Z_BUF_ERROR, Z_DATA_ERROR) OG_SUCCESS(Z_OK);

/* --- streams: one that deflates is of no use to inflate, and the reverse --- */

int deflateInit_(z_streamp strm OG_OBJECT_NEW(deflating), int level, const char *version OG_STRING,
                 int stream_size OG_SIZE_OF(strm))
    OG_RETURNS(Z_OK, Z_MEM_ERROR, Z_STREAM_ERROR, Z_VERSION_ERROR) OG_SUCCESS(Z_OK);

int deflate(z_streamp strm OG_OBJECT(deflating) OG_IN_WINDOW_FIELDS(next_in, avail_in)
                OG_OUT_WINDOW_FIELDS(next_out, avail_out) OG_GET(total_in, total_out),
            int flush) OG_RETURNS(Z_OK, Z_STREAM_END, Z_BUF_ERROR, Z_STREAM_ERROR);

int deflateReset(z_streamp strm OG_OBJECT(deflating) OG_GET(total_in, total_out))
    OG_RETURNS(Z_OK, Z_STREAM_ERROR);

int deflateEnd(z_streamp strm OG_OBJECT_END(deflating))
    OG_RETURNS(Z_OK, Z_STREAM_ERROR, Z_DATA_ERROR);

int inflateInit_(z_streamp strm OG_OBJECT_NEW(inflating), const char *version OG_STRING,
                 int stream_size OG_SIZE_OF(strm))
    OG_RETURNS(Z_OK, Z_MEM_ERROR, Z_STREAM_ERROR, Z_VERSION_ERROR) OG_SUCCESS(Z_OK);

int inflate(z_streamp strm OG_OBJECT(inflating) OG_IN_WINDOW_FIELDS(next_in, avail_in)
                OG_OUT_WINDOW_FIELDS(next_out, avail_out) OG_GET(total_in, total_out),
            int flush) OG_RETURNS(Z_OK, Z_STREAM_END, Z_NEED_DICT, Z_BUF_ERROR, Z_STREAM_ERROR,
                                  Z_DATA_ERROR, Z_MEM_ERROR);

int inflateReset(z_streamp strm OG_OBJECT(inflating) OG_GET(total_in, total_out))
    OG_RETURNS(Z_OK, Z_STREAM_ERROR);

int inflateEnd(z_streamp strm OG_OBJECT_END(inflating)) OG_RETURNS(Z_OK, Z_STREAM_ERROR);
