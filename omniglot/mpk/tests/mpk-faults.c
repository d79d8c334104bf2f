/* MPK domains that fail: every way ends the call with an error, and reset brings back what was
 * there; libraries that cannot be loaded leave no domain. */
#include "mpk-test.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* Whatever the domain had where results are, or where the gate keeps them. */
static void a_call_that_faults_returns_nothing(void **state)
{
    (void)state;
    struct pair {
        long first, second;
    } integers = {1, 1};
    double floating = 1;
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    assert_int_equal(CALL(scope, boxed("read_word"),
                          integers = AS(struct pair(*)(long, long, long, long, long, long))(
                              0, 0x52, 0x53, 0x54, 0x55, 0x56)),
                     OG_FAULTED);
    assert_int_equal(integers.first, 0);
    assert_int_equal(integers.second, 0);
    og_scope_end(&scope);
    reset();
    og_scope_begin(domain, &scope);
    assert_int_equal(
        CALL(scope, boxed("read_word"), floating = AS(double (*)(long, double))(0, 42.5)),
        OG_FAULTED);
    og_scope_end(&scope);
    assert_true(floating == 0);
    assert_works_after_reset();
}

/* --- faults told in full --- */

static char description[2 * OG_DESCRIPTION];

static const char *describe(void)
{
    size_t length = og_fault_describe(domain, &fault, description, sizeof(description));
    assert_true(length < sizeof(description));
    assert_int_equal(strlen(description), length);
    return description;
}

static void assert_told(const char *wanted)
{
    if (!strstr(describe(), wanted))
        fail_msg("\"%s\" is not in:\n%s", wanted, description);
}

/* Calls what is to fail, and checks that the library and its function are named. */
static void assert_fails_in(const char *function, long a, long b, const char *file)
{
    assert_int_equal(call_words(function, NULL, a, b, 0, 0), OG_FAULTED);
    assert_told(file);
    if (strstr(file, "libogattack")) {
        char symbol[64];
        snprintf(symbol, sizeof(symbol), ": %s", function);
        assert_told(symbol);
    }
}

static void every_fault_names_its_function_and_library(void **state)
{
    (void)state;
    static const struct {
        const char *function;
        long a, b;
        const char *file, *owner;
    } ways[] = {
        {"read_word", 0, 0, "/libogattack.so (offset 0x", "\nread of 0x0: unmapped"},
        {"write_word", 16, 0, "/libogattack.so (offset 0x", "\nwrite to 0x10: unmapped"},
        {"overflow_stack", 0, 0, "/libogattack.so (offset 0x", "this domain's guard below a stack"},
        {"divide", 1, 0, "/libogattack.so (offset 0x", "divided by zero"},
        {"execute_nothing", 0, 0, "/libogattack.so (offset 0x",
         "an invalid or forbidden instruction"},
        {"hit_breakpoint", 0, 0, "/libogattack.so (offset 0x", "a breakpoint"},
        {"call_abort", 0, 0, "/libc.so.6 (offset 0x", "called abort"},
        {"call_exit", 0, 0, "_exit", "called exit"},
        {"call_address", 0x1234, 0, "at 0x1234: unmapped", "executed memory that is not there"},
        {"call_address", 0, 0, "jump to 0x0: unmapped", "executed memory that is not there"},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        assert_fails_in(ways[i].function, ways[i].a, ways[i].b, ways[i].file);
        assert_told(ways[i].owner);
        assert_string_equal(fault.symbol, ""); /* which is for what was asked for by name */
        reset();
    }
    /* An address that cannot be is not known: the processor does not tell it. */
    assert_fails_in("read_word", INT64_MIN, 0, "/libogattack.so");
    assert_null(strstr(describe(), "read of"));
    reset();
    assert_int_equal(call_words("loop_forever", NULL, 0, 0, 0, 0), OG_DEADLINE);
    assert_told(": loop_forever");
    assert_works_after_reset();
}

/* The processor raises one fault for both. */
static void a_privileged_instruction_is_told_from_an_address_that_cannot_be(void **state)
{
    (void)state;
    static const char privileged[] = "the foreign code executed a privileged instruction",
                      address[] = "the foreign code used an address that is not canonical or, for "
                                  "a vector, not aligned";
    for (long which = 0; which <= 12; which++) {
        assert_int_equal(call_words("execute_privileged", NULL, which, 0, 0, 0), OG_FAULTED);
        if (strcmp(fault.message, privileged) != 0)
            fail_msg("%ld: %s", which, fault.message);
        assert_told(": execute_privileged");
        reset();
    }
    assert_int_equal(call_words("read_word", NULL, INT64_MIN, 0, 0, 0), OG_FAULTED);
    assert_string_equal(fault.message, address);
    reset();
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    char og_mut *bytes = og_alloc(&scope, char, 64, &fault);
    assert_non_null(bytes);
    assert_int_equal(call_words("load_unaligned_vector", NULL, (long)(uintptr_t)bytes, 0, 0, 0),
                     OG_FAULTED);
    assert_string_equal(fault.message, address);
    og_scope_end(&scope);
    assert_works_after_reset();
}

static int constant_of_host_code(void)
{
    return 4242;
}

static void a_fault_tells_whose_memory_was_touched(void **state)
{
    (void)state;
    char on_stack = 1, *on_heap = malloc(100), *mapped;
    struct og_domain *other = open_another(NULL, NULL);
    struct og_scope scope;
    mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    og_scope_begin(other, &scope);
    long og_mut *theirs = og_heap_alloc(&scope.access, long, 1, &fault);
    long og_mut *borrowed = og_alloc(&scope, long, 1, &fault);
    void og_foreign *their_address, *own_address, *own_constant;
    assert_int_equal(og_domain_lookup_data(other, "count_up", &their_address, &fault), OG_OK);
    assert_int_equal(og_domain_lookup_data(domain, "count_up", &own_address, &fault), OG_OK);
    assert_int_equal(og_domain_lookup_data(domain, "constant_words", &own_constant, &fault), OG_OK);
    const struct {
        uintptr_t address;
        const char *owner;
    } places[] = {
        {(uintptr_t)&on_stack, "the host's stack"},
        {(uintptr_t)on_heap, "the host's heap"},
        {(uintptr_t)mapped, "the host's anonymous memory"},
        {(uintptr_t)&secret, "the host's data, secret in "},
        {(uintptr_t)&fault, "the host's data, fault in "},
        {(uintptr_t)constant_of_host_code, "the host's code, constant_of_host_code in "},
        {(uintptr_t)getppid, "the host's code, getppid in "},
        {(uintptr_t)og_pass(theirs), "another domain's heap"},
        {(uintptr_t)og_pass(borrowed), "another domain's memory for scopes' allocations"},
        {(uintptr_t)their_address, "another domain's code, count_up in "},
        {(uintptr_t)own_address, "this domain's code, count_up in "},
        {(uintptr_t)own_constant, "this domain's read-only data, constant_words in "},
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        char touched[64];
        assert_fails_in("write_word", (long)places[i].address, 7, "/libogattack.so (offset 0x");
        snprintf(touched, sizeof(touched), "\nwrite to 0x%zx: ", (size_t)places[i].address);
        assert_told(touched);
        assert_told(places[i].owner);
        assert_int_equal(fault.access, 'w');
        assert_int_equal(fault.address, places[i].address);
        reset();
    }
    og_scope_end(&scope);
    free(on_heap);
    munmap(mapped, 4096);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

/* Foreign code jumps into the host's code, which it may execute and which then touches what it
 * may not. */
static void a_fault_in_the_hosts_code_names_it(void **state)
{
    (void)state;
    void *strdup_of_host = dlsym(RTLD_DEFAULT, "strdup");
    assert_int_equal(call_words("call_address", NULL, (long)strdup_of_host, (long)&secret, 0, 0),
                     OG_FAULTED);
    assert_told("\nread of 0x");
    assert_told(": the host's code, ");
    assert_told("/libc.so.6 (offset 0x");
    reset();
}

static void descriptions_are_cut_and_need_no_domain(void **state)
{
    (void)state;
    char whole[2 * OG_DESCRIPTION], cut[100];
    assert_int_equal(call_words("read_word", NULL, 0, 0, 0, 0), OG_FAULTED);
    size_t length = og_fault_describe(domain, &fault, whole, sizeof(whole));
    for (size_t size = 0; size <= sizeof(cut); size++) {
        memset(cut, 'X', sizeof(cut));
        assert_int_equal(og_fault_describe(domain, &fault, size ? cut : NULL, size), length);
        if (size) {
            assert_int_equal(strlen(cut), size - 1);
            assert_memory_equal(cut, whole, size - 1);
        }
        for (size_t i = size; i < sizeof(cut); i++)
            assert_int_equal(cut[i], 'X');
    }
    assert_int_equal(og_fault_describe(NULL, &fault, whole, sizeof(whole)), strlen(fault.message));
    assert_string_equal(whole, fault.message);
    /* What was loaded where is known after reset, too. */
    reset();
    fault.error = OG_FAULTED;
    assert_told(": read_word");
}

static void an_endless_loop_ends_at_the_deadline(void **state)
{
    (void)state;
    int status = -1;
    (void)boxed("loop_forever");
    pid_t child = fork();
    if (child == 0) { /* where it does not end the test does, and says so */
        alarm(20);
        _exit(call_words("loop_forever", NULL, 0, 0, 0, 0) != OG_DEADLINE);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_exited_well(status);
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
    assert_int_equal(
        og_domain_open(&other, (const char *const[]){"libnone.so.9", NULL}, &options, &fault),
        OG_NOT_FOUND);
    assert_null(other);
    assert_string_equal(fault.symbol, "libnone.so.9");
    assert_null(strstr(fault.message, "put ./ before it"));
    fclose(fopen("libnone.so.9", "w"));
    assert_int_equal(
        og_domain_open(&other, (const char *const[]){"libnone.so.9", NULL}, &options, &fault),
        OG_NOT_FOUND);
    remove("libnone.so.9");
    assert_non_null(strstr(fault.message, "put ./ before it"));
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
    enum { HEADERS = 0x400 };
    const unsigned rounds = getenv("OG_STRESS") ? 1000 : 50;
    static unsigned char whole[1 << 20], damaged[1 << 20];
    const struct og_options options = {.isolation = OG_MPK, .deadline_ms = 100};
    FILE *file = fopen(library, "rb");
    assert_non_null(file);
    size_t size = fread(whole, 1, sizeof(whole), file);
    fclose(file);
    assert_true(size > HEADERS && size < sizeof(whole));
    unsigned random = 20261125, opened = 0, refused = 0, late = 0;
    for (unsigned round = 0; round < rounds; round++) {
        struct og_domain *other;
        memcpy(damaged, whole, size);
        size_t written = size;
        for (unsigned i = 0; i < 1 + round % 4; i++) {
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
        late += error == OG_DEADLINE;
        refused += error == OG_NOT_FOUND || error == OG_FORBIDDEN || error == OG_FAULTED ||
                   error == OG_DEADLINE || error == OG_NO_MEMORY;
    }
    print_message("# %u opened, %u refused, %u of them late\n", opened, refused, late);
    assert_int_equal(opened + refused, rounds);
    assert_true(refused >= rounds / 5);
    remove("/tmp/libhostile.so");
    assert_works_after_reset();
}

static void a_library_that_needs_what_is_missing_is_refused(void **state)
{
    (void)state;
    struct og_domain *other;
    const struct og_options options = {.isolation = OG_MPK};
    char path[sizeof(library)];
    beside_library(path, "libogneedy.so");
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
    beside_library(path, "liboghangs.so");
    assert_int_equal(og_domain_open(&other, (const char *const[]){path, NULL}, &options, &fault),
                     OG_DEADLINE);
    assert_null(other);
    assert_non_null(strstr(fault.symbol, "liboghangs.so"));
}

static void a_library_with_a_forbidden_instruction_is_refused(void **state)
{
    (void)state;
    struct og_domain *other;
    const struct og_options options = {.isolation = OG_MPK};
    char path[sizeof(library)];
    beside_library(path, "libogforbidden.so");
    assert_int_equal(og_domain_open(&other, (const char *const[]){path, NULL}, &options, &fault),
                     OG_FORBIDDEN);
    assert_non_null(strstr(fault.message, "WRPKRU at offset 0x"));
    assert_non_null(strstr(fault.message, " of libogforbidden.so "));
}

static void a_constructor_that_faults_is_named(void **state)
{
    (void)state;
    struct og_domain *other;
    const struct og_options options = {.isolation = OG_MPK};
    char path[sizeof(library)];
    beside_library(path, "libogfails.so");
    assert_int_equal(og_domain_open(&other, (const char *const[]){path, NULL}, &options, &fault),
                     OG_FAULTED);
    assert_null(other);
    assert_string_equal(fault.symbol, "fail_at_once in libogfails.so");
    assert_string_equal(fault.message, "the foreign code wrote to memory that is not there");
    assert_int_equal(fault.address, 8);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_fail_ends_the_call_and_not_the_host),
        cmocka_unit_test(a_call_that_faults_returns_nothing),
        cmocka_unit_test(every_fault_names_its_function_and_library),
        cmocka_unit_test(a_privileged_instruction_is_told_from_an_address_that_cannot_be),
        cmocka_unit_test(a_fault_tells_whose_memory_was_touched),
        cmocka_unit_test(a_fault_in_the_hosts_code_names_it),
        cmocka_unit_test(descriptions_are_cut_and_need_no_domain),
        cmocka_unit_test(an_endless_loop_ends_at_the_deadline),
        cmocka_unit_test(an_exhausted_heap_is_null_inside),
        cmocka_unit_test(reset_brings_back_data_and_heap),
        cmocka_unit_test(bad_libraries_are_named_and_leave_no_domain),
        cmocka_unit_test(a_constructor_that_faults_is_named),
        cmocka_unit_test(hostile_headers_leave_the_host_and_no_domain),
        cmocka_unit_test(a_library_that_needs_what_is_missing_is_refused),
        cmocka_unit_test(a_constructor_that_hangs_ends_at_the_deadline),
        cmocka_unit_test(a_library_with_a_forbidden_instruction_is_refused),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
