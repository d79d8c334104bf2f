/* Threads, signals and fork, with MPK domains. */
#include "mpk-test.h"
#include "omniglot/mpk/mpk.h"
#include "omniglot/tests/seccomp.h"

#include <asm/prctl.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
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
    /* One after the other they have the same place, and their own variables. */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_in_thread, &bad[i]), 0);
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(bad[i], 0);
    }
    reset();
}

/* The library says that they are elsewhere, where there are none. */
static void reset_brings_back_where_thread_variables_are(void **state)
{
    (void)state;
    const struct og_function system_call = boxed("system_call"), count = boxed("count_per_thread");
    struct og_scope scope;
    long result = -1, before = 0, after = 0;
    og_scope_begin(domain, &scope);
    long og_mut *place = og_alloc(&scope, long, 512, &fault);
    assert_int_equal(CALL(scope, count, before = AS(words *)(0, 0, 0, 0)), OG_OK);
    assert_int_equal(
        CALL(scope, system_call,
             result = AS(words *)(SYS_arch_prctl, ARCH_SET_FS, (long)(uintptr_t)place + 2048, 0)),
        OG_OK);
    og_scope_end(&scope);
    assert_int_equal(result, 0);
    assert_int_equal(before, 6);
    reset();
    og_scope_begin(domain, &scope);
    assert_int_equal(CALL(scope, count, after = AS(words *)(0, 0, 0, 0)), OG_OK);
    og_scope_end(&scope);
    assert_int_equal(after, 6);
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

/* A timer of 1 kHz whose handler makes system calls, through two seconds of calls, or with
 * OG_STRESS set ten: every call is right, and every expiration was handled, or is in the count of
 * those that came too fast. */
static void ticks_lose_no_call_and_no_tick(void **state)
{
    enum { PERIOD = 1000 /* microseconds */ };
    const long seconds = getenv("OG_STRESS") ? 10 : 2;
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
    while (microseconds_now() - start < seconds * 1000000) {
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
    assert_true(ticks > seconds * 100);
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

/* --- what a child of fork finds of the threads that it lacks --- */

static atomic_int is_there, may_go;
static const struct mpk_thread *others_block;

/* Is in the domain once, and then waits. */
static void *visit_and_wait(void *memory)
{
    long result;
    *(enum og_error *)memory = call_words("count_up", &result, 0, 0, 0, 0);
    others_block = mpk_thread_self();
    is_there = 1;
    while (!may_go)
        sched_yield();
    return NULL;
}

static void wait_in_callback(void *user, struct og_scope *scope,
                             const struct og_arguments *arguments, struct og_result *result)
{
    (void)user;
    (void)scope;
    (void)arguments;
    (void)result;
    is_there = 1;
    while (!may_go)
        sched_yield();
}

static bool is_for_any_thread;

/* Is in the domain, on the host's side of a callback, and waits there. */
static void *call_back_and_wait(void *memory)
{
    struct og_callback *callback = memory;
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    enum og_error error = og_callback_open(domain, callback, wait_in_callback, NULL, &fault);
    if (is_for_any_thread)
        og_callback_any_thread(callback);
    if (!error)
        (void)CALL(scope, boxed("call_back"), AS(words *)((long)callback->address, 0, 0, 0));
    og_scope_end(&scope);
    return NULL;
}

static void *loop_for_a_deadline(void *memory)
{
    others_block = mpk_thread_self();
    is_there = 1;
    *(enum og_error *)memory = call_words("loop_forever", NULL, 0, 0, 0, 0);
    return NULL;
}

/* In a block that is free again. */
static void *count_up_after_reset(void *memory)
{
    long result = 0;
    if (mpk_thread_self() == others_block && og_domain_reset(domain, &fault) == OG_OK &&
        call_words("count_up", &result, 0, 0, 0, 0) == OG_OK && result == 101)
        *(bool *)memory = true;
    return NULL;
}

/* Forks while another thread is in `other`, and has a new thread of the child use the domain. */
static int new_thread_in_child(void *(*other)(void *), void *memory)
{
    pthread_t thread;
    int status = -1;
    is_there = may_go = 0;
    (void)boxed("count_up");
    assert_int_equal(pthread_create(&thread, NULL, other, memory), 0);
    while (!is_there)
        sched_yield();
    usleep(20000);
    pid_t child = fork();
    if (child == 0) {
        bool worked = false;
        alarm(10);
        if (!pthread_create(&thread, NULL, count_up_after_reset, &worked))
            pthread_join(thread, NULL);
        _exit(!worked);
    }
    may_go = 1;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    pthread_join(thread, NULL);
    reset();
    return status;
}

static void a_new_thread_of_a_child_finds_nothing_of_a_thread_that_was_inside(void **state)
{
    (void)state;
    enum og_error ended = OG_OK;
    (void)boxed("loop_forever");
    assert_int_equal(new_thread_in_child(loop_for_a_deadline, &ended), 0);
    assert_int_equal(ended, OG_DEADLINE);
}

static void a_new_thread_of_a_child_finds_nothing_of_a_thread_that_was_outside(void **state)
{
    (void)state;
    enum og_error ended = OG_SYSTEM;
    assert_int_equal(new_thread_in_child(visit_and_wait, &ended), 0);
    assert_int_equal(ended, OG_OK);
}

static void close_in_child(bool for_any_thread)
{
    static struct og_callback callback;
    pthread_t thread;
    int status = -1;
    is_there = may_go = 0;
    is_for_any_thread = for_any_thread;
    (void)boxed("call_back");
    assert_int_equal(pthread_create(&thread, NULL, call_back_and_wait, &callback), 0);
    while (!is_there)
        sched_yield();
    pid_t child = fork();
    if (child == 0) {
        alarm(10);
        og_callback_close(&callback);
        _exit(0);
    }
    may_go = 1;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    pthread_join(thread, NULL);
    assert_int_equal(status, 0);
    og_callback_close(&callback);
    reset();
}

static void a_child_can_close_a_callback_that_another_thread_was_in(void **state)
{
    (void)state;
    close_in_child(false);
    close_in_child(true);
}

/* --- a signal stack that is taken away --- */

static atomic_int signals;

static void count_signal(int signal)
{
    signals += signal == SIGUSR1;
}

static void *reset_and_fail(void *memory)
{
    struct og_domain *other = memory;
    struct og_scope scope;
    if (og_domain_reset(other, &fault))
        return NULL;
    og_scope_begin(other, &scope);
    (void)CALL(scope, boxed_in(other, "read_word"), AS(words *)((long)&secret, 0, 0, 0));
    og_scope_end(&scope);
    return NULL;
}

static void no_signal_comes_to_the_stack_of_a_domain_that_was_closed(void **state)
{
    (void)state;
    const struct sigaction action = {.sa_handler = count_signal};
    struct sigaction before;
    struct og_domain *other = open_another(library, NULL);
    struct og_scope scope;
    pthread_t thread;
    long value = 0;
    (void)boxed_in(other, "read_word");
    og_scope_begin(other, &scope);
    assert_int_equal(CALL(scope, boxed_in(other, "count_up"), value = AS(words *)(0, 0, 0, 0)),
                     OG_OK);
    og_scope_end(&scope);
    assert_int_equal(value, 101);
    assert_int_equal(pthread_create(&thread, NULL, reset_and_fail, other), 0);
    pthread_join(thread, NULL);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    signals = 0;
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(signals, 1);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

/* --- a handler of the host's that calls in --- */

enum { WORDS = 2048 };
static int torn = -1;

static void call_in_handler(int signal)
{
    volatile long own[WORDS];
    long result;
    for (int i = 0; i < WORDS; i++)
        own[i] = signal + i;
    enum og_error error = call_words("system_call", &result, SYS_getppid, 0, 0, 0);
    torn = error || result != -EPERM;
    for (int i = 0; i < WORDS; i++)
        torn += own[i] != signal + i;
    torn += raise(SIGUSR2) != 0; /* finds the host, with the domain's signal stack armed */
    for (int i = 0; i < WORDS; i++)
        torn += own[i] != signal + i;
}

static int call_in_handler_in_child(void)
{
    const struct sigaction action = {.sa_handler = call_in_handler};
    long result;
    /* Then the domain's signal stack is armed, and the handler runs on the runtime's stack. */
    if (call_words("count_up", &result, 0, 0, 0, 0) || sigaction(SIGUSR1, &action, NULL) ||
        signal(SIGUSR2, count_signal) == SIG_ERR || raise(SIGUSR1))
        return 100;
    return torn ? 1 : 0;
}

static void a_handler_that_calls_in_keeps_its_stack(void **state)
{
    (void)state;
    int status = -1;
    (void)boxed("system_call");
    (void)boxed("count_up");
    pid_t child = fork();
    if (child == 0)
        _exit(call_in_handler_in_child());
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_child_without_forks_handlers_has_closed_domains(void **state)
{
    (void)state;
    long result = 0;
    int status = -1;
    (void)boxed("system_call");
    assert_int_equal(call_words("count_up", &result, 0, 0, 0, 0), OG_OK);
    pid_t child = _Fork();
    if (child == 0) {
        enum og_error error = call_words("system_call", &result, SYS_getppid, 0, 0, 0);
        _exit(error ? 1 : result != -EPERM ? 2 : 0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    reset();
}

/* --- children made past fork --- */

/* As clone makes it: no handler of fork runs, and no system call is trapped. */
static pid_t make_child(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static struct og_function system_call; /* looked up before: that runs foreign code, too */

/* 0: no foreign code runs here, and who calls is told so. */
static int is_open(void)
{
    struct og_scope scope;
    long result = 0;
    og_scope_begin(domain, &scope);
    enum og_error error = CALL(scope, system_call, result = AS(words *)(SYS_getppid, 0, 0, 0));
    og_scope_end(&scope);
    return error != OG_UNSUPPORTED || result || !strstr(fault.message, "made past fork");
}

static void assert_shut_in(pid_t child)
{
    int status = -1;
    if (child == 0) {
        struct og_domain *other;
        int bad = is_open();
        const struct og_options options = {.isolation = OG_MPK};
        bad |= (og_domain_open(&other, (const char *const[]){library, NULL}, &options, &fault) !=
                OG_UNSUPPORTED)
               << 1;
        bad |= !strstr(fault.message, "made past fork") << 2;
        bad |= (og_domain_reset(domain, &fault) != OG_UNSUPPORTED) << 3;
        bad |= (og_domain_close(domain, &fault) != OG_UNSUPPORTED) << 4;
        _exit(bad);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int shut_in_grandchild(void)
{
    int status = -1;
    pid_t child = make_child();
    if (child == 0)
        _exit(is_open());
    waitpid(child, &status, 0);
    return status;
}

static void a_child_made_past_fork_runs_no_foreign_code(void **state)
{
    (void)state;
    long result = 0;
    int status = -1;
    system_call = boxed("system_call");
    assert_int_equal(call_words("count_up", &result, 0, 0, 0, 0), OG_OK);
    assert_shut_in(make_child());
    pid_t child = fork();
    if (child == 0)
        _exit(call_words("system_call", &result, SYS_getppid, 0, 0, 0) != OG_OK ||
              result != -EPERM || shut_in_grandchild());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_shut_in(make_child()); /* after fork, as before */
    child = _Fork();
    if (child == 0)
        _exit(shut_in_grandchild() != 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_shut_in(make_child());
    assert_works_after_reset();
    assert_shut_in(make_child());
}

static void *fork_and_call(void *memory)
{
    pid_t (*const ways[])(void) = {fork, _Fork};
    int *status = memory;
    if (call_words("count_up", NULL, 0, 0, 0, 0))
        return NULL;
    for (size_t i = 0; i < 2; i++) {
        pid_t child = ways[i]();
        if (child == 0)
            _exit(call_words("count_up", NULL, 0, 0, 0, 0) != OG_OK || shut_in_grandchild());
        waitpid(child, &status[i], 0);
    }
    return NULL;
}

/* Who comes later has a foreign stack that was made for it. */
static void a_child_of_fork_by_a_later_thread_has_its_stack(void **state)
{
    (void)state;
    pthread_t thread;
    int status[2] = {-1, -1};
    system_call = boxed("system_call");
    assert_int_equal(call_words("count_up", NULL, 0, 0, 0, 0), OG_OK);
    assert_int_equal(pthread_create(&thread, NULL, fork_and_call, status), 0);
    pthread_join(thread, NULL);
    assert_int_equal(status[0], 0);
    assert_int_equal(status[1], 0);
}

static pid_t made;

static void make_child_here(void *user, struct og_scope *scope,
                            const struct og_arguments *arguments, struct og_result *result)
{
    (void)user, (void)scope, (void)arguments;
    made = make_child();
    result->integer = 1;
}

static void a_child_made_past_fork_in_a_callback_ends_where_it_returns(void **state)
{
    (void)state;
    struct og_callback callback;
    int status = -1;
    assert_int_equal(og_callback_open(domain, &callback, make_child_here, NULL, &fault), OG_OK);
    long result = 0;
    enum og_error error = call_words("call_back", &result, (long)callback.address, 0, 0, 0);
    if (made == 0)
        _exit(result ? OG_OK : error); /* the library has gone on where it returns something */
    assert_int_equal(result, 1);
    assert_int_equal(error, OG_OK);
    assert_int_equal(waitpid(made, &status, 0), made);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), OG_UNSUPPORTED);
    og_callback_close(&callback);
    reset();
}

static void make_child_in_handler(int signal)
{
    (void)signal;
    if (made < 0)
        made = make_child();
}

static void a_child_made_past_fork_in_a_handler_does_not_go_on_in_the_library(void **state)
{
    (void)state;
    int status = -1;
    const struct itimerval soon = {.it_value = {0, 100000}};
    struct og_function spin = boxed("loop_forever");
    struct og_scope scope;
    assert_ptr_equal(signal(SIGALRM, make_child_in_handler), SIG_DFL);
    made = -1;
    og_scope_begin(domain, &scope);
    setitimer(ITIMER_REAL, &soon, NULL);
    enum og_error error = CALL(scope, spin, AS(words *)(0, 0, 0, 0));
    og_scope_end(&scope);
    if (made == 0)
        _exit(error != OG_UNSUPPORTED || !strstr(fault.message, "made past fork"));
    assert_int_equal(error, OG_DEADLINE);
    assert_true(made > 0);
    assert_int_equal(waitpid(made, &status, 0), made);
    assert_exited_well(status);
    assert_ptr_equal(signal(SIGALRM, SIG_DFL), make_child_in_handler);
    assert_works_after_reset();
}

/* --- signals of children --- */

static volatile sig_atomic_t handled;

static void handle(int signal)
{
    (void)signal;
    handled++;
}

/* 0: the library's faults end calls, its system calls are refused, and the kernel writes frames
 * where the runtime says. */
static int check_signals(struct og_function asks, struct og_function reads)
{
    struct og_scope scope;
    stack_t stack;
    long result = 0;
    og_scope_begin(domain, &scope);
    enum og_error calls = CALL(scope, asks, result = AS(words *)(SYS_getppid, 0, 0, 0));
    int bad = syscall(SYS_sigaltstack, NULL, &stack) || stack.ss_flags & SS_DISABLE ||
              stack.ss_size != MPK_SIGNAL_STACK;
    enum og_error faults = CALL(scope, reads, (void)AS(words *)(8, 0, 0, 0));
    og_scope_end(&scope);
    return calls ? 1 : result != -EPERM ? 2 : bad ? 3 : faults != OG_FAULTED ? 4 : handled ? 5 : 0;
}

static void handlers_that_a_child_installs_are_not_the_kernels(void **state)
{
    (void)state;
    pid_t (*const ways[])(void) = {fork, _Fork};
    struct og_function calls = boxed("system_call"), reads = boxed("read_word");
    sighandler_t of_cmocka = signal(SIGSEGV, SIG_DFL);
    handled = 0;
    for (size_t i = 0; i < 2; i++) {
        int status = -1;
        pid_t child = ways[i]();
        if (child == 0) {
            signal(SIGSEGV, handle);
            _exit(signal(SIGSEGV, handle) != handle ? 6 : check_signals(calls, reads));
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_exited_well(status);
    }
    signal(SIGSEGV, of_cmocka);
}

static bool sets_signals;

/* Before the runtime has put the child right. */
static void set_signals_early(void)
{
    const stack_t none = {.ss_flags = SS_DISABLE};
    sigset_t all;
    if (!sets_signals)
        return;
    sigfillset(&all);
    signal(SIGSEGV, handle);
    sigaltstack(&none, NULL);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static void what_a_child_sets_before_the_runtime_is_not_the_kernels(void **state)
{
    (void)state;
    struct og_function calls = boxed("system_call"), reads = boxed("read_word");
    int status = -1;
    handled = 0;
    (void)call_words("count_up", NULL, 0, 0, 0, 0);
    sets_signals = true;
    pid_t child = fork();
    sets_signals = false;
    if (child == 0) {
        sigset_t now;
        pthread_sigmask(SIG_BLOCK, NULL, &now);
        _exit(sigismember(&now, SIGSYS) != 1 || signal(SIGSEGV, handle) != handle
                  ? 6
                  : check_signals(calls, reads));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_exited_well(status);
}

static void a_child_of__Fork_closes_a_domain_with_a_deadline(void **state)
{
    (void)state;
    int status = -1;
    (void)call_words("count_up", NULL, 0, 0, 0, 0);
    pid_t child = _Fork();
    if (child == 0) {
        alarm(60); /* the clock that it would wait for is its parent's */
        _exit(og_domain_close(domain, &fault) != OG_OK);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_exited_well(status);
}

/* --- children that go on where a handler has made them --- */

static pid_t (*make_process)(void);
static volatile pid_t made_in_handler;

static void make_process_in_handler(int signal)
{
    (void)signal;
    made_in_handler = make_process();
    if (made_in_handler == 0)
        alarm(60); /* it must not hang */
}

static void take_signal(int signal, void (*handler)(int))
{
    const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    assert_int_equal(sigaction(signal, &action, NULL), 0);
}

static int make_process_soon(pid_t (*way)(void), long milliseconds)
{
    const struct itimerval soon = {{0, 0}, {0, milliseconds * 1000}};
    make_process = way;
    made_in_handler = -1;
    return setitimer(ITIMER_REAL, &soon, NULL);
}

/* What is loaded is in memory that a child would share. */
static void a_child_made_while_a_domain_loads_does_not_load_it_too(void **state)
{
    (void)state;
    pid_t (*const ways[])(void) = {fork, _Fork, make_child};
    const long moments[] = {60, 120}; /* in the loader, and in the constructor */
    const struct og_options options = {.isolation = OG_MPK, .deadline_ms = 30000};
    char path[sizeof(library)];
    beside_library(path, "libogbeats.so");
    take_signal(SIGALRM, make_process_in_handler);
    for (size_t i = 0; i < 6; i++) {
        struct og_domain *other;
        struct og_scope scope;
        long others = -1;
        int status = -1;
        assert_int_equal(make_process_soon(ways[i / 2], moments[i % 2]), 0);
        enum og_error error =
            og_domain_open(&other, (const char *const[]){path, NULL}, &options, &fault);
        if (made_in_handler == 0)
            _exit(error != OG_UNSUPPORTED);
        assert_int_equal(error, OG_OK);
        assert_true(made_in_handler > 0);
        struct og_function beats = boxed_in(other, "beats_of_others");
        og_scope_begin(other, &scope);
        assert_int_equal(CALL(scope, beats, others = AS(words *)(0, 0, 0, 0)), OG_OK);
        og_scope_end(&scope);
        assert_int_equal(waitpid(made_in_handler, &status, 0), made_in_handler);
        assert_int_equal(others, 0);
        assert_exited_well(status);
        assert_int_equal(og_domain_close(other, &fault), OG_OK);
    }
    signal(SIGALRM, SIG_DFL);
}

/* What all domains' files hold, in blocks, and how many they are. */
static size_t blocks_of_domains(int *files)
{
    size_t blocks = 0;
    *files = 0;
    char link[64], name[64];
    struct stat status;
    for (int file = 0; file < 1024; file++) {
        snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
        ssize_t length = readlink(link, name, sizeof(name) - 1);
        name[length > 0 ? length : 0] = '\0';
        if (!strstr(name, "omniglot-domain") || fstat(file, &status))
            continue;
        blocks += (size_t)status.st_blocks;
        ++*files;
    }
    return blocks;
}

static bool copies_soon;
static int end_of_copy, files_before;
static size_t blocks_before, blocks_after;

/* The linker has the runtime's calls of mpk_allocate come here: the first that a domain's arena
 * makes is made when its file is there and holds nothing yet. */
void *__real_mpk_allocate(size_t count, size_t size);
void *__wrap_mpk_allocate(size_t count, size_t size);
void *__wrap_mpk_allocate(size_t count, size_t size)
{
    int files = 0;
    size_t blocks = copies_soon ? blocks_of_domains(&files) : 0;
    if (files > files_before) {
        copies_soon = false;
        blocks_before = blocks;
        made_in_handler = make_child();
        if (made_in_handler > 0 && waitpid(made_in_handler, &end_of_copy, 0) == made_in_handler)
            blocks_after = blocks_of_domains(&files);
    }
    return __real_mpk_allocate(count, size);
}

/* Nor writes what its maker is about to load. */
static void a_child_made_before_a_domain_loads_writes_nothing_of_it(void **state)
{
    (void)state;
    struct og_domain *other;
    const struct og_options options = {.isolation = OG_MPK};
    char path[sizeof(library)];
    beside_library(path, "libogbeats.so");
    (void)boxed("count_up");
    (void)blocks_of_domains(&files_before);
    copies_soon = true;
    made_in_handler = end_of_copy = -1;
    enum og_error error =
        og_domain_open(&other, (const char *const[]){path, NULL}, &options, &fault);
    if (made_in_handler == 0)
        _exit(error != OG_UNSUPPORTED);
    assert_int_equal(error, OG_OK);
    assert_int_equal(end_of_copy, 0);
    assert_int_equal(blocks_after, blocks_before);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

static void *open_slowly(void *memory)
{
    char path[sizeof(library)], variable[sizeof(library) + 32];
    struct og_fault mine;
    beside_library(path, "libogshares.so");
    snprintf(variable, sizeof(variable), "OG_TEST_LIBRARY=%s", path);
    const struct og_options options = {.isolation = OG_MPK,
                                       .environment = (const char *const[]){variable, NULL}};
    assert_int_equal(og_domain_open(memory, (const char *const[]){path, NULL}, &options, &mine),
                     OG_OK);
    return NULL;
}

/* How many shared mappings there are of what domains are loaded into, and in *changed whether one
 * can be executed that holds a WRPKRU. */
static int shared_with_others(bool *changed)
{
    char line[512], rights[5];
    int count = 0;
    uintptr_t start, end;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%lx %4s", &start, &end, rights) != 3 || rights[3] != 's' ||
            !strstr(line, "omniglot-domain"))
            continue;
        count++;
        /* By bytes: four at once would be a WRPKRU of the test's. */
        for (uintptr_t at = start; rights[2] == 'x' && at < end; at += MPK_PAGE) {
            const volatile unsigned char *code = (const volatile unsigned char *)at;
            *changed |= code[0] == 0x0f && code[1] == 0x01 && code[2] == 0xef && code[3] == 0xc3;
        }
    }
    fclose(maps);
    return count;
}

/* Its own domains work; a library could jump there. */
static void a_child_shares_nothing_of_a_domain_that_another_thread_opens(void **state)
{
    (void)state;
    pid_t (*const ways[])(void) = {fork, _Fork};
    (void)boxed("count_up");
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct og_domain *other = NULL;
        pthread_t thread;
        int status = -1;
        long result;
        bool changed = false;
        assert_int_equal(pthread_create(&thread, NULL, open_slowly, &other), 0);
        while (!shared_with_others(&changed))
            usleep(10000);
        usleep(1000000); /* until its constructor runs, on most machines */
        pid_t child = ways[i]();
        if (child == 0) {
            usleep(1500000);
            bool works = call_words("count_up", &result, 0, 0, 0, 0) == OG_OK;
            int shared = shared_with_others(&changed);
            _exit((works ? 0 : 1) | (shared > 0) << 1 | changed << 2);
        }
        pthread_join(thread, NULL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        assert_int_equal(og_domain_close(other, &fault), OG_OK);
    }
    reset();
}

static void *wait_for_the_domain(void *memory)
{
    struct og_scope scope;
    long value;
    og_scope_begin(domain, &scope);
    *(enum og_error *)memory = CALL(scope, system_call, value = AS(words *)(SYS_getppid, 0, 0, 0));
    (void)value;
    og_scope_end(&scope);
    if (made_in_handler == 0)
        _exit(*(enum og_error *)memory != OG_POISONED);
    return NULL;
}

/* The thread that has the domain is not there. */
static void a_child_made_while_its_thread_waits_for_a_domain_does_not_wait(void **state)
{
    (void)state;
    struct og_scope scope;
    struct og_turn *turn = &((struct mpk_domain *)domain)->turn;
    enum og_error error = OG_BUSY;
    pthread_t thread;
    int status = -1;
    system_call = boxed("system_call");
    make_process = fork;
    made_in_handler = -1;
    take_signal(SIGUSR1, make_process_in_handler);
    og_scope_begin(domain, &scope);
    assert_int_equal(CALL(scope, system_call, (void)AS(words *)(SYS_getppid, 0, 0, 0)), OG_OK);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_the_domain, &error), 0);
    while (__atomic_load_n(&turn->next, __ATOMIC_RELAXED) ==
           __atomic_load_n(&turn->serving, __ATOMIC_RELAXED))
        usleep(1000);
    usleep(100000);
    assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
    while (made_in_handler < 0)
        usleep(1000);
    assert_int_equal(waitpid(made_in_handler, &status, 0), made_in_handler);
    og_scope_end(&scope);
    pthread_join(thread, NULL);
    assert_int_equal(error, OG_OK);
    assert_exited_well(status);
    signal(SIGUSR1, SIG_DFL);
    reset();
}

/* Code that thunks are is the parent's memory. */
static void a_child_of__Fork_makes_no_thunks_of_its_parents(void **state)
{
    (void)state;
    long value = 0;
    int go[2], status = -1;
    char byte = 0;
    struct og_function function;
    struct og_domain *other = open_another(NULL, NULL);
    assert_int_equal(pipe(go), 0);
    (void)boxed_in(other, "system_call");
    pid_t child = _Fork();
    if (child == 0) {
        (void)!read(go[0], &byte, 1);
        _exit(og_domain_lookup(other, "system_call", &function, &fault) != OG_OK ||
              og_domain_lookup(other, "count_per_thread", &function, &fault) != OG_NO_MEMORY);
    }
    function = boxed_in(other, "count_up");
    assert_int_equal(write(go[1], &byte, 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    struct og_scope scope;
    og_scope_begin(other, &scope);
    assert_int_equal(CALL(scope, function, value = AS(words *)(0, 0, 0, 0)), OG_OK);
    og_scope_end(&scope);
    assert_int_equal(value, 101);
    assert_exited_well(status);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
}

/* --- what runs while the process forks --- */

/* What has been given pthread_atfork before the runtime has runs in the child before that. */
static struct early {
    struct og_scope *scope; /* one that is open; NULL: it begins its own */
    struct og_function function;
    enum og_error error;
    long result;
} early;

/* (The analysis does not see which scope is open.) */
static void call_in_early(void) OG_NO_ANALYSIS
{
    struct og_scope own, *scope = early.scope ? early.scope : &own;
    if (!early.function.domain)
        return;
    if (scope == &own)
        og_scope_begin(early.function.domain, &own);
    early.error = CALL(*scope, early.function, early.result = AS(words *)(SYS_getppid, 0, 0, 0));
    if (scope == &own)
        og_scope_end(&own);
}

/* In the child: 0, or what was wrong. */
static int check_early(void)
{
    if (early.error != OG_POISONED || early.result)
        return 1;
    early = (struct early){.scope = early.scope, .function = early.function};
    call_in_early();
    return early.error ? 2 : early.result != -EPERM ? 3 : 0;
}

static void fork_and_call_in_early(struct og_scope *scope, struct og_function function)
{
    early = (struct early){.scope = scope, .function = function};
    pid_t child = fork();
    if (child == 0)
        _exit(check_early());
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_exited_well(status);
    /* The parent's is as it was. */
    assert_int_equal(early.error, OG_OK);
    call_in_early();
    assert_int_equal(early.error, OG_OK);
    assert_int_equal(early.result, -EPERM);
    early.function.domain = NULL;
}

static void *open_elsewhere(void *function)
{
    *(struct og_function *)function = boxed_in(open_another(NULL, NULL), "system_call");
    return NULL;
}

static void no_library_runs_in_a_child_before_its_system_calls_are_trapped(void **state)
{
    (void)state;
    struct og_scope scope;
    struct og_function function = boxed("system_call");
    pthread_t thread;
    fork_and_call_in_early(NULL, function);
    og_scope_begin(domain, &scope);
    fork_and_call_in_early(&scope, function);
    og_scope_end(&scope);
    /* In a domain that the thread has never been in, too. */
    assert_int_equal(pthread_create(&thread, NULL, open_elsewhere, &function), 0);
    pthread_join(thread, NULL);
    fork_and_call_in_early(NULL, function);
    assert_int_equal(og_domain_close(function.domain, &fault), OG_OK);
}

/* From now on the process cannot ask for a dispatch. */
static bool forbid_prctl(void)
{
    return filter_system_call(SYS_prctl, -1, 0, SECCOMP_RET_ERRNO | EPERM);
}

static void a_child_that_gets_no_dispatch_enters_no_domain(void **state)
{
    (void)state;
    int status = -1;
    struct og_function outside = boxed("system_call");
    pid_t child = fork();
    if (child == 0) {
        if (!forbid_prctl())
            _exit(3);
        pid_t grandchild = fork();
        if (grandchild == 0) {
            struct og_scope scope;
            og_scope_begin(domain, &scope);
            _exit(CALL(scope, outside, (void)AS(words *)(SYS_getppid, 0, 0, 0)) == OG_OK);
        }
        _exit(grandchild < 0 || waitpid(grandchild, &status, 0) != grandchild ? 4 : status != 0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* From now on what starts there cannot be replaced. */
static bool forbid_mapping_over(uintptr_t address)
{
    const uint32_t halves[] = {(uint32_t)address, (uint32_t)(address >> 32)};
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, halves[0], 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, halves[1], 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof(code) / sizeof(code[0]), code};
    return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
           !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

/* In a process of its own, which then has the filter. 0: the next domain has not got the key that
 * the signal stack of the first one still has. */
static int open_after_a_refusal(void)
{
    struct og_domain *first = open_another(NULL, NULL);
    struct og_scope scope;
    stack_t stack;
    og_scope_begin(first, &scope);
    enum og_error error =
        CALL(scope, boxed_in(first, "count_per_thread"), (void)AS(words *)(0, 0, 0, 0));
    og_scope_end(&scope);
    /* The kernel's word, not the C library's. */
    if (error || syscall(SYS_sigaltstack, NULL, &stack) || !stack.ss_sp)
        return 1;
    if (!forbid_mapping_over((uintptr_t)stack.ss_sp) || og_domain_close(first, &fault))
        return 2;
    struct og_domain *next = open_another(NULL, NULL);
    og_scope_begin(next, &scope);
    error =
        CALL(scope, boxed_in(next, "write_word"), (void)AS(words *)((long)stack.ss_sp, 0, 0, 0));
    og_scope_end(&scope);
    return error != OG_FAULTED ? 3 : 0;
}

/* Where the kernel writes frames with the interrupted rights, a signal stack has its domain's key.
 */
static void a_key_that_a_page_still_has_is_not_the_next_domains(void **state)
{
    (void)state;
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(open_after_a_refusal());
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void *call_in_block(void *block)
{
    long result;
    bool works = call_words("count_up", &result, 0, 0, 0, 0) == OG_OK;
    *(struct mpk_thread **)block = works ? mpk_thread_self() : NULL;
    return NULL;
}

static void *call_in_block_that_stays(void *block)
{
    struct mpk_thread **place = block;
    call_in_block(block);
    if (*place && !forbid_mapping_over((uintptr_t)*place))
        *place = NULL;
    return block;
}

static struct mpk_thread *block_of_thread(void *(*start)(void *))
{
    struct mpk_thread *block = NULL;
    pthread_t thread;
    if (!pthread_create(&thread, NULL, start, &block))
        pthread_join(thread, NULL);
    return block;
}

/* What is left of a thread, its secret too, is not what another begins with. */
static void a_thread_block_that_cannot_be_unmapped_is_nobodys(void **state)
{
    (void)state;
    (void)boxed("count_up");
    struct mpk_thread *first = block_of_thread(call_in_block);
    assert_non_null(first);
    assert_ptr_equal(block_of_thread(call_in_block_that_stays), first);
    struct mpk_thread *next = block_of_thread(call_in_block);
    assert_non_null(next);
    assert_ptr_not_equal(next, first);
    reset();
}

/* As libraries do that find the C library's in their way. The kernel writes the area whenever it
 * interrupts the thread, and ends the process where it cannot: with a domain's rights. */
static void *call_with_an_area_of_its_own(void *function)
{
    struct og_scope scope;
    enum og_error error = OG_OK;
    static struct rseq own __attribute__((aligned(32)));
    void *glibcs = (char *)__builtin_thread_pointer() + __rseq_offset;
    syscall(SYS_rseq, glibcs, sizeof(own), RSEQ_FLAG_UNREGISTER, RSEQ_SIG); /* if it is there */
    if (!syscall(SYS_rseq, &own, sizeof(own), 0, RSEQ_SIG)) {
        og_scope_begin(domain, &scope);
        error = CALL(scope, *(struct og_function *)function, AS(words *)(0, 0, 0, 0));
        og_scope_end(&scope);
    }
    return (void *)(uintptr_t)error;
}

static void a_thread_with_an_area_of_its_own_for_the_kernel_makes_no_calls(void **state)
{
    (void)state;
    void *error;
    pthread_t thread;
    struct og_function function = boxed("loop_forever");
    assert_int_equal(pthread_create(&thread, NULL, call_with_an_area_of_its_own, &function), 0);
    pthread_join(thread, &error);
    assert_int_equal((uintptr_t)error, OG_UNSUPPORTED);
    assert_non_null(strstr(fault.message, "rseq"));
    assert_works_after_reset();
}

/* The kernel's answer to whether the thread has a shadow stack, as it is where it has. */
enum { SHADOW_STACK_STATUS = 0x5005 };

static void say_that_it_has(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)signal, (void)info;
    *(uint64_t *)registers[REG_RSI] = 1;
    registers[REG_RAX] = 0;
}

static bool pretend_shadow_stacks(void)
{
    struct sigaction action = {.sa_sigaction = say_that_it_has, .sa_flags = SA_SIGINFO};
    return !sigaction(SIGSYS, &action, NULL) &&
           filter_system_call(SYS_arch_prctl, 0, SHADOW_STACK_STATUS, SECCOMP_RET_TRAP);
}

static void *call_with_a_shadow_stack(void *function)
{
    struct og_scope scope;
    og_scope_begin(domain, &scope);
    enum og_error error = CALL(scope, *(struct og_function *)function, AS(words *)(0, 0, 0, 0));
    og_scope_end(&scope);
    return (void *)(uintptr_t)(error == OG_UNSUPPORTED && strstr(fault.message, "shadow stack"));
}

/* With one the first call would end the process. */
static void a_thread_with_a_shadow_stack_makes_no_calls(void **state)
{
    (void)state;
    int status = -1;
    struct og_function function = boxed("count_up");
    pid_t child = fork();
    if (child == 0) {
        void *is_refused = NULL;
        pthread_t thread;
        if (!pretend_shadow_stacks() ||
            pthread_create(&thread, NULL, call_with_a_shadow_stack, &function))
            _exit(2);
        pthread_join(thread, &is_refused);
        _exit(!is_refused);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Before the runtime's own. */
static void begin(void)
{
    pthread_atfork(NULL, NULL, call_in_early);
    pthread_atfork(NULL, NULL, set_signals_early);
}
__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = begin;

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_with_an_area_of_its_own_for_the_kernel_makes_no_calls),
        cmocka_unit_test(a_thread_with_a_shadow_stack_makes_no_calls),
        cmocka_unit_test(threads_have_stacks_and_thread_variables_of_their_own),
        cmocka_unit_test(reset_brings_back_where_thread_variables_are),
        cmocka_unit_test(ticks_lose_no_call_and_no_tick),
        cmocka_unit_test(a_child_of_fork_has_working_and_closed_domains),
        cmocka_unit_test(a_new_thread_of_a_child_finds_nothing_of_a_thread_that_was_inside),
        cmocka_unit_test(a_new_thread_of_a_child_finds_nothing_of_a_thread_that_was_outside),
        cmocka_unit_test(a_child_can_close_a_callback_that_another_thread_was_in),
        cmocka_unit_test(no_signal_comes_to_the_stack_of_a_domain_that_was_closed),
        cmocka_unit_test(a_handler_that_calls_in_keeps_its_stack),
        cmocka_unit_test(a_child_without_forks_handlers_has_closed_domains),
        cmocka_unit_test(a_child_made_past_fork_runs_no_foreign_code),
        cmocka_unit_test(a_child_of_fork_by_a_later_thread_has_its_stack),
        cmocka_unit_test(a_child_made_past_fork_in_a_callback_ends_where_it_returns),
        cmocka_unit_test(a_child_made_past_fork_in_a_handler_does_not_go_on_in_the_library),
        cmocka_unit_test(handlers_that_a_child_installs_are_not_the_kernels),
        cmocka_unit_test(what_a_child_sets_before_the_runtime_is_not_the_kernels),
        cmocka_unit_test(a_child_of__Fork_closes_a_domain_with_a_deadline),
        cmocka_unit_test(a_child_made_while_a_domain_loads_does_not_load_it_too),
        cmocka_unit_test(a_child_made_before_a_domain_loads_writes_nothing_of_it),
        cmocka_unit_test(a_child_shares_nothing_of_a_domain_that_another_thread_opens),
        cmocka_unit_test(a_child_made_while_its_thread_waits_for_a_domain_does_not_wait),
        cmocka_unit_test(a_child_of__Fork_makes_no_thunks_of_its_parents),
        cmocka_unit_test(no_library_runs_in_a_child_before_its_system_calls_are_trapped),
        cmocka_unit_test(a_child_that_gets_no_dispatch_enters_no_domain),
        cmocka_unit_test(a_key_that_a_page_still_has_is_not_the_next_domains),
        cmocka_unit_test(a_thread_block_that_cannot_be_unmapped_is_nobodys),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
