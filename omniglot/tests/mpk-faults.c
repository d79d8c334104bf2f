/* MPK domains that fail: every way ends the call with an error, and reset brings back what was
 * there; libraries that cannot be loaded leave no domain. */
#include "mpk-test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static void every_way_to_fail_ends_the_call_and_not_the_host(void **state)
{
    (void)state;
    static const struct {
        const char *function;
        long a, b;
        int signal;
        const char *message;
    } ways[] = {
        {"read_word", 0, 0, SIGSEGV, ""},
        {"read_word", (long)0x8000000000000000, 0, SIGSEGV, ""},
        {"overflow_stack", 0, 0, SIGSEGV, "the foreign stack overflowed"},
        {"call_abort", 0, 0, SIGABRT, "the foreign code called abort"},
        {"call_exit", 0, 0, 0, "the foreign code called exit"},
        {"divide", 1, 0, SIGFPE, ""},
        {"execute_nothing", 0, 0, SIGILL, ""},
        {"hit_breakpoint", 0, 0, SIGTRAP, ""},
        {"call_address", 0x1234, 0, SIGSEGV, ""},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        enum og_error error = call_words(ways[i].function, NULL, ways[i].a, ways[i].b, 0, 0);
        if (error != OG_FAULTED)
            print_message("%s: %s\n", ways[i].function, fault.message);
        assert_int_equal(error, OG_FAULTED);
        assert_int_equal(fault.signal, ways[i].signal);
        if (ways[i].message[0])
            assert_string_equal(fault.message, ways[i].message);
        assert_works_after_reset();
    }
}

static void an_endless_loop_ends_at_the_deadline(void **state)
{
    (void)state;
    assert_int_equal(call_words("loop_forever", NULL, 0, 0, 0, 0), OG_DEADLINE);
    assert_works_after_reset();
}

static void an_exhausted_heap_is_null_inside(void **state)
{
    (void)state;
    long blocks = 0;
    assert_int_equal(call_words("exhaust_heap", &blocks, 0, 0, 0, 0), OG_OK);
    assert_true(blocks >= 60 && blocks < 130);
    assert_works_after_reset();
}

static void reset_brings_back_data_and_heap(void **state)
{
    (void)state;
    long result;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(call_words("count_up", &result, 0, 0, 0, 0), OG_OK);
        assert_int_equal(result, 101);
        assert_int_equal(call_words("count_per_thread", &result, 0, 0, 0, 0), OG_OK);
        assert_int_equal(result, 6);
        reset();
    }
}

static void bad_libraries_are_named_and_leave_no_domain(void **state)
{
    (void)state;
    struct og_domain *other;
    const struct og_options options = {.isolation = OG_MPK};
    take_signals_back();
    assert_int_equal(
        og_domain_open(&other, (const char *const[]){"libnone.so.9", NULL}, &options, &fault),
        OG_NOT_FOUND);
    assert_null(other);
    assert_string_equal(fault.symbol, "libnone.so.9");
    FILE *file = fopen("/tmp/libdamaged.so", "w");
    fwrite("\x7f"
           "ELF damaged",
           1, 12, file);
    fclose(file);
    assert_int_equal(
        og_domain_open(&other, (const char *const[]){"/tmp/libdamaged.so", NULL}, &options, &fault),
        OG_NOT_FOUND);
    assert_null(other);
}

/* Bytes that say how a file is laid out, changed at random: the loader that reads them is inside.
 */
static void hostile_headers_leave_the_host_and_no_domain(void **state)
{
    (void)state;
    enum { ROUNDS = 150, HEADERS = 0x400 };
    static unsigned char whole[1 << 20], damaged[1 << 20];
    const struct og_options options = {.isolation = OG_MPK, .deadline_ms = 100};
    FILE *file = fopen(library, "rb");
    assert_non_null(file);
    size_t size = fread(whole, 1, sizeof(whole), file);
    fclose(file);
    assert_true(size > HEADERS && size < sizeof(whole));
    unsigned random = 20261125, opened = 0, refused = 0;
    take_signals_back();
    for (int round = 0; round < ROUNDS; round++) {
        struct og_domain *other;
        memcpy(damaged, whole, size);
        size_t written = size;
        for (int i = 0; i < 1 + round % 4; i++) {
            random = random * 1103515245u + 12345u;
            damaged[random >> 8 & (HEADERS - 1)] = (unsigned char)(random >> 24);
        }
        if (round % 5 == 4) { /* cut short */
            random = random * 1103515245u + 12345u;
            written = 1 + (random >> 8) % size;
            memcpy(damaged, whole, size);
        }
        file = fopen("/tmp/libhostile.so", "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(damaged, 1, written, file), written);
        fclose(file);
        enum og_error error = og_domain_open(
            &other, (const char *const[]){"/tmp/libhostile.so", NULL}, &options, &fault);
        if (error)
            assert_null(other);
        else
            assert_int_equal(og_domain_close(other, &fault), OG_OK);
        opened += !error;
        refused += error == OG_NOT_FOUND || error == OG_FORBIDDEN || error == OG_FAULTED ||
                   error == OG_DEADLINE || error == OG_NO_MEMORY;
    }
    assert_int_equal(opened + refused, ROUNDS);
    assert_true(refused >= ROUNDS / 5);
    remove("/tmp/libhostile.so");
    assert_works_after_reset();
}

static void a_library_that_needs_what_is_missing_is_refused(void **state)
{
    (void)state;
    struct og_domain *other;
    const struct og_options options = {.isolation = OG_MPK};
    char path[sizeof(library)];
    take_signals_back();
    strcpy(path, library);
    strcpy(strrchr(path, '/'), "/libogneedy.so");
    assert_int_equal(og_domain_open(&other, (const char *const[]){path, NULL}, &options, &fault),
                     OG_NOT_FOUND);
    assert_null(other);
    assert_non_null(strstr(fault.message, "nobody_has_this"));
    /* Of another architecture: an ELF file whose machine is not this one's. */
    unsigned char header[0x1000] = {0};
    FILE *file = fopen(library, "rb");
    assert_non_null(file);
    assert_int_equal(fread(header, 1, sizeof(header), file), sizeof(header));
    fclose(file);
    header[18] = 183; /* EM_AARCH64 */
    file = fopen("/tmp/libother.so", "wb");
    assert_non_null(file);
    fwrite(header, 1, sizeof(header), file);
    fclose(file);
    assert_int_equal(
        og_domain_open(&other, (const char *const[]){"/tmp/libother.so", NULL}, &options, &fault),
        OG_NOT_FOUND);
    assert_null(other);
    assert_string_equal(fault.symbol, "/tmp/libother.so");
    remove("/tmp/libother.so");
}

/* A constructor that never returns ends at the deadline like any call. */
static void a_constructor_that_hangs_ends_at_the_deadline(void **state)
{
    (void)state;
    struct og_domain *other;
    const struct og_options options = {.isolation = OG_MPK, .deadline_ms = 10};
    char path[sizeof(library)];
    take_signals_back();
    strcpy(path, library);
    strcpy(strrchr(path, '/'), "/liboghangs.so");
    assert_int_equal(og_domain_open(&other, (const char *const[]){path, NULL}, &options, &fault),
                     OG_DEADLINE);
    assert_null(other);
}

static void a_library_with_a_forbidden_instruction_is_refused(void **state)
{
    (void)state;
    struct og_domain *other;
    const struct og_options options = {.isolation = OG_MPK};
    take_signals_back();
    char path[4200];
    snprintf(path, sizeof(path), "%s", library);
    memcpy(strrchr(path, '/'), "/libogforbidden.so", 19);
    assert_int_equal(og_domain_open(&other, (const char *const[]){path, NULL}, &options, &fault),
                     OG_FORBIDDEN);
    assert_string_equal(fault.message, "WRPKRU");
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_fail_ends_the_call_and_not_the_host),
        cmocka_unit_test(an_endless_loop_ends_at_the_deadline),
        cmocka_unit_test(an_exhausted_heap_is_null_inside),
        cmocka_unit_test(reset_brings_back_data_and_heap),
        cmocka_unit_test(bad_libraries_are_named_and_leave_no_domain),
        cmocka_unit_test(hostile_headers_leave_the_host_and_no_domain),
        cmocka_unit_test(a_library_that_needs_what_is_missing_is_refused),
        cmocka_unit_test(a_constructor_that_hangs_ends_at_the_deadline),
        cmocka_unit_test(a_library_with_a_forbidden_instruction_is_refused),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
