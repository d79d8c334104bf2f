/* A libz that breaks zlib's interface, in the way that an argument picks: the compression
 * level, the first byte of what is to be uncompressed, or the flush mode. */
#include <zlib.h>

enum { LONGER_THAN_ROOM = 1, UNKNOWN_STATUS = 2 };

static int lie(int which, uLongf *length)
{
    if (which == LONGER_THAN_ROOM)
        *length = *length + 1;
    return which == LONGER_THAN_ROOM ? Z_OK : 77;
}

int compress2(Bytef *dest, uLongf *destLen, const Bytef *source, uLong sourceLen, int level)
{
    (void)dest, (void)source, (void)sourceLen;
    return lie(level, destLen);
}

int uncompress(Bytef *dest, uLongf *destLen, const Bytef *source, uLong sourceLen)
{
    (void)dest, (void)sourceLen;
    return lie(source[0], destLen);
}

static int step(z_streamp stream, int flush)
{
    if (flush == Z_NO_FLUSH)
        stream->avail_out++;
    if (flush == Z_PARTIAL_FLUSH)
        stream->avail_in++;
    return flush == Z_FINISH ? 77 : Z_OK;
}

int deflate(z_streamp stream, int flush)
{
    return step(stream, flush);
}

int inflate(z_streamp stream, int flush)
{
    return step(stream, flush);
}

int deflateInit_(z_streamp stream, int level, const char *version, int size)
{
    (void)stream, (void)version, (void)size;
    return level == UNKNOWN_STATUS ? 77 : Z_OK;
}

int inflateInit_(z_streamp stream, const char *version, int size)
{
    (void)stream, (void)version, (void)size;
    return Z_OK;
}

int deflateReset(z_streamp stream)
{
    (void)stream;
    return 77;
}

int inflateReset(z_streamp stream)
{
    (void)stream;
    return 77;
}

int deflateEnd(z_streamp stream)
{
    (void)stream;
    return 77;
}

int inflateEnd(z_streamp stream)
{
    (void)stream;
    return 77;
}
