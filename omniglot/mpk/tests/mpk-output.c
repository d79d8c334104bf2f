/* What a hostile library makes of the host's hearing what it prints (og_options.output). What hosts
 * do with it is in omniglot/tests/hosts/output.c. */
#include "mpk-test.h"

#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

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

static int open_to_hear(unsigned callback_limit, unsigned deadline_ms)
{
    const struct og_options options = {.isolation = OG_MPK,
                                       .deadline_ms = deadline_ms,
                                       .callback_limit = callback_limit,
                                       .output = hear,
                                       .output_user = &heard};
    char path[sizeof(library)];
    beside_library(path, "libogoutput.so");
    printer = open_another(path, &options);
    heard_size = pieces = 0;
    fesetround(FE_UPWARD);
    return 0;
}

static int open_it(void **state)
{
    (void)state;
    return open_to_hear(0, 5000);
}

/* For a call that does not end. */
static int open_for_a_second(void **state)
{
    (void)state;
    return open_to_hear(0, 1000);
}

static int open_to_hear_once(void **state)
{
    (void)state;
    return open_to_hear(1, 5000);
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
    assert_int_equal(printed("print", 1, address, 10000), 10000);
    assert_int_equal(heard_size, 10000);
    assert_int_equal(pieces, 3);
    assert_int_equal(printed("print_many", 100, 100, 0), 10000);
    assert_int_equal(heard_size, 20000);
    assert_int_equal(pieces, 6);
    /* Up to what cannot be read, as far as it is heard. */
    assert_int_equal(printed("print_up_to_the_end", 1, 10000, 20000), 8192);
    assert_int_equal(printed("print_up_to_the_end", 1, 5000, -1), 4096);
    assert_int_equal(printed("print_up_to_the_end", 1, 100, 101), -EFAULT);
    assert_int_equal(printed("print_up_to_the_end", 1, 100, 100), 100);
    assert_int_equal(heard_size, 20000 + 8192 + 4096 + 100);
    assert_int_equal(pieces, 10);
    assert_int_equal(printed("print_many", 1025, 1, 0), -EINVAL);
    assert_int_equal(printed("print", 1, address, 0), 0);
    assert_int_equal(printed("print_many", 0, 1, 0), 0);
    assert_int_equal(printed("print", 0, address, 1), -EBADF);
    assert_int_equal(printed("print", 3, address, 1), -EBADF);
    assert_int_equal(printed("print", (1L << 32) + 1, address, 1), -EBADF);
    assert_int_equal(pieces, 10);
}

static void a_write_that_was_ended_is_over_with_a_reset(void **state)
{
    long result = 0;
    (void)state;
    assert_int_not_equal(call("print_at_once", &result, 3 * 4096, 0, 0), OG_OK);
    assert_int_equal(heard_size, 4096);
    assert_int_equal(og_domain_reset(printer, &fault), OG_OK);
    heard_size = 0;
    assert_int_equal(printed("print_at_once", 100, 0, 0), 100);
    assert_int_equal(heard_size, 100);
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

/* --- on the stack for handlers --- */

static atomic_int torn; /* 0: as it should be */

/* What the library prints is longer than the host hears at once, and would be a frame, or a return
 * address, wherever the runtime's own handler has one. */
static void print_in_handler(int signal)
{
    enum { WORDS = 512 };
    volatile int own[WORDS];
    long result = 0;
    heard_size = 0;
    fesetround(FE_UPWARD); /* which the kernel has put back */
    for (int i = 0; i < WORDS; i++)
        own[i] = signal + i;
    for (int i = 0; i < 3; i++)
        torn += call("print_many", &result, 1024, 10, 0) || result != 10240;
    torn += printed("registers_changed_by_printing", 0, 0, 0) != 0;
    torn += heard_size != 3 * 10240 + strlen("marks");
    for (int i = 0; i < WORDS; i++)
        torn += own[i] != signal + i;
}

static int print_in_handler_in_child(void)
{
    /* Then the domain's signal stack is armed, and the handler runs on the runtime's stack. */
    (void)printed("registers_changed_by_printing", 0, 0, 0);
    if (signal(SIGUSR1, print_in_handler) == SIG_ERR || raise(SIGUSR1))
        return 100;
    return torn ? 1 : 0;
}

static void a_library_prints_where_a_handler_has_called_it(void **state)
{
    (void)state;
    int status = -1;
    (void)boxed_in(printer, "print_many");
    (void)boxed_in(printer, "registers_changed_by_printing");
    pid_t child = fork();
    if (child == 0)
        _exit(print_in_handler_in_child());
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* --- at the end of the host's stack --- */

enum { PAGE = 4096, BESIDE = 64 << 10, STACK = 256 << 10, LITTLE = 512 };
static char *beside; /* memory, a guard, and a thread's stack */

/* Prints where the host's stack has as much left, less what the call takes. */
static __attribute__((noinline)) long print_with_left(struct og_function called, size_t left)
{
    uintptr_t stack = (uintptr_t)beside + BESIDE + PAGE;
    volatile char *used = __builtin_alloca((uintptr_t)__builtin_frame_address(0) - stack - left);
    *used = 1;
    return AS(words *)(1, 100, 0, 0);
}

static int status_of_printing_with(size_t left)
{
    int status = -1;
    struct og_function print = boxed_in(printer, "print_many");
    pid_t child = fork();
    if (child == 0) {
        struct og_scope scope;
        fesetround(FE_UPWARD);
        signal(SIGSEGV, SIG_DFL);
        (void)printed("print_many", 1, 100, 0); /* the next call has no more to do than to call */
        og_scope_begin(printer, &scope);
        _exit(print_with_left(print, left) != 100);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void *print_with_little_left(void *ended)
{
    int *overflows = ended;
    assert_int_equal(status_of_printing_with(STACK / 2), 0);
    for (size_t left = 0; left < LITTLE; left += 16)
        *overflows += status_of_printing_with(left) == SIGSEGV;
    return NULL;
}

static void what_is_heard_does_not_reach_over_the_end_of_the_hosts_stack(void **state)
{
    (void)state;
    int overflows = 0;
    pthread_t thread;
    pthread_attr_t attributes;
    beside = mmap(NULL, BESIDE + PAGE + STACK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                  -1, 0);
    assert_true(beside != MAP_FAILED);
    char *stack = beside + BESIDE + PAGE;
    assert_int_equal(mprotect(beside + BESIDE, PAGE, PROT_NONE), 0);
    assert_true(mmap(stack, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                     -1, 0) == stack);
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, STACK), 0);
    assert_int_equal(pthread_create(&thread, &attributes, print_with_little_left, &overflows), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pthread_attr_destroy(&attributes), 0);
    for (size_t i = 0; i < BESIDE; i++)
        assert_int_equal(beside[i], 0);
    assert_int_equal(overflows, LITTLE / 16);
    assert_int_equal(munmap(beside, BESIDE + PAGE + STACK), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(host_memory_is_not_heard, open_it, close_it),
        cmocka_unit_test_setup_teardown(what_is_heard_at_once_is_bounded, open_it, close_it),
        cmocka_unit_test_setup_teardown(a_write_that_was_ended_is_over_with_a_reset,
                                        open_to_hear_once, close_it),
        cmocka_unit_test_setup_teardown(registers_survive_that_the_host_hears, open_it, close_it),
        cmocka_unit_test_setup_teardown(a_library_that_prints_has_any_stack_of_the_domains, open_it,
                                        close_it),
        cmocka_unit_test_setup_teardown(a_library_that_has_printed_is_kept_in_as_before,
                                        open_for_a_second, close_it),
        cmocka_unit_test_setup_teardown(a_library_prints_where_a_handler_has_called_it, open_it,
                                        close_it),
        cmocka_unit_test_setup_teardown(
            what_is_heard_does_not_reach_over_the_end_of_the_hosts_stack, open_it, close_it),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
