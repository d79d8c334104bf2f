/* Threads, signals and fork, with MPK domains. */
#include "mpk-test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static void *count_in_thread(void *memory)
{
    long *bad = memory;
    for (long i = 1; i <= 200; i++) {
        long value = 0;
        struct og_scope scope;
        og_scope_begin(domain, &scope);
        if (CALL(scope, boxed("count_per_thread"), value = AS(words *)(0, 0, 0, 0)) != OG_OK ||
            value != 5 + i)
            ++*bad;
        og_scope_end(&scope);
    }
    return NULL;
}

static void threads_have_stacks_and_thread_variables_of_their_own(void **state)
{
    (void)state;
    pthread_t threads[8];
    long bad[8] = {0};
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 8; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, count_in_thread, &bad[i]), 0);
        for (int i = 0; i < 8; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
            assert_int_equal(bad[i], 0);
        }
        reset();
    }
}

/* --- signals --- */

static volatile sig_atomic_t ticks;

static void tick(int signal)
{
    (void)signal;
    if (getppid() >= 0)
        ticks++;
}

static void the_hosts_signal_handlers_run_while_foreign_code_does(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = tick}, before;
    struct itimerval timer = {{0, 1000}, {0, 1000}}, off = {{0, 0}, {0, 0}};
    struct og_function count = boxed("count_up");
    long value = 0, calls = 0;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(og_mpk_signal_adopt(SIGALRM, &fault), OG_OK);
    ticks = 0;
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    while (ticks < 500 && calls < 5000000) {
        enum og_error error = CALL(scope, count, value = AS(words *)(0, 0, 0, 0));
        calls++;
        assert_int_equal(error, OG_OK);
        assert_int_equal(value, 100 + calls);
    }
    og_scope_end(&scope);
    assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
    assert_true(ticks >= 500);
    reset();
}

static void a_child_of_fork_has_working_and_closed_domains(void **state)
{
    (void)state;
    long result;
    assert_int_equal(call_words("count_up", &result, 0, 0, 0, 0), OG_OK);
    assert_int_equal(call_words("system_call", &result, SYS_getppid, 0, 0, 0), OG_OK);
    assert_int_equal(call_words("read_word", NULL, (long)&secret, 0, 0, 0), OG_FAULTED);
    reset();
    (void)boxed("loop_forever"); /* the child can look up no function that the parent has not */
    pid_t child = fork();
    if (child == 0) {
        int bad = call_words("count_up", &result, 0, 0, 0, 0) != OG_OK || result != 101;
        bad |=
            (call_words("system_call", &result, SYS_getppid, 0, 0, 0) != OG_OK || result != -EPERM)
            << 1;
        bad |= (call_words("read_word", NULL, (long)&secret, 0, 0, 0) != OG_FAULTED) << 2;
        bad |= (og_domain_reset(domain, &fault) != OG_OK) << 3;
        bad |= (call_words("loop_forever", NULL, 0, 0, 0, 0) != OG_DEADLINE) << 4;
        _exit(bad);
    }
    int status = -1;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_works_after_reset();
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_have_stacks_and_thread_variables_of_their_own),
        cmocka_unit_test(the_hosts_signal_handlers_run_while_foreign_code_does),
        cmocka_unit_test(a_child_of_fork_has_working_and_closed_domains),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
