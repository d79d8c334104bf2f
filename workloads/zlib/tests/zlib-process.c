/* zlib's process stubs and worker: streams stay behind handles that only fit their own
 * kind, and only while the worker lives that gave them. */
#include "workloads/zlib/zlib-process.h"
#include "omniglot/tests/cmocka-tests.h"

#include <string.h>

static struct zlib zlib;
static struct og_fault fault;
static Bytef in[64] = "to be or not to be";
static Bytef out[256];

static int start(void **state)
{
    (void)state;
    zlib = (struct zlib){0};
    return zlib_open(&zlib, NULL, &fault);
}

static int stop(void **state)
{
    (void)state;
    zlib_close(&zlib);
    return 0;
}

static struct zlib_deflating open_deflate(void)
{
    int status = Z_ERRNO;
    struct zlib_deflating stream = {0};
    assert_int_equal(
        call_deflateInit_(&zlib, &status, &stream, 6, ZLIB_VERSION, sizeof(z_stream), &fault),
        OG_OK);
    assert_int_equal(status, Z_OK);
    stream.host.next_in = in;
    stream.host.avail_in = sizeof(in);
    stream.host.next_out = out;
    stream.host.avail_out = sizeof(out);
    return stream;
}

static void a_stream_deflates_and_inflates_through_the_worker(void **state)
{
    (void)state;
    int status = Z_ERRNO;
    Bytef text[sizeof(in)];
    struct zlib_deflating stream = open_deflate();
    assert_int_equal(call_deflate(&zlib, &status, &stream, Z_FINISH, &fault), OG_OK);
    assert_int_equal(status, Z_STREAM_END);
    assert_int_equal(stream.host.total_in, sizeof(in));
    assert_int_equal(stream.host.total_out, sizeof(out) - stream.host.avail_out);
    uLong size = stream.host.total_out;
    assert_int_equal(call_deflateEnd(&zlib, &status, &stream, &fault), OG_OK);
    struct zlib_inflating inflating = {0};
    assert_int_equal(
        call_inflateInit_(&zlib, &status, &inflating, ZLIB_VERSION, sizeof(z_stream), &fault),
        OG_OK);
    inflating.host.next_in = out;
    inflating.host.avail_in = (uInt)size;
    inflating.host.next_out = text;
    inflating.host.avail_out = sizeof(text);
    assert_int_equal(call_inflate(&zlib, &status, &inflating, Z_NO_FLUSH, &fault), OG_OK);
    assert_int_equal(status, Z_STREAM_END);
    assert_memory_equal(text, in, sizeof(in));
    assert_int_equal(call_inflateEnd(&zlib, &status, &inflating, &fault), OG_OK);
}

static void a_deflating_handle_does_not_inflate(void **state)
{
    (void)state;
    int status;
    struct zlib_deflating stream = open_deflate();
    /* The types differ already: only a cast, or a host gone wrong, gets this far. */
    struct zlib_inflating forged = {
        .host = stream.host, .handle = stream.handle, .generation = stream.generation};
    assert_int_equal(call_inflate(&zlib, &status, &forged, Z_NO_FLUSH, &fault), OG_BAD_ARGUMENT);
    assert_int_equal(call_inflateEnd(&zlib, &status, &forged, &fault), OG_BAD_ARGUMENT);
    assert_int_equal(call_deflateEnd(&zlib, &status, &stream, &fault), OG_OK);
}

static void a_handle_is_refused_after_its_end(void **state)
{
    (void)state;
    int status;
    struct zlib_deflating stream = open_deflate();
    assert_int_equal(call_deflateEnd(&zlib, &status, &stream, &fault), OG_OK);
    assert_int_equal(call_deflate(&zlib, &status, &stream, Z_FINISH, &fault), OG_BAD_ARGUMENT);
}

static void a_handle_is_refused_by_the_next_worker(void **state)
{
    (void)state;
    int status;
    struct zlib_deflating lost = open_deflate();
    assert_int_equal(process_reset(zlib.instance.sandbox, &fault), OG_OK);
    struct zlib_deflating stream = open_deflate();
    lost.handle = stream.handle; /* even if the numbers were the same */
    assert_int_equal(call_deflate(&zlib, &status, &lost, Z_FINISH, &fault), OG_BAD_ARGUMENT);
    assert_int_equal(call_deflateEnd(&zlib, &status, &stream, &fault), OG_OK);
}

static void a_failed_call_gives_its_status_and_no_output(void **state)
{
    (void)state;
    int status = Z_OK;
    uLongf size = sizeof(out);
    assert_int_equal(call_uncompress(&zlib, &status, out, &size, in, sizeof(in), &fault), OG_OK);
    assert_int_equal(status, Z_DATA_ERROR);
    assert_int_equal(size, sizeof(out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_deflates_and_inflates_through_the_worker),
        cmocka_unit_test(a_deflating_handle_does_not_inflate),
        cmocka_unit_test(a_handle_is_refused_after_its_end),
        cmocka_unit_test(a_handle_is_refused_by_the_next_worker),
        cmocka_unit_test(a_failed_call_gives_its_status_and_no_output),
    };
    return cmocka_run_group_tests_name("zlib-process", tests, start, stop);
}
