/* The domain API over no isolation: loading, calling, memory of its own, callbacks, reset. */
#include "cmocka-tests.h"
#include "descriptors.h"
#include "foreign.h"
#include "omniglot/omniglot.h"
#include "sanitized.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct og_domain *domain;
static struct og_fault fault;
static const struct og_options none = {.isolation = OG_NONE};
static char library[PATH_MAX];

/* The test library lies beside the folder that this program lies in. */
static void find_library(void)
{
    char program[PATH_MAX] = "";
    if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
        abort();
    *strrchr(program, '/') = '\0';
    snprintf(library, sizeof(library), "%.4000s/../lib/libogforeign.so", program);
}

static struct og_domain *open_library(const char *name)
{
    struct og_domain *opened = NULL;
    const char *const names[] = {name, NULL};
    enum og_error error = og_domain_open(&opened, names, &none, &fault);
    if (error)
        fprintf(stderr, "%s: %s\n", fault.symbol, fault.message);
    assert_int_equal(error, OG_OK);
    return opened;
}

static int open_domain(void **state)
{
    (void)state;
    domain = open_library(library);
    return 0;
}

static int close_domain(void **state)
{
    (void)state;
    return og_domain_close(domain, &fault) != OG_OK;
}

static struct og_function find(struct og_domain *in, const char *symbol)
{
    struct og_function function;
    assert_int_equal(og_domain_lookup(in, symbol, &function, &fault), OG_OK);
    return function;
}

/* Calls an int function of no arguments. */
static int call_int(struct og_domain *in, const char *symbol) OG_NO_ANALYSIS
{
    struct og_function function = find(in, symbol);
    struct og_scope scope;
    og_scope_begin(in, &scope);
    assert_int_equal(og_invoke_begin(&scope.access, &function, &fault), OG_OK);
    int result = ((int (*)(void))function.entry)();
    assert_int_equal(og_invoke_end(&scope.access, &fault), OG_OK);
    og_scope_end(&scope);
    return result;
}

static void functions_are_found_and_called(void **state)
{
    (void)state;
    assert_int_equal(call_int(domain, "foreign_count"), 42);
    assert_int_equal(call_int(domain, "foreign_count"), 43);
}

static void missing_function_is_named(void **state)
{
    (void)state;
    struct og_function function;
    assert_int_equal(og_domain_lookup(domain, "no_such_thing", &function, &fault), OG_NOT_FOUND);
    assert_string_equal(fault.symbol, "no_such_thing");
}

static void function_of_a_dependency_is_not_the_domains(void **state)
{
    (void)state;
    struct og_function function;
    void og_foreign *data = NULL;
    assert_int_equal(og_domain_lookup(domain, "printf", &function, &fault), OG_NOT_FOUND);
    assert_int_equal(og_domain_lookup_data(domain, "environ", &data, &fault), OG_NOT_FOUND);
}

static void function_that_was_not_found_cannot_be_invoked(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_function function;
    struct og_scope scope;
    assert_int_equal(og_domain_lookup(domain, "no_such_thing", &function, &fault), OG_NOT_FOUND);
    og_scope_begin(domain, &scope);
    assert_int_equal(og_invoke_begin(&scope.access, &function, &fault), OG_WRONG_DOMAIN);
    og_scope_end(&scope);
}

static void missing_library_is_named_and_nothing_is_left(void **state)
{
    (void)state;
    struct og_domain *opened = domain;
    const char *const names[] = {library, "libno-such-thing.so.9", NULL};
    assert_int_equal(og_domain_open(&opened, names, &none, &fault), OG_NOT_FOUND);
    assert_null(opened);
    assert_string_equal(fault.symbol, "libno-such-thing.so.9");
    assert_non_null(strstr(fault.message, "libno-such-thing.so.9"));
}

static void a_name_that_lies_in_the_current_folder_is_told_to_be_a_path(void **state)
{
    (void)state;
    struct og_domain *opened = NULL;
    char path[] = "omniglot-test-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    const char *const names[] = {path, NULL};
    assert_int_equal(og_domain_open(&opened, names, &none, &fault), OG_NOT_FOUND);
    unlink(path);
    assert_null(opened);
    assert_string_equal(fault.symbol, path);
    assert_non_null(strstr(fault.message, "put ./ before it"));
    assert_int_equal(og_domain_open(&opened, names, &none, &fault), OG_NOT_FOUND);
    assert_null(strstr(fault.message, "put ./ before it"));
}

static void file_that_is_no_library_is_refused(void **state)
{
    (void)state;
    struct og_domain *opened = NULL;
    char path[] = "/tmp/omniglot-test-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, "\177ELF but no more", 16), 16);
    close(file);
    const char *const names[] = {path, NULL};
    assert_int_equal(og_domain_open(&opened, names, &none, &fault), OG_NOT_FOUND);
    unlink(path);
    assert_null(opened);
}

static void open_without_libraries_or_isolation_is_refused(void **state)
{
    (void)state;
    struct og_domain *opened = NULL;
    const char *const nothing[] = {NULL};
    const char *const names[] = {library, NULL};
    struct og_options options = {.isolation = (enum og_isolation)77};
    assert_int_equal(og_domain_open(&opened, nothing, &none, &fault), OG_BAD_ARGUMENT);
    assert_int_equal(og_domain_open(&opened, NULL, &none, &fault), OG_BAD_ARGUMENT);
    assert_int_equal(og_domain_open(&opened, names, &options, &fault), OG_UNSUPPORTED);
    options = (struct og_options){.isolation = OG_NONE, .heap_size = SIZE_MAX};
    assert_int_equal(og_domain_open(&opened, names, &options, &fault), OG_BAD_ARGUMENT);
    assert_null(opened);
}

/* Whatever this machine has. */
static void a_domain_that_names_no_isolation_is_isolated_or_not_opened(void **state)
{
    (void)state;
    struct og_domain *opened = NULL;
    struct og_fault why;
    const char *const names[] = {library, NULL};
    int has_keys = !og_mpk_supported(&why);
    enum og_error error = og_domain_open(&opened, names, NULL, &fault);
    if (has_keys) {
        assert_int_equal(error, OG_OK);
        assert_int_equal(og_domain_isolation(opened), OG_MPK);
        assert_int_equal(og_domain_close(opened, &fault), OG_OK);
        return;
    }
    assert_int_equal(error, OG_UNSUPPORTED);
    assert_memory_equal(fault.message, why.message, strlen(why.message));
    assert_string_equal(fault.message + strlen(why.message), "; name OG_NONE to go without");
    assert_null(opened);
}

/* Does the address belong to the domain, for `size` bytes and with these rights? */
static int belongs(struct og_domain *to, const void *address, size_t size, unsigned rights)
    OG_NO_ANALYSIS
{
    struct og_scope scope;
    og_scope_begin(to, &scope);
    uintptr_t upgraded =
        og_upgrade_bytes(&scope.access, (uintptr_t)address, 1, size, 1, rights, &fault);
    og_scope_end(&scope);
    return upgraded != 0;
}

static void what_the_library_allocates_belongs_to_its_domain(void **state)
{
    (void)state;
    void (*release)(void *) = (void (*)(void *))find(domain, "foreign_release").entry;
    char *(*allocate)(unsigned long) =
        (char *(*)(unsigned long))find(domain, "foreign_allocate").entry;
    char *(*duplicate)(const char *) =
        (char *(*)(const char *))find(domain, "foreign_duplicate").entry;
    void *(*resize)(void *, unsigned long) =
        (void *(*)(void *, unsigned long))find(domain, "foreign_resize").entry;
    void *(*align)(unsigned long, unsigned long) =
        (void *(*)(unsigned long, unsigned long))find(domain, "foreign_align").entry;
    char *memory = allocate(1000), *text = duplicate("text");
    assert_true(belongs(domain, memory, 1000, OG_READ | OG_WRITE));
    assert_true(belongs(domain, text, 5, OG_READ | OG_WRITE));
    memory = resize(memory, 100000);
    assert_true(belongs(domain, memory, 100000, OG_READ | OG_WRITE));
    void *page = align(4096, 10);
    assert_true(belongs(domain, page, 10, OG_READ | OG_WRITE));
    assert_int_equal((uintptr_t)page % 4096, 0);
    release(memory);
    release(text);
    release(page);
    /* What the host's libc allocated is freed there. */
    release(malloc(10));
}

static void zeroed_and_counted_allocations_do_not_wrap(void **state)
{
    (void)state;
    char *(*zeroed)(unsigned long, unsigned long) =
        (char *(*)(unsigned long, unsigned long))find(domain, "foreign_allocate_zeroed").entry;
    void *(*resize)(void *, unsigned long, unsigned long) =
        (void *(*)(void *, unsigned long, unsigned long))find(domain, "foreign_resize_array").entry;
    assert_null(zeroed((1ul << 60) + 1, 16)); /* 16 when it wraps */
    assert_non_null(zeroed(0, 8));
    char *memory = zeroed(10, 10);
    assert_true(belongs(domain, memory, 100, OG_READ | OG_WRITE));
    assert_int_equal(memory[99], 0);
    assert_null(resize(memory, (1ul << 60) + 1, 16));
    memory = resize(memory, 1000, 10);
    assert_true(belongs(domain, memory, 10000, OG_READ | OG_WRITE));
    assert_true(belongs(domain, resize(NULL, 3, 5), 15, OG_READ | OG_WRITE));
}

static void host_memory_does_not_belong_to_a_domain(void **state)
{
    (void)state;
    static int host_static;
    int host = 0;
    void *host_heap = malloc(10);
    assert_false(belongs(domain, &host, sizeof(host), OG_READ));
    assert_false(belongs(domain, &host_static, sizeof(host), OG_READ));
    assert_false(belongs(domain, host_heap, 10, OG_READ));
    free(host_heap);
}

static void library_data_belongs_with_its_own_rights(void **state)
{
    (void)state;
    void og_foreign *data = NULL;
    void og_foreign *text = NULL;
    assert_int_equal(og_domain_lookup_data(domain, "foreign_counter", &data, &fault), OG_OK);
    assert_int_equal(og_domain_lookup_data(domain, "foreign_text", &text, &fault), OG_OK);
    assert_true(belongs(domain, (void *)og_foreign_address(data), 4, OG_READ | OG_WRITE));
    assert_true(belongs(domain, (void *)og_foreign_address(text), 13, OG_READ));
    assert_false(belongs(domain, (void *)og_foreign_address(text), 13, OG_READ | OG_WRITE));
}

static void two_domains_share_neither_data_nor_memory(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_domain *other = open_library(library);
    assert_int_equal(call_int(domain, "foreign_count"), 42);
    assert_int_equal(call_int(domain, "foreign_count"), 43);
    assert_int_equal(call_int(other, "foreign_count"), 42);
    char *(*allocate)(unsigned long) =
        (char *(*)(unsigned long))find(other, "foreign_allocate").entry;
    char *memory = allocate(10);
    assert_true(belongs(other, memory, 10, OG_READ));
    assert_false(belongs(domain, memory, 10, OG_READ));
    struct og_scope scope;
    struct og_function theirs = find(other, "foreign_count");
    og_scope_begin(domain, &scope);
    assert_int_equal(og_invoke_begin(&scope.access, &theirs, &fault), OG_WRONG_DOMAIN);
    og_scope_end(&scope);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

static void reset_puts_back_data_and_heap(void **state)
{
    (void)state;
    int (*keep)(const char *) = (int (*)(const char *))find(domain, "foreign_keep").entry;
    const char *(*kept)(void) = (const char *(*)(void))find(domain, "foreign_kept").entry;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(call_int(domain, "foreign_count"), 42);
        assert_null(kept());
        assert_int_equal(keep("something"), 1);
        assert_string_equal(kept(), "something");
        assert_int_equal(og_domain_reset(domain, &fault), OG_OK);
    }
}

static void reset_and_close_are_refused_while_a_scope_is_open(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    assert_int_equal(og_domain_reset(domain, &fault), OG_BUSY);
    assert_int_equal(og_domain_close(domain, &fault), OG_BUSY);
    og_scope_end(&scope);
    assert_int_equal(call_int(domain, "foreign_count"), 42);
}

static void heap_allocations_outlive_scopes_and_can_be_freed(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope first, second;
    int value = 0;
    og_scope_begin(domain, &first);
    int og_mut *number = og_heap_alloc(&first.access, int, 1, &fault);
    assert_int_equal(og_write(&first.access, number, 7, &fault), OG_OK);
    og_scope_end(&first);
    og_scope_begin(domain, &second);
    assert_int_equal(og_read(&second.access, number, &value, &fault), OG_OK);
    assert_int_equal(value, 7);
    assert_int_equal(og_heap_free(&second.access, number, &fault), OG_OK);
    int og_mut *stack = og_alloc(&second, int, 1, &fault);
    assert_int_equal(og_heap_free(&second.access, stack, &fault), OG_OUT_OF_BOUNDS);
    og_read_begin(&second.access);
    assert_null(OG_PLAIN(og_heap_alloc(&second.access, int, 1, &fault)));
    assert_int_equal(fault.error, OG_BORROWED);
    og_read_end(&second.access);
    og_scope_end(&second);
}

static void used_up_heap_is_an_error_inside_and_outside(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_scope scope;
    char *(*allocate)(unsigned long) =
        (char *(*)(unsigned long))find(domain, "foreign_allocate").entry;
    assert_null(allocate(1ul << 40));
    assert_non_null(allocate(100));
    og_scope_begin(domain, &scope);
    assert_null(OG_PLAIN(og_heap_alloc(&scope.access, char, (size_t)1 << 40, &fault)));
    assert_int_equal(fault.error, OG_NO_MEMORY);
    assert_null(OG_PLAIN(og_heap_alloc(&scope.access, long, SIZE_MAX / 2, &fault)));
    assert_int_equal(fault.error, OG_OVERFLOW);
    og_scope_end(&scope);
}

/* --- callbacks --- */

struct seen {
    int calls, number;
    double fraction;
    char text[32];
    enum og_error outer_write, outer_invoke;
    struct og_scope *outer;
    int og_mut *outer_memory;
    struct og_function function;
};

static void note_arguments(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                           struct og_result *result) OG_NO_ANALYSIS
{
    struct seen *seen = user;
    seen->calls++;
    seen->number = (int)arguments->integers[0];
    seen->fraction = arguments->floats[0];
    const char og_ref *text =
        og_upgrade(&scope->access, og_argument_pointer(arguments, 1, const char), 1, &fault);
    og_read_begin(&scope->access);
    size_t length = 0;
    const char og_valid *valid =
        text ? og_validate_string(&scope->access, text, sizeof(seen->text), &length, &fault) : NULL;
    if (valid)
        memcpy(seen->text, og_get(&scope->access, valid), length + 1);
    og_read_end(&scope->access);
    if (seen->outer) {
        seen->outer_write = og_write(&seen->outer->access, seen->outer_memory, 1, &fault);
        seen->outer_invoke = og_invoke_begin(&seen->outer->access, &seen->function, &fault);
    }
    result->integer = 2 * (uintptr_t)(unsigned)seen->number;
    result->floating = arguments->floats[0] + 0.5;
}

static int call_back(struct og_callback *callback, int number, struct seen *seen) OG_NO_ANALYSIS
{
    struct og_function function = find(domain, "foreign_call");
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    seen->function = function;
    if (seen->outer) {
        seen->outer = &scope;
        seen->outer_memory = og_alloc(&scope, int, 1, &fault);
    }
    assert_int_equal(og_invoke_begin(&scope.access, &function, &fault), OG_OK);
    int result = ((int (*)(foreign_callback *, int, double))function.entry)(
        og_callback_pointer(callback, foreign_callback *), number, 1.25);
    assert_int_equal(og_invoke_end(&scope.access, &fault), OG_OK);
    og_scope_end(&scope);
    return result;
}

static void callback_gets_its_arguments_and_returns_its_result(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_callback callback;
    struct seen seen = {0};
    assert_int_equal(og_callback_open(domain, &callback, note_arguments, &seen, &fault), OG_OK);
    assert_int_equal(call_back(&callback, 21, &seen), 43);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.number, 21);
    assert_true(seen.fraction == 1.25);
    assert_string_equal(seen.text, "foreign text");
    struct og_function function = find(domain, "foreign_call_double");
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    double result = ((double (*)(foreign_callback_double *, double))function.entry)(
        og_callback_pointer(&callback, foreign_callback_double *), 2.0);
    og_scope_end(&scope);
    assert_true(result == 5.0);
    og_callback_close(&callback);
}

static void outer_scope_is_refused_inside_a_callback(void **state)
{
    (void)state;
    struct og_callback callback;
    struct og_scope marker;
    struct seen seen = {.outer = &marker};
    assert_int_equal(og_callback_open(domain, &callback, note_arguments, &seen, &fault), OG_OK);
    call_back(&callback, 1, &seen);
    assert_int_equal(seen.outer_write, OG_SCOPE);
    assert_int_equal(seen.outer_invoke, OG_SCOPE);
    og_callback_close(&callback);
}

static void closed_callback_reaches_nobody(void **state)
{
    (void)state;
    struct og_callback callback;
    struct seen seen = {0};
    assert_int_equal(og_callback_open(domain, &callback, note_arguments, &seen, &fault), OG_OK);
    struct og_callback copy = callback;
    og_callback_close(&callback);
    assert_int_equal(call_back(&copy, 21, &seen), 1);
    assert_int_equal(seen.calls, 0);
}

static void callbacks_run_out_with_an_error_and_come_back(void **state)
{
    (void)state;
    static struct og_callback callbacks[65];
    for (int i = 0; i < 64; i++)
        assert_int_equal(og_callback_open(domain, &callbacks[i], note_arguments, NULL, &fault),
                         OG_OK);
    assert_int_equal(og_callback_open(domain, &callbacks[64], note_arguments, NULL, &fault),
                     OG_NO_MEMORY);
    og_callback_close(&callbacks[7]);
    assert_int_equal(og_callback_open(domain, &callbacks[64], note_arguments, NULL, &fault), OG_OK);
    assert_int_equal(og_domain_reset(domain, &fault), OG_OK);
    assert_int_equal(og_callback_open(domain, &callbacks[0], note_arguments, NULL, &fault), OG_OK);
}

static void callback_outlives_its_domain_harmlessly(void **state)
{
    (void)state;
    struct og_domain *other = open_library(library);
    struct og_callback callback;
    assert_int_equal(og_callback_open(other, &callback, note_arguments, NULL, &fault), OG_OK);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
    og_callback_close(&callback);
    assert_null(callback.domain);
}

static void callback_opened_twice_is_registered_once(void **state)
{
    (void)state;
    struct og_callback callback;
    struct seen seen = {0};
    assert_int_equal(og_callback_open(domain, &callback, note_arguments, &seen, &fault), OG_OK);
    struct og_callback first = callback;
    assert_int_equal(og_callback_open(domain, &callback, note_arguments, &seen, &fault), OG_OK);
    og_callback_close(&callback);
    call_back(&first, 21, &seen);
    assert_int_equal(seen.calls, 0);
}

/* Tries to pull the domain away from under the call that it is in. */
static void end_everything(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                           struct og_result *result) OG_NO_ANALYSIS
{
    struct seen *seen = user;
    (void)arguments;
    (void)result;
    seen->calls++;
    og_scope_end(scope);
    og_scope_end(seen->outer);
    seen->outer_write = og_domain_reset(domain, &fault);
    seen->outer_invoke = og_domain_close(domain, &fault);
}

static void callback_cannot_close_the_domain_it_was_called_from(void **state)
{
    (void)state;
    struct og_callback callback;
    struct og_scope marker;
    struct seen seen = {.outer = &marker};
    assert_int_equal(og_callback_open(domain, &callback, end_everything, &seen, &fault), OG_OK);
    call_back(&callback, 1, &seen);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.outer_write, OG_BUSY);
    assert_int_equal(seen.outer_invoke, OG_BUSY);
    og_callback_close(&callback);
}

static void large_struct_is_returned(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_function function = find(domain, "foreign_return_large");
    struct foreign_large large = ((struct foreign_large(*)(long))function.entry)(10);
    assert_int_equal(large.numbers[0], 10);
    assert_int_equal(large.numbers[4], 14);
}

/* --- leaks --- */

/* Pages of memory in use. (Address space is another matter: see heap.c.) */
static size_t resident_pages(void)
{
    size_t total = 0, resident = 0;
    FILE *status = fopen("/proc/self/statm", "r");
    if (!status || fscanf(status, "%zu %zu", &total, &resident) != 2)
        abort();
    fclose(status);
    return resident;
}

static void opening_and_closing_leaks_nothing(void **state)
{
    (void)state;
    size_t descriptors = 0, pages = 0;
    for (int i = 0; i < 220; i++) {
        if (i == 20) {
            descriptors = count_descriptors();
            pages = resident_pages();
        }
        struct og_domain *opened = open_library(library);
        assert_int_equal(call_int(opened, "foreign_count"), 42);
        assert_int_equal(og_domain_close(opened, &fault), OG_OK);
    }
    assert_int_equal(count_descriptors(), descriptors);
    /* A leak of one page per domain would be 200. AddressSanitizer keeps what is freed for a
     * while, and reports leaks by itself. */
    if (!SANITIZED)
        assert_true(resident_pages() < pages + 150);
}

static void resetting_leaks_nothing(void **state)
{
    (void)state;
    char *(*allocate)(unsigned long) =
        (char *(*)(unsigned long))find(domain, "foreign_allocate").entry;
    /* Far more in all than the heap holds at once. */
    for (int i = 0; i < 200; i++) {
        char *memory = allocate(4 << 20);
        assert_non_null(memory);
        memset(memory, 1, 4 << 20);
        assert_int_equal(og_domain_reset(domain, &fault), OG_OK);
    }
}

static void domains_run_out_with_an_error(void **state)
{
    (void)state;
    static struct og_domain *domains[64];
    size_t count = 0;
    const char *const names[] = {library, NULL};
    const struct og_options small = {
        .isolation = OG_NONE, .heap_size = 16 << 20, .stack_size = 4096};
    while (count < 64 && og_domain_open(&domains[count], names, &small, &fault) == OG_OK)
        count++;
    assert_int_equal(count, 63); /* and the one that every test has */
    assert_int_equal(fault.error, OG_NO_MEMORY);
    while (count-- > 0)
        assert_int_equal(og_domain_close(domains[count], &fault), OG_OK);
}

static void distribution_library_works(void **state) OG_NO_ANALYSIS
{
    (void)state;
    struct og_domain *zlib = open_library("libz.so.1");
    struct og_function version = find(zlib, "zlibVersion");
    const char *(*zlib_version)(void) = (const char *(*)(void))version.entry;
    assert_true(belongs(zlib, zlib_version(), 1, OG_READ));
    assert_int_equal(og_domain_close(zlib, &fault), OG_OK);
}

static void library_that_cannot_be_unloaded_is_not_taken_for_the_next(void **state)
{
    (void)state;
    struct og_domain *first = NULL;
    const char *const names[] = {"libcrypto.so.3", NULL}; /* linked with -z nodelete */
    if (og_domain_open(&first, names, &none, &fault))
        skip();
    assert_int_equal(og_domain_close(first, &fault), OG_OK);
    struct og_domain *zlib = open_library("libz.so.1");
    find(zlib, "zlibVersion");
    assert_int_equal(og_domain_close(zlib, &fault), OG_OK);
}

int main(void)
{
    find_library();
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_domain, close_domain)
    const struct CMUnitTest tests[] = {
        TEST(functions_are_found_and_called),
        TEST(missing_function_is_named),
        TEST(function_of_a_dependency_is_not_the_domains),
        TEST(function_that_was_not_found_cannot_be_invoked),
        TEST(missing_library_is_named_and_nothing_is_left),
        TEST(a_name_that_lies_in_the_current_folder_is_told_to_be_a_path),
        TEST(file_that_is_no_library_is_refused),
        TEST(open_without_libraries_or_isolation_is_refused),
        TEST(a_domain_that_names_no_isolation_is_isolated_or_not_opened),
        TEST(what_the_library_allocates_belongs_to_its_domain),
        TEST(zeroed_and_counted_allocations_do_not_wrap),
        TEST(host_memory_does_not_belong_to_a_domain),
        TEST(library_data_belongs_with_its_own_rights),
        TEST(two_domains_share_neither_data_nor_memory),
        TEST(reset_puts_back_data_and_heap),
        TEST(reset_and_close_are_refused_while_a_scope_is_open),
        TEST(heap_allocations_outlive_scopes_and_can_be_freed),
        TEST(used_up_heap_is_an_error_inside_and_outside),
        TEST(callback_gets_its_arguments_and_returns_its_result),
        TEST(outer_scope_is_refused_inside_a_callback),
        TEST(closed_callback_reaches_nobody),
        TEST(callbacks_run_out_with_an_error_and_come_back),
        TEST(callback_outlives_its_domain_harmlessly),
        TEST(callback_opened_twice_is_registered_once),
        TEST(callback_cannot_close_the_domain_it_was_called_from),
        TEST(large_struct_is_returned),
        TEST(opening_and_closing_leaks_nothing),
        TEST(resetting_leaks_nothing),
        TEST(domains_run_out_with_an_error),
        TEST(distribution_library_works),
        TEST(library_that_cannot_be_unloaded_is_not_taken_for_the_next),
    };
    return cmocka_run_group_tests_name("none-domain", tests, NULL, NULL);
}
