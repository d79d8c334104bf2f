/* Unmodified libraries of the distribution in MPK domains: each gives the answers that it gives
 * when it is loaded as it is. */
#include "mpk-test.h"

#include <dlfcn.h>
#include <math.h>
#include <png.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 20000, PACKED = 24000 };

static unsigned char text[TEXT];

/* Something that packs, and not too well. */
static void make_text(void)
{
    unsigned state = 1;
    for (size_t i = 0; i < TEXT; i++) {
        state = state * 1103515245u + 12345u;
        text[i] = "etaoin shrdlu, e t "[state >> 16 & 15];
    }
}

static void *plain(const char *library_name, const char *function)
{
    void *handle = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(handle);
    void *address = dlsym(handle, function);
    assert_non_null(address);
    return address;
}

static void close_other(struct og_domain *other)
{
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

/* --- zlib --- */

static void zlib_packs_and_unpacks(void **state)
{
    (void)state;
    typedef int pack(void *, unsigned long *, const void *, unsigned long);
    struct og_domain *zlib = open_another("libz.so.1", NULL);
    static unsigned char expected[PACKED], found[PACKED];
    unsigned long expected_size = PACKED, size = 0;
    make_text();
    assert_int_equal(((pack *)plain("libz.so.1", "compress"))(expected, &expected_size, text, TEXT),
                     0);
    struct og_scope scope;
    int status = -1;
    og_scope_begin(zlib, &scope);
    unsigned char og_mut *in = og_alloc(&scope, unsigned char, TEXT, &fault);
    unsigned char og_mut *out = og_alloc(&scope, unsigned char, PACKED, &fault);
    unsigned long og_mut *out_size = og_alloc(&scope, unsigned long, 1, &fault);
    assert_int_equal(og_write_array(&scope.access, in, text, TEXT, &fault), OG_OK);
    assert_int_equal(og_write(&scope.access, out_size, PACKED, &fault), OG_OK);
    assert_int_equal(CALL(scope, boxed_in(zlib, "compress"),
                          status = AS(pack *)(og_pass(out), og_pass(out_size), og_pass(in), TEXT)),
                     OG_OK);
    assert_int_equal(status, 0);
    assert_int_equal(og_read_array(&scope.access, out_size, &size, 1, &fault), OG_OK);
    assert_int_equal(size, expected_size);
    assert_int_equal(og_read_array(&scope.access, out, found, size, &fault), OG_OK);
    assert_memory_equal(found, expected, size);
    /* And back, in place. */
    assert_int_equal(og_write(&scope.access, out_size, TEXT, &fault), OG_OK);
    assert_int_equal(CALL(scope, boxed_in(zlib, "uncompress"),
                          status = AS(pack *)(og_pass(in), og_pass(out_size), og_pass(out), size)),
                     OG_OK);
    assert_int_equal(status, 0);
    assert_int_equal(og_read_array(&scope.access, in, found, TEXT, &fault), OG_OK);
    assert_memory_equal(found, text, TEXT);
    og_scope_end(&scope);
    close_other(zlib);
}

/* --- libsodium --- */

static void libsodium_hashes(void **state)
{
    (void)state;
    typedef int hash(unsigned char *, const unsigned char *, unsigned long long);
    struct og_domain *sodium = open_another("libsodium.so.23", NULL);
    unsigned char expected[32], found[32];
    int status = -1;
    make_text();
    ((hash *)plain("libsodium.so.23", "crypto_hash_sha256"))(expected, text, TEXT);
    struct og_scope scope;
    og_scope_begin(sodium, &scope);
    unsigned char og_mut *in = og_alloc(&scope, unsigned char, TEXT, &fault);
    unsigned char og_mut *out = og_alloc(&scope, unsigned char, 32, &fault);
    assert_int_equal(og_write_array(&scope.access, in, text, TEXT, &fault), OG_OK);
    assert_int_equal(CALL(scope, boxed_in(sodium, "sodium_init"), status = AS(int (*)(void))()),
                     OG_OK);
    assert_int_equal(status, 0);
    assert_int_equal(CALL(scope, boxed_in(sodium, "crypto_hash_sha256"),
                          status = AS(hash *)(og_pass(out), og_pass(in), TEXT)),
                     OG_OK);
    assert_int_equal(og_read_array(&scope.access, out, found, 32, &fault), OG_OK);
    assert_memory_equal(found, expected, 32);
    /* A million random numbers, which the domain has the system's randomness for. */
    assert_int_equal(
        CALL(scope, boxed_in(sodium, "randombytes_buf"),
             AS(void (*)(void *, size_t))((void *)og_reference_address(in), (size_t)TEXT)),
        OG_OK);
    og_scope_end(&scope);
    close_other(sodium);
}

/* Its allocations end where a page begins that it has taken from itself, and it takes and gives
 * them as a whole. */
static uintptr_t allocate_guarded(struct og_domain *sodium, size_t size)
{
    struct og_scope scope;
    uintptr_t memory = 0;
    int status = -1;
    og_scope_begin(sodium, &scope);
    assert_int_equal(CALL(scope, boxed_in(sodium, "sodium_init"), status = AS(int (*)(void))()),
                     OG_OK);
    assert_true(status == 0 || status == 1); /* it was before */
    assert_int_equal(
        CALL(scope, boxed_in(sodium, "sodium_malloc"), memory = AS(uintptr_t(*)(size_t))(size)),
        OG_OK);
    og_scope_end(&scope);
    assert_true(memory != 0);
    return memory;
}

static enum og_error fill(struct og_domain *sodium, uintptr_t memory, size_t size)
{
    struct og_scope scope;
    og_scope_begin(sodium, &scope);
    enum og_error error = CALL(scope, boxed_in(sodium, "sodium_memzero"),
                               AS(void (*)(uintptr_t, size_t))(memory, size));
    og_scope_end(&scope);
    return error;
}

static void change(struct og_domain *sodium, const char *function, uintptr_t memory)
{
    struct og_scope scope;
    int status = -1;
    og_scope_begin(sodium, &scope);
    assert_int_equal(
        CALL(scope, boxed_in(sodium, function), status = AS(int (*)(uintptr_t))(memory)), OG_OK);
    og_scope_end(&scope);
    assert_int_equal(status, 0);
}

static void libsodium_guards_its_allocations(void **state)
{
    (void)state;
    enum { SIZE = 100 };
    struct og_domain *sodium = open_another("libsodium.so.23", NULL);
    struct og_scope scope;
    uintptr_t memory = allocate_guarded(sodium, SIZE);
    assert_int_equal(fill(sodium, memory, SIZE), OG_OK);
    memset((void *)memory, 7, SIZE);
    change(sodium, "sodium_mprotect_noaccess", memory);
    assert_int_equal(*(unsigned char *)memory, 7); /* the host's all the time */
    change(sodium, "sodium_mprotect_readwrite", memory);
    assert_int_equal(((unsigned char *)memory)[SIZE - 1], 7);
    assert_int_equal(fill(sodium, memory, SIZE), OG_OK);
    assert_int_equal(((unsigned char *)memory)[SIZE - 1], 0);
    change(sodium, "sodium_mprotect_readonly", memory); /* is answered */
    og_scope_begin(sodium, &scope);
    assert_int_equal(CALL(scope, boxed_in(sodium, "sodium_free"), AS(void (*)(uintptr_t))(memory)),
                     OG_OK);
    og_scope_end(&scope);
    /* An overrun by a byte. */
    memory = allocate_guarded(sodium, SIZE);
    assert_int_equal(fill(sodium, memory, SIZE + 1), OG_FAULTED);
    assert_int_equal(fault.address, memory + SIZE);
    assert_non_null(strstr(fault.message, "denied itself"));
    assert_int_equal(og_domain_reset(sodium, &fault), OG_OK);
    memory = allocate_guarded(sodium, SIZE);
    change(sodium, "sodium_mprotect_noaccess", memory);
    assert_int_equal(fill(sodium, memory, 1), OG_FAULTED);
    assert_int_equal(og_domain_reset(sodium, &fault), OG_OK);
    close_other(sodium);
}

static void libsodium_locks_its_allocations(void **state)
{
    (void)state;
    enum { MAY = 4096 };
    for (size_t may = 0; may <= MAY; may += MAY) {
        const struct og_options options = {.isolation = OG_MPK, .locked_size = may};
        struct og_domain *sodium = open_another("libsodium.so.23", &options);
        struct og_scope scope;
        int status = 1;
        uintptr_t memory = allocate_guarded(sodium, 100);
        og_scope_begin(sodium, &scope);
        assert_int_equal(CALL(scope, boxed_in(sodium, "sodium_mlock"),
                              status = AS(int (*)(uintptr_t, size_t))(memory, 100)),
                         OG_OK);
        assert_int_equal(status, may ? 0 : -1);
        assert_int_equal(
            CALL(scope, boxed_in(sodium, "sodium_free"), AS(void (*)(uintptr_t))(memory)), OG_OK);
        og_scope_end(&scope);
        memory = allocate_guarded(sodium, 100);
        assert_int_equal(fill(sodium, memory, 101), OG_FAULTED);
        close_other(sodium);
    }
}

/* --- brotli, two libraries in one domain --- */

static void brotli_packs_and_unpacks(void **state)
{
    (void)state;
    typedef int encode(int, int, int, size_t, const void *, size_t *, void *);
    typedef int decode(size_t, const void *, size_t *, void *);
    enum { QUALITY = 5, WINDOW = 18, GENERIC = 0 };
    struct og_domain *brotli;
    const struct og_options options = {.isolation = OG_MPK};
    assert_int_equal(
        og_domain_open(&brotli,
                       (const char *const[]){"libbrotlienc.so.1", "libbrotlidec.so.1", NULL},
                       &options, &fault),
        OG_OK);
    static unsigned char expected[PACKED], found[PACKED];
    size_t expected_size = PACKED, size = 0;
    make_text();
    assert_int_equal(((encode *)plain("libbrotlienc.so.1", "BrotliEncoderCompress"))(
                         QUALITY, WINDOW, GENERIC, TEXT, text, &expected_size, expected),
                     1);
    struct og_scope scope;
    int done = 0;
    og_scope_begin(brotli, &scope);
    unsigned char og_mut *in = og_alloc(&scope, unsigned char, TEXT, &fault);
    unsigned char og_mut *out = og_alloc(&scope, unsigned char, PACKED, &fault);
    size_t og_mut *out_size = og_alloc(&scope, size_t, 1, &fault);
    assert_int_equal(og_write_array(&scope.access, in, text, TEXT, &fault), OG_OK);
    assert_int_equal(og_write(&scope.access, out_size, PACKED, &fault), OG_OK);
    struct og_function compress = boxed_in(brotli, "BrotliEncoderCompress");
    assert_int_equal(og_function_stack(&compress, 8, &fault), OG_OK); /* the seventh argument */
    assert_int_equal(CALL(scope, compress,
                          done = AS(encode *)(QUALITY, WINDOW, GENERIC, TEXT, og_pass(in),
                                              og_pass(out_size), og_pass(out))),
                     OG_OK);
    assert_int_equal(done, 1);
    assert_int_equal(og_read_array(&scope.access, out_size, &size, 1, &fault), OG_OK);
    assert_int_equal(size, expected_size);
    assert_int_equal(og_read_array(&scope.access, out, found, size, &fault), OG_OK);
    assert_memory_equal(found, expected, size);
    assert_int_equal(og_write(&scope.access, out_size, TEXT, &fault), OG_OK);
    assert_int_equal(CALL(scope, boxed_in(brotli, "BrotliDecoderDecompress"),
                          done = AS(decode *)(size, og_pass(out), og_pass(out_size), og_pass(in))),
                     OG_OK);
    assert_int_equal(done, 1);
    assert_int_equal(og_read_array(&scope.access, in, found, TEXT, &fault), OG_OK);
    assert_memory_equal(found, text, TEXT);
    og_scope_end(&scope);
    close_other(brotli);
}

/* --- libpng, by its simplified interface --- */

static void libpng_writes_and_reads_images(void **state)
{
    (void)state;
    typedef int to_memory(png_image *, void *, size_t *, int, const void *, int, const void *);
    typedef int from_memory(png_image *, const void *, size_t);
    typedef int finish(png_image *, const void *, void *, int, void *);
    enum { WIDTH = 64, HEIGHT = 48, PIXELS = WIDTH * HEIGHT * 3 };
    struct og_domain *libpng = open_another("libpng16.so.16", NULL);
    static unsigned char pixels[PIXELS], expected[2 * PIXELS], found[2 * PIXELS];
    for (size_t i = 0; i < PIXELS; i++)
        pixels[i] = (unsigned char)(i * i / 91);
    png_image image = {
        .version = PNG_IMAGE_VERSION, .width = WIDTH, .height = HEIGHT, .format = PNG_FORMAT_RGB};
    png_image copy = image;
    size_t expected_size = sizeof(expected), size = 0;
    assert_int_equal(((to_memory *)plain("libpng16.so.16", "png_image_write_to_memory"))(
                         &copy, expected, &expected_size, 0, pixels, 0, NULL),
                     1);
    struct og_scope scope;
    int done = 0;
    og_scope_begin(libpng, &scope);
    png_image og_mut *boxed_image = og_alloc(&scope, png_image, 1, &fault);
    unsigned char og_mut *in = og_alloc(&scope, unsigned char, PIXELS, &fault);
    unsigned char og_mut *out = og_alloc(&scope, unsigned char, sizeof(found), &fault);
    size_t og_mut *out_size = og_alloc(&scope, size_t, 1, &fault);
    assert_int_equal(og_write_array(&scope.access, boxed_image, &image, 1, &fault), OG_OK);
    assert_int_equal(og_write_array(&scope.access, in, pixels, PIXELS, &fault), OG_OK);
    assert_int_equal(og_write(&scope.access, out_size, sizeof(found), &fault), OG_OK);
    struct og_function write = boxed_in(libpng, "png_image_write_to_memory");
    assert_int_equal(og_function_stack(&write, 8, &fault), OG_OK);
    assert_int_equal(CALL(scope, write,
                          done = AS(to_memory *)(og_pass(boxed_image), og_pass(out),
                                                 og_pass(out_size), 0, og_pass(in), 0, NULL)),
                     OG_OK);
    assert_int_equal(done, 1);
    assert_int_equal(og_read_array(&scope.access, out_size, &size, 1, &fault), OG_OK);
    assert_int_equal(size, expected_size);
    assert_int_equal(og_read_array(&scope.access, out, found, size, &fault), OG_OK);
    assert_memory_equal(found, expected, size);

    assert_int_equal(og_write_array(&scope.access, boxed_image, &image, 1, &fault), OG_OK);
    assert_int_equal(CALL(scope, boxed_in(libpng, "png_image_begin_read_from_memory"),
                          done = AS(from_memory *)(og_pass(boxed_image), og_pass(out), size)),
                     OG_OK);
    assert_int_equal(done, 1);
    memset(found, 0, PIXELS);
    assert_int_equal(og_write_array(&scope.access, in, found, PIXELS, &fault), OG_OK);
    assert_int_equal(CALL(scope, boxed_in(libpng, "png_image_finish_read"),
                          done = AS(finish *)(og_pass(boxed_image), NULL, og_pass(in), 0, NULL)),
                     OG_OK);
    assert_int_equal(done, 1);
    assert_int_equal(og_read_array(&scope.access, in, found, PIXELS, &fault), OG_OK);
    assert_memory_equal(found, pixels, PIXELS);
    og_scope_end(&scope);
    close_other(libpng);
}

/* --- expat, which calls back --- */

static long elements, letters;

static void count_element(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                          struct og_result *result)
{
    (void)user, (void)scope, (void)arguments, (void)result;
    elements++;
}

static void count_letters(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                          struct og_result *result)
{
    (void)user, (void)scope, (void)result;
    letters += (int)arguments->integers[2];
}

static void expat_parses_with_callbacks(void **state)
{
    (void)state;
    static const char document[] =
        "<?xml version='1.0'?><all><one a='b'>text</one><two>more &amp; more</two><three/></all>";
    typedef void *create(const char *);
    typedef int parse(void *, const char *, int, int);
    struct og_domain *expat = open_another("libexpat.so.1", NULL);
    struct og_callback start, character;
    void *parser = NULL;
    int status = 0;
    elements = letters = 0;
    assert_int_equal(og_callback_open(expat, &start, count_element, NULL, &fault), OG_OK);
    assert_int_equal(og_callback_open(expat, &character, count_letters, NULL, &fault), OG_OK);
    struct og_scope scope;
    og_scope_begin(expat, &scope);
    char og_mut *in = og_alloc(&scope, char, sizeof(document), &fault);
    assert_int_equal(og_write_array(&scope.access, in, document, sizeof(document), &fault), OG_OK);
    assert_int_equal(CALL(scope, boxed_in(expat, "XML_ParserCreate"), parser = AS(create *)(NULL)),
                     OG_OK);
    assert_int_equal(CALL(scope, boxed_in(expat, "XML_SetElementHandler"),
                          AS(void (*)(void *, uintptr_t, uintptr_t))(parser, start.address, 0)),
                     OG_OK);
    assert_int_equal(CALL(scope, boxed_in(expat, "XML_SetCharacterDataHandler"),
                          AS(void (*)(void *, uintptr_t))(parser, character.address)),
                     OG_OK);
    assert_int_equal(CALL(scope, boxed_in(expat, "XML_Parse"),
                          status = AS(parse *)(parser, og_pass(in), (int)sizeof(document) - 1, 1)),
                     OG_OK);
    assert_int_equal(status, 1);
    assert_int_equal(elements, 4);
    assert_int_equal(letters, strlen("text") + strlen("more & more"));
    assert_int_equal(CALL(scope, boxed_in(expat, "XML_ParserFree"), AS(void (*)(void *))(parser)),
                     OG_OK);
    og_scope_end(&scope);
    og_callback_close(&start);
    og_callback_close(&character);
    close_other(expat);
}

/* --- C++, libm --- */

static void cxx_exceptions_are_caught_inside(void **state)
{
    (void)state;
    char path[sizeof(library)];
    beside_library(path, "libogthrows.so");
    const struct og_options options = {.isolation = OG_MPK, .deadline_ms = 5000};
    struct og_domain *cxx = open_another(path, &options);
    struct og_scope scope;
    long result = 0;
    for (long depth = 0; depth < 30; depth += 7) {
        long expected = ((words *)plain(path, "throw_and_catch"))(depth, 0, 0, 0);
        assert_true(expected > 0);
        og_scope_begin(cxx, &scope);
        assert_int_equal(
            CALL(scope, boxed_in(cxx, "throw_and_catch"), result = AS(words *)(depth, 0, 0, 0)),
            OG_OK);
        og_scope_end(&scope);
        assert_int_equal(result, expected);
    }
    og_scope_begin(cxx, &scope);
    assert_int_equal(CALL(scope, boxed_in(cxx, "out_of_range"), result = AS(words *)(0, 0, 0, 0)),
                     OG_OK);
    assert_int_equal(result, 77);
    /* What nobody catches ends in std::terminate, and that in abort: inside. */
    assert_int_equal(CALL(scope, boxed_in(cxx, "throw_out"), AS(void (*)(void))()), OG_FAULTED);
    assert_int_equal(fault.signal, SIGABRT);
    og_scope_end(&scope);
    close_other(cxx);
}

static void libm_computes(void **state)
{
    (void)state;
    struct og_domain *libm = open_another("libm.so.6", NULL);
    struct og_scope scope;
    double result = 0;
    og_scope_begin(libm, &scope);
    for (double x = -3; x < 3; x += 0.37) {
        assert_int_equal(CALL(scope, boxed_in(libm, "exp"), result = AS(double (*)(double))(x)),
                         OG_OK);
        assert_true(result == exp(x));
        assert_int_equal(
            CALL(scope, boxed_in(libm, "pow"), result = AS(double (*)(double, double))(2.5, x)),
            OG_OK);
        assert_true(result == pow(2.5, x));
    }
    og_scope_end(&scope);
    close_other(libm);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(zlib_packs_and_unpacks),
        cmocka_unit_test(libsodium_hashes),
        cmocka_unit_test(libsodium_guards_its_allocations),
        cmocka_unit_test(libsodium_locks_its_allocations),
        cmocka_unit_test(brotli_packs_and_unpacks),
        cmocka_unit_test(libpng_writes_and_reads_images),
        cmocka_unit_test(expat_parses_with_callbacks),
        cmocka_unit_test(cxx_exceptions_are_caught_inside),
        cmocka_unit_test(libm_computes),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
