/* The MPK runtime, attacked by the ways into the kernel that are no SYSCALL instruction. */
#include "mpk-test.h"
#include "omniglot/tests/seccomp.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct og_domain *other;

static enum og_error attack(const char *name, long *result, long a, long b, long c)
{
    struct og_scope scope;
    long value = 0;
    og_scope_begin(other, &scope);
    enum og_error error = CALL(scope, boxed_in(other, name), value = AS(words *)(a, b, c, 0));
    og_scope_end(&scope);
    if (result)
        *result = value;
    return error;
}

static void assert_works(void)
{
    long sum = 0;
    assert_int_equal(og_domain_reset(other, &fault), OG_OK);
    assert_int_equal(attack("add", &sum, 40, 2, 0), OG_OK);
    assert_int_equal(sum, 42);
}

static int open_other(void **state)
{
    (void)state;
    char path[sizeof(library)];
    const struct og_options options = {.isolation = OG_MPK, .deadline_ms = 2000};
    beside_library(path, "libogentries.so");
    other = open_another(path, &options);
    return 0;
}

static int close_other(void **state)
{
    (void)state;
    return og_domain_close(other, &fault) != OG_OK;
}

static void tell(const char *what, long which, enum og_error error, long result)
{
    printf("# %s %ld: %s, result %ld, signal %d: %s\n", what, which, og_error_name(error), result,
           error ? fault.signal : 0, error ? fault.message : "");
    fflush(stdout);
}

/* The kernel writes with the library's rights. */
static void a_vsyscall_writes_no_memory_of_the_hosts(void **state)
{
    (void)state;
    for (long which = 0; which < 3; which++) {
        secret = 4242;
        long result = 0;
        enum og_error error = attack("call_vsyscall", &result, which, (long)&secret, (long)&secret);
        tell("vsyscall", which, error, result);
        assert_int_equal(secret, 4242);
        assert_works();
    }
}

static void a_vsyscall_on_a_stack_of_the_hosts_ends_the_call(void **state)
{
    (void)state;
    const long stacks[] = {(long)&secret, 0, 0x100000, -8, (long)0x8000000000000000};
    for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
        enum og_error error = attack("call_vsyscall_on", NULL, stacks[i], 0, 0);
        tell("vsyscall on stack", (long)i, error, 0);
        assert_int_not_equal(error, OG_OK);
        assert_works();
    }
}

static void a_vsyscall_with_the_trap_flag_ends_the_call(void **state)
{
    (void)state;
    enum og_error error = attack("step_into_vsyscall", NULL, 0, 0, 0);
    tell("step vsyscall", 0, error, 0);
    assert_int_not_equal(error, OG_OK);
    assert_works();
}

static bool has_vsyscall_page(void)
{
    char line[512];
    bool has = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps))
        has |= strstr(line, "[vsyscall]") != NULL;
    fclose(maps);
    return has;
}

/* A filter of the host's own, which kills who makes calls that the host does not make. */
static void kill_for_the_time(void)
{
    const long never[] = {SYS_gettimeofday, SYS_time, SYS_getcpu};
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        if (!filter_system_call(never[i], -1, 0, SECCOMP_RET_KILL_PROCESS))
            _exit(2);
}

/* Status of a child in which all is well where `error` says that, and the sentence is this one. */
static int end_with(enum og_error error, bool has_page)
{
    long own = 0, result = 0;
    tell("filtered", has_page, error, 0);
    if (has_page)
        return error != OG_UNSUPPORTED || !strstr(fault.message, "[vsyscall]");
    /* By a system call of its own it is the runtime that answers, and the host lives. */
    return error || attack("call_with_flags", &own, SYS_getppid, 0, 0) ||
           attack("call_vsyscall", &result, 1, 0, 0) != OG_FAULTED;
}

static void in_filtered_child(int (*run)(void))
{
    int status = -1;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        kill_for_the_time();
        _exit(run());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_exited_well(status);
}

static int reset_filtered(void)
{
    return end_with(og_domain_reset(other, &fault), has_vsyscall_page());
}

static int open_filtered(void)
{
    char path[sizeof(library)];
    const char *const names[] = {path, NULL};
    const struct og_options options = {.isolation = OG_MPK, .deadline_ms = 2000};
    beside_library(path, "libogentries.so");
    return og_domain_close(other, &fault) ||
           end_with(og_domain_open(&other, names, &options, &fault), has_vsyscall_page());
}

static void a_library_that_asks_for_the_time_does_not_end_a_host_that_is_filtered(void **state)
{
    (void)state;
    long before = 0;
    /* A child looks nothing up. */
    enum og_error unfiltered = attack("call_vsyscall", &before, 1, 0, 0);
    tell("vsyscall, not filtered", 1, unfiltered, before);
    assert_int_equal(unfiltered, has_vsyscall_page() ? OG_OK : OG_FAULTED);
    assert_works();
    assert_int_equal(attack("call_with_flags", &before, SYS_getppid, 0, 0), OG_OK);
    in_filtered_child(reset_filtered);
    in_filtered_child(open_filtered);
}

static void numbers_by_which_the_kernel_restarts_calls_are_numbers(void **state)
{
    (void)state;
    for (long number = -530; number <= 0; number++) {
        long result = 0;
        enum og_error error = attack("call_with_flags", &result, number, 0, 0);
        if (error || (result != -EPERM && number != 0))
            tell("number", number, error, result);
        if (error)
            assert_works();
        error = attack("call_32_bits_with_flags", &result, number, 0, 0);
        if (error || (result != -EPERM && number != 0))
            tell("number of 32 bits", number, error, result);
        if (error)
            assert_works();
    }
    assert_works();
}

static void system_calls_with_any_flags_are_served_or_end_the_call(void **state)
{
    (void)state;
    /* Trap, direction, nested task, alignment, identification; and together. */
    const long flags[] = {0x100, 0x400, 0x4000, 0x40000, 0x200000, 0x244500, 0x10000, 0x254500};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        long result = 0;
        enum og_error error = attack("call_with_flags", &result, SYS_getppid, flags[i], 0);
        tell("syscall, flags", flags[i], error, result);
        assert_works();
        error = attack("call_32_bits_with_flags", &result, SYS_getppid, flags[i], 0);
        tell("int 0x80, flags", flags[i], error, result);
        assert_works();
    }
}

static void sysenter_is_dispatched_or_ends_the_call(void **state)
{
    (void)state;
    const long frames[] = {0, 0x100000, (long)&secret, -1, 0x7fffffff};
    const long flags[] = {0, 0x100, 0x4000, 0x40000, 0x400};
    const long numbers[] = {64, 119, 173, 11, SYS_munmap, -513};
    for (size_t f = 0; f < sizeof(frames) / sizeof(frames[0]); f++)
        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
            for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
                enum og_error error =
                    attack("enter_by_sysenter", NULL, numbers[n], frames[f], flags[i]);
                if (n == 0)
                    tell("sysenter", frames[f], error, flags[i]);
                assert_int_not_equal(error, OG_OK);
                assert_works();
            }
}

static void *go_on(void *unused)
{
    (void)unused;
    char text[64];
    snprintf(text, sizeof(text), "%d %f", 4, 2.5);
    return strcmp(text, "4 2.500000") ? NULL : (void *)1;
}

static volatile sig_atomic_t came;

static void count(int signal)
{
    (void)signal;
    came++;
}

static void segments_that_are_left_are_no_matter_to_the_host(void **state)
{
    (void)state;
    const long selectors[] = {0, 1, 2, 3, 0x2b, 0x28, 0x7b, 0x78};
    assert_works(); /* a child looks nothing up */
    signal(SIGUSR1, count);
    for (size_t i = 0; i < sizeof(selectors) / sizeof(selectors[0]); i++) {
        long result = 0;
        enum og_error error =
            getenv("NOSEG") ? OG_OK : attack("leave_segments", &result, selectors[i], 0, 0);
        tell("segments", selectors[i], error, result);
        pthread_t thread;
        void *done = NULL;
        assert_int_equal(pthread_create(&thread, NULL, go_on, NULL), 0);
        pthread_join(thread, &done);
        assert_non_null(done);
        came = 0;
        raise(SIGUSR1);
        assert_int_equal(came, 1);
        int status = -1;
        pid_t child = fork();
        if (child == 0) {
            long sum = 0;
            struct og_function function;
            usleep(1000);
            enum og_error e = og_domain_lookup(other, "add", &function, &fault);
            if (e) {
                printf("# in the child: %s %s\n", og_error_name(e), fault.message);
                fflush(stdout);
                _exit(5);
            }
            _exit(attack("add", &sum, 1, 2, 0) != OG_OK || sum != 3 || !go_on(NULL));
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_exited_well(status);
        assert_works();
        error = attack("leave_gs", &result, selectors[i], 0, 0);
        tell("gs", selectors[i], error, result);
        assert_works();
    }
    signal(SIGUSR1, SIG_DFL);
}

static void what_the_kernel_emulates_writes_no_memory_of_the_hosts(void **state)
{
    (void)state;
    for (long which = 0; which < 5; which++) {
        secret = 4242;
        enum og_error error = attack("store_system_state", NULL, which, (long)&secret, 0);
        tell("system state", which, error, 0);
        assert_int_equal(secret, 4242);
        assert_works();
    }
}

static void code_of_32_bits_is_not_there(void **state)
{
    (void)state;
    const long places[] = {0, 0x100000, (long)(void *)getppid, (long)0xffffffff00000000, 0x10000};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        enum og_error error = attack("go_to_segment", NULL, places[i], 0x23, 0);
        tell("32 bits", places[i], error, 0);
        assert_int_not_equal(error, OG_OK);
        assert_works();
    }
}

static void interrupts_end_the_call(void **state)
{
    (void)state;
    for (long which = 0; which < 6; which++) {
        enum og_error error = attack("breakpoint", NULL, which, 0, 0);
        tell("interrupt", which, error, 0);
        assert_int_not_equal(error, OG_OK);
        assert_works();
    }
}

int main(int argc, char **argv)
{
#define ATTACK(name) cmocka_unit_test_setup_teardown(name, open_other, close_other)
    const struct CMUnitTest tests[] = {
        ATTACK(a_vsyscall_writes_no_memory_of_the_hosts),
        ATTACK(a_vsyscall_on_a_stack_of_the_hosts_ends_the_call),
        ATTACK(a_vsyscall_with_the_trap_flag_ends_the_call),
        ATTACK(a_library_that_asks_for_the_time_does_not_end_a_host_that_is_filtered),
        ATTACK(numbers_by_which_the_kernel_restarts_calls_are_numbers),
        ATTACK(system_calls_with_any_flags_are_served_or_end_the_call),
        ATTACK(sysenter_is_dispatched_or_ends_the_call),
        ATTACK(segments_that_are_left_are_no_matter_to_the_host),
        ATTACK(what_the_kernel_emulates_writes_no_memory_of_the_hosts),
        ATTACK(code_of_32_bits_is_not_there),
        ATTACK(interrupts_end_the_call),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
