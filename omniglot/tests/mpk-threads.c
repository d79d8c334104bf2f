/* Threads, signals and fork, with MPK domains. */
#include "mpk-test.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
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

static timer_t ticker;
static long overruns;

static void tick(int signal)
{
    (void)signal;
    if (getppid() < 0)
        return;
    overruns += timer_getoverrun(ticker);
    ticks++;
}

static long microseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* A timer of 1 kHz whose handler makes system calls, through ten seconds of calls: every call is
 * right, and every expiration was handled, or is in the count of those that came too fast. */
static void ten_seconds_of_ticks_lose_no_call_and_no_tick(void **state)
{
    enum { PERIOD = 1000 /* microseconds */, SECONDS = 10 };
    (void)state;
    struct sigaction action = {.sa_handler = tick}, before;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    const struct itimerspec period = {{0, PERIOD * 1000}, {0, PERIOD * 1000}};
    struct itimerspec left;
    struct og_function count = boxed("count_up");
    long value = 0, calls = 0;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(og_mpk_signal_adopt(SIGALRM, &fault), OG_OK);
    ticks = overruns = 0;
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &ticker), 0);
    long start = microseconds_now();
    assert_int_equal(timer_settime(ticker, 0, &period, NULL), 0);
    long armed = microseconds_now();
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    while (microseconds_now() - start < SECONDS * 1000000) {
        for (int i = 0; i < 100; i++) {
            enum og_error error = CALL(scope, count, value = AS(words *)(0, 0, 0, 0));
            calls++;
            assert_int_equal(error, OG_OK);
            assert_int_equal(value, 100 + calls);
        }
    }
    og_scope_end(&scope);
    /* What has expired by now is in the count once another tick or two have come. */
    long elapsed = microseconds_now() - armed;
    for (int seen = ticks; ticks < seen + 2;)
        sched_yield();
    assert_int_equal(timer_settime(ticker, 0, &(struct itimerspec){0}, &left), 0);
    long until = microseconds_now() - start;
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    assert_int_equal(timer_delete(ticker), 0);
    print_message("# %ld calls, %ld ticks, %ld overruns in %ld us\n", calls, (long)ticks, overruns,
                  elapsed);
    assert_true(ticks + overruns >= elapsed / PERIOD - 1);
    assert_true(ticks + overruns <= until / PERIOD + 1);
    assert_true(ticks > SECONDS * 100);
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
        cmocka_unit_test(ten_seconds_of_ticks_lose_no_call_and_no_tick),
        cmocka_unit_test(a_child_of_fork_has_working_and_closed_domains),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
