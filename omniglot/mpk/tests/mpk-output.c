/* What a hostile library makes of the host's hearing what it prints (og_options.output). What hosts
 * do with it is in omniglot/tests/hosts/output.c. */
#include "mpk-test.h"

#include <errno.h>
#include <fenv.h>
#include <string.h>
#include <sys/uio.h>

static struct og_domain *printer; /* with libogoutput.so */
static char heard[1 << 16];
static size_t heard_size, pieces;
static enum og_stream last_stream;

static void hear(void *user, enum og_stream stream, char *text, size_t size)
{
    char here;
    size_t distance = (size_t)(&here > text ? &here - text : text - &here);
    assert_ptr_equal(user, &heard);
    assert_true(distance < 1 << 20); /* on the host's stack */
    assert_true(size > 0 && heard_size + size < sizeof(heard));
    assert_int_equal(fegetround(), FE_UPWARD);
    memcpy(heard + heard_size, text, size);
    heard_size += size;
    heard[heard_size] = '\0';
    last_stream = stream;
    pieces++;
    /* What is in use of the processor is the host's here. */
    __asm__ volatile("vxorps %%ymm9, %%ymm9, %%ymm9\n\tfld1\n\tfld1\n\tfaddp\n\tfstp %%st(0)" ::
                         : "xmm9", "st", "st(1)");
}

static int open_it(void **state)
{
    const struct og_options options = {
        .isolation = OG_MPK, .deadline_ms = 5000, .output = hear, .output_user = &heard};
    char path[sizeof(library)];
    (void)state;
    beside_library(path, "libogoutput.so");
    printer = open_another(path, &options);
    heard_size = pieces = 0;
    fesetround(FE_UPWARD);
    return 0;
}

static int close_it(void **state)
{
    (void)state;
    fesetround(FE_TONEAREST);
    return og_domain_close(printer, &fault) != OG_OK;
}

static enum og_error call(const char *name, long *result, long a, long b, long c)
{
    struct og_scope scope;
    og_scope_begin(printer, &scope);
    enum og_error error = CALL(scope, boxed_in(printer, name), *result = AS(words *)(a, b, c, 0));
    og_scope_end(&scope);
    return error;
}

static long printed(const char *name, long a, long b, long c)
{
    long result = 0;
    assert_int_equal(call(name, &result, a, b, c), OG_OK);
    return result;
}

static void host_memory_is_not_heard(void **state)
{
    (void)state;
    const struct iovec parts = {&secret, sizeof(secret)};
    assert_int_equal(printed("print", 1, (long)&secret, sizeof(secret)), -EFAULT);
    assert_int_equal(printed("print", 2, (long)&secret, 1), -EFAULT);
    assert_int_equal(printed("print", 1, 0, 8), -EFAULT);
    assert_int_equal(printed("print", 1, -8, 16), -EFAULT);
    assert_int_equal(printed("print_parts", 1, (long)&parts, 1), -EFAULT);
    assert_int_equal(pieces, 0);
    assert_int_equal(printed("print_and", (long)&secret, sizeof(secret), 0), 4);
    assert_string_equal(heard, "good");
    assert_int_equal(pieces, 1);
}

static void what_is_heard_at_once_is_bounded(void **state)
{
    struct og_scope scope;
    (void)state;
    og_scope_begin(printer, &scope);
    char og_mut *text = og_heap_alloc(&scope.access, char, 1 << 20, &fault);
    assert_true(og_writable_address(text) != 0);
    long address = (long)og_writable_address(text);
    og_scope_end(&scope);
    assert_int_equal(printed("print", 1, address, 1 << 20), 4096);
    assert_int_equal(printed("print", 1, address, -1), 4096);
    assert_int_equal(printed("print_and", address, 1 << 20, 0), 4096);
    assert_int_equal(printed("print_and", address, -1, 0), 4096);
    assert_int_equal(printed("print_many", 1024, 100, 0), 4096);
    assert_int_equal(heard_size, 5 * 4096);
    assert_int_equal(pieces, 5);
    assert_int_equal(printed("print_many", 1025, 1, 0), -EINVAL);
    assert_int_equal(printed("print", 1, address, 0), 0);
    assert_int_equal(printed("print_many", 0, 1, 0), 0);
    assert_int_equal(printed("print", 0, address, 1), -EBADF);
    assert_int_equal(printed("print", 3, address, 1), -EBADF);
    assert_int_equal(printed("print", (1L << 32) + 1, address, 1), -EBADF);
    assert_int_equal(pieces, 5);
}

static void registers_survive_that_the_host_hears(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(printed("registers_changed_by_printing", 0, 0, 0), 0);
    assert_string_equal(heard, "marksmarksmarks");
    assert_int_equal(last_stream, OG_STANDARD_ERROR);
    assert_int_equal(fegetround(), FE_UPWARD);
}

/* The host hears on a stack of its own, and goes on by what is the domain's or not at all. */
static void a_library_that_prints_has_any_stack_of_the_domains(void **state)
{
    struct og_scope scope;
    long result, elsewhere[64] = {0};
    (void)state;
    og_scope_begin(printer, &scope);
    char og_mut *stack = og_heap_alloc(&scope.access, char, 4096, &fault);
    long top = (long)og_writable_address(stack) + 4096;
    og_scope_end(&scope);
    assert_int_equal(printed("print_with_stack_at", top, 0, 0), 9);
    assert_string_equal(heard, "elsewhere");
    assert_int_equal(call("print_with_stack_at", &result, (long)&elsewhere[64], 0, 0), OG_FAULTED);
    assert_non_null(strstr(fault.message, "no stack"));
    for (int i = 0; i < 64; i++)
        assert_int_equal(elsewhere[i], 0);
    assert_int_equal(og_domain_reset(printer, &fault), OG_OK);
    assert_int_equal(printed("registers_changed_by_printing", 0, 0, 0), 0);
}

/* The rights, the signal stack and the mask are those of the domain again: a fault, a system call
 * and a deadline are what they were. */
static void a_library_that_has_printed_is_kept_in_as_before(void **state)
{
    long result;
    (void)state;
    assert_int_equal(printed("registers_changed_by_printing", 0, 0, 0), 0);
    assert_int_equal(call("print_then_read", &result, (long)&secret, 0, 0), OG_FAULTED);
    assert_int_equal(fault.address, (uintptr_t)&secret);
    assert_string_equal(heard, "marksread?");
    assert_int_equal(og_domain_reset(printer, &fault), OG_OK);
    assert_int_equal(call("print_then_loop", &result, 0, 0, 0), OG_DEADLINE);
    assert_int_equal(og_domain_reset(printer, &fault), OG_OK);
    assert_int_equal(printed("print_then_call", 0, 0, 0), -EPERM);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(host_memory_is_not_heard, open_it, close_it),
        cmocka_unit_test_setup_teardown(what_is_heard_at_once_is_bounded, open_it, close_it),
        cmocka_unit_test_setup_teardown(registers_survive_that_the_host_hears, open_it, close_it),
        cmocka_unit_test_setup_teardown(a_library_that_prints_has_any_stack_of_the_domains, open_it,
                                        close_it),
        cmocka_unit_test_setup_teardown(a_library_that_has_printed_is_kept_in_as_before, open_it,
                                        close_it),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
