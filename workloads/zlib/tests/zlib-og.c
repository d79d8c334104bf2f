/* zlib's og stubs: what a libz returns that its interface rules out never gets to the
 * caller. liblying-zlib.so breaks the interface in one way per test. */
#include "workloads/zlib/zlib-og.h"
#include "omniglot/tests/cmocka-tests.h"
#include "workloads/tests/lying-library.h"

enum { LONGER_THAN_ROOM = 1, UNKNOWN_STATUS = 2 };

static struct zlib zlib;
static struct og_fault fault;
static const struct og_options none = {.isolation = OG_NONE};
static Bytef in[64];
static Bytef out[64];

static int open_liar(void **state)
{
    (void)state;
    char path[PATH_MAX];
    if (!lying_library_find(path, "zlib"))
        return -1;
    zlib = (struct zlib){0};
    return zlib_open_from(&zlib, path, &none, &fault) != OG_OK;
}

static int close_liar(void **state)
{
    (void)state;
    zlib_close(&zlib);
    return 0;
}

static void a_length_beyond_the_room_is_refused(void **state)
{
    (void)state;
    int status;
    uLongf size = sizeof(out);
    assert_int_equal(
        call_compress2(&zlib, &status, out, &size, in, sizeof(in), LONGER_THAN_ROOM, &fault),
        OG_CONTRACT);
    assert_string_equal(fault.symbol, "compress2");
    in[0] = LONGER_THAN_ROOM;
    assert_int_equal(call_uncompress(&zlib, &status, out, &size, in, sizeof(in), &fault),
                     OG_CONTRACT);
    assert_string_equal(fault.symbol, "uncompress");
    assert_int_equal(size, sizeof(out));
}

static void a_status_that_zlib_does_not_have_is_refused(void **state)
{
    (void)state;
    int status;
    uLongf size = sizeof(out);
    struct zlib_deflating deflating = {0};
    struct zlib_inflating inflating = {0};
    assert_int_equal(
        call_compress2(&zlib, &status, out, &size, in, sizeof(in), UNKNOWN_STATUS, &fault),
        OG_CONTRACT);
    in[0] = UNKNOWN_STATUS;
    assert_int_equal(call_uncompress(&zlib, &status, out, &size, in, sizeof(in), &fault),
                     OG_CONTRACT);
    assert_int_equal(call_deflateInit_(&zlib, &status, &deflating, UNKNOWN_STATUS, ZLIB_VERSION,
                                       sizeof(z_stream), &fault),
                     OG_CONTRACT);
    assert_int_equal(
        call_deflateInit_(&zlib, &status, &deflating, 0, ZLIB_VERSION, sizeof(z_stream), &fault),
        OG_OK);
    assert_int_equal(
        call_inflateInit_(&zlib, &status, &inflating, ZLIB_VERSION, sizeof(z_stream), &fault),
        OG_OK);
    assert_int_equal(call_deflate(&zlib, &status, &deflating, Z_FINISH, &fault), OG_CONTRACT);
    assert_int_equal(call_inflate(&zlib, &status, &inflating, Z_FINISH, &fault), OG_CONTRACT);
    assert_int_equal(call_deflateReset(&zlib, &status, &deflating, &fault), OG_CONTRACT);
    assert_int_equal(call_inflateReset(&zlib, &status, &inflating, &fault), OG_CONTRACT);
    assert_int_equal(call_deflateEnd(&zlib, &status, &deflating, &fault), OG_CONTRACT);
    assert_int_equal(call_inflateEnd(&zlib, &status, &inflating, &fault), OG_CONTRACT);
}

/* Both directions with one flush mode, which picks the window that grows. */
static void expect_window_refused(int flush)
{
    int status;
    struct zlib_deflating deflating = {0};
    struct zlib_inflating inflating = {0};
    assert_int_equal(
        call_deflateInit_(&zlib, &status, &deflating, 0, ZLIB_VERSION, sizeof(z_stream), &fault),
        OG_OK);
    const z_stream host = {
        .next_in = in, .avail_in = sizeof(in), .next_out = out, .avail_out = sizeof(out)};
    assert_int_equal(
        call_inflateInit_(&zlib, &status, &inflating, ZLIB_VERSION, sizeof(z_stream), &fault),
        OG_OK);
    deflating.host = inflating.host = host;
    assert_int_equal(call_deflate(&zlib, &status, &deflating, flush, &fault), OG_CONTRACT);
    assert_string_equal(fault.symbol, "deflate");
    assert_int_equal(call_inflate(&zlib, &status, &inflating, flush, &fault), OG_CONTRACT);
    assert_string_equal(fault.symbol, "inflate");
    assert_memory_equal(&deflating.host, &host, sizeof(host));
    assert_memory_equal(&inflating.host, &host, sizeof(host));
    assert_int_equal(call_deflateEnd(&zlib, &status, &deflating, &fault), OG_CONTRACT);
}

static void an_output_window_that_grew_is_refused(void **state)
{
    (void)state;
    expect_window_refused(Z_NO_FLUSH);
}

static void an_input_window_that_grew_is_refused(void **state)
{
    (void)state;
    expect_window_refused(Z_PARTIAL_FLUSH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_length_beyond_the_room_is_refused),
        cmocka_unit_test(a_status_that_zlib_does_not_have_is_refused),
        cmocka_unit_test(an_output_window_that_grew_is_refused),
        cmocka_unit_test(an_input_window_that_grew_is_refused),
    };
    return cmocka_run_group_tests_name("zlib-og", tests, open_liar, close_liar);
}
