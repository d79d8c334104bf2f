/* Domains that come and go: many at once, nested in each other, reset and closed while threads are
 * inside or exit; and what is left of them afterwards, which is nothing. */
#include "mpk-test.h"
#include "omniglot/mpk/mpk.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DOMAINS = 14 /* that keys allow, `domain` among them */ };

static enum og_error count_in(struct og_domain *other, long *value)
{
    struct og_function function;
    struct og_scope scope;
    enum og_error error = og_domain_lookup(other, "count_up", &function, &fault);
    if (error)
        return error;
    og_scope_begin(other, &scope);
    error = CALL(scope, function, *value = AS(words *)(0, 0, 0, 0));
    og_scope_end(&scope);
    return error;
}

/* --- how many --- */

static void as_many_domains_as_keys_work_at_once(void **state)
{
    (void)state;
    struct og_domain *domains[DOMAINS] = {domain}, *one_more;
    const struct og_options options = {.isolation = OG_MPK};
    long value = 0;
    for (int i = 1; i < DOMAINS; i++)
        domains[i] = open_another(NULL, NULL);
    assert_int_equal(
        og_domain_open(&one_more, (const char *const[]){library, NULL}, &options, &fault),
        OG_NO_MEMORY);
    assert_null(one_more);
    assert_non_null(strstr(fault.message, "14 domains"));
    for (long round = 1; round <= 3; round++) {
        for (int i = 0; i < DOMAINS; i++) {
            assert_int_equal(count_in(domains[i], &value), OG_OK);
            assert_int_equal(value, 100 + round);
        }
    }
    for (int i = 1; i < DOMAINS; i++)
        assert_int_equal(og_domain_close(domains[i], &fault), OG_OK);
    reset();
}

/* --- what is left --- */

static void reset_often(void)
{
    long value;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(count_in(domain, &value), OG_OK);
        assert_int_equal(value, 101);
        assert_int_equal(og_domain_reset(domain, &fault), OG_OK);
    }
}

static void a_thousand_resets_leak_nothing(void **state)
{
    (void)state;
    reset();
    assert_true(leaves_nothing(reset_often));
}

/* With OG_STRESS set a thousand times, or else as often as there is time for. */
static void open_and_close_often(void)
{
    int rounds = getenv("OG_STRESS") ? 1000 : 20;
    long value;
    for (int i = 0; i < rounds; i++) {
        struct og_domain *other = open_another(NULL, NULL);
        assert_int_equal(count_in(other, &value), OG_OK);
        assert_int_equal(value, 101);
        assert_int_equal(og_domain_close(other, &fault), OG_OK);
    }
}

static void opening_and_closing_leaks_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(og_domain_close(open_another(NULL, NULL), &fault), OG_OK);
    assert_true(leaves_nothing(open_and_close_often));
}

/* --- constructors and destructors --- */

static void note(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                 struct og_result *result)
{
    (void)scope, (void)result;
    *(long *)user = (long)arguments->integers[0];
}

static void constructors_and_destructors_run(void **state)
{
    (void)state;
    struct og_domain *other = open_another(NULL, NULL);
    struct og_callback callback;
    struct og_scope scope;
    long value = 0, noted = 0;
    assert_int_equal(og_callback_open(other, &callback, note, &noted, &fault), OG_OK);
    og_scope_begin(other, &scope);
    assert_int_equal(CALL(scope, boxed_in(other, "call_at_the_end"),
                          value = AS(words *)((long)callback.address, 0, 0, 0)),
                     OG_OK);
    og_scope_end(&scope);
    assert_int_equal(value, 11);
    assert_int_equal(noted, 0);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
    assert_int_equal(noted, 11);
    assert_null(callback.domain);
}

/* --- nested --- */

static struct og_domain *inner_domain;
static struct og_callback outer_callback, inner_callback;

static void enter_first_again(void *user, struct og_scope *scope,
                              const struct og_arguments *arguments, struct og_result *result)
{
    long value = 0;
    (void)user, (void)scope;
    assert_int_equal(count_in(domain, &value), OG_OK);
    result->integer = (uintptr_t)value * 10 + arguments->integers[0];
}

static void enter_second(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                         struct og_result *result)
{
    struct og_scope inner;
    long value = 0;
    (void)user, (void)scope;
    og_scope_begin(inner_domain, &inner);
    enum og_error error = CALL(inner, boxed_in(inner_domain, "call_back"),
                               value = AS(long (*)(uintptr_t, long, long, double))(
                                   inner_callback.address, (long)arguments->integers[0], 0, 0));
    og_scope_end(&inner);
    assert_int_equal(error, OG_OK);
    result->integer = (uintptr_t)value;
}

/* host -> first -> host -> second -> host -> first. */
static void domains_nest_through_the_host(void **state)
{
    (void)state;
    struct og_scope scope;
    long value = 0;
    inner_domain = open_another(NULL, NULL);
    assert_int_equal(og_callback_open(domain, &outer_callback, enter_second, NULL, &fault), OG_OK);
    assert_int_equal(
        og_callback_open(inner_domain, &inner_callback, enter_first_again, NULL, &fault), OG_OK);
    og_scope_begin(domain, &scope);
    for (long i = 1; i <= 50; i++) {
        assert_int_equal(CALL(scope, boxed("call_back"),
                              value = AS(long (*)(uintptr_t, long, long, double))(
                                  outer_callback.address, i, 0, 0)),
                         OG_OK);
        assert_int_equal(value, (100 + i) * 10 + i);
    }
    og_scope_end(&scope);
    og_callback_close(&outer_callback);
    og_callback_close(&inner_callback);
    assert_int_equal(og_domain_close(inner_domain, &fault), OG_OK);
    reset();
}

/* --- reset and close, and other threads --- */

static atomic_bool stop;
static atomic_long right, refused, torn;

/* Sums what it wrote, in calls that must see it whole or not be made. */
static void *sum_in_domain(void *memory)
{
    enum { COUNT = 64 };
    struct og_function find;
    (void)memory;
    if (og_domain_lookup(domain, "find_word", &find, &(struct og_fault){0}))
        atomic_fetch_add(&torn, 1);
    while (!atomic_load(&stop)) {
        struct og_fault mine = {0};
        struct og_scope scope;
        long values[COUNT], found = -2;
        for (long i = 0; i < COUNT; i++)
            values[i] = i + 1;
        og_scope_begin(domain, &scope);
        long og_mut *place = og_alloc(&scope, long, COUNT, &mine);
        enum og_error error = mine.error;
        if (place)
            error = og_write_array(&scope.access, place, values, COUNT, &mine);
        if (!error)
            error = og_invoke_begin(&scope.access, &find, &mine);
        if (!error) {
            found = ((words *)find.entry)((long)og_writable_address(place), COUNT, COUNT, 0);
            error = og_invoke_end(&scope.access, &mine);
        }
        if (!error)
            atomic_fetch_add(found == COUNT - 1 ? &right : &torn, 1);
        else
            atomic_fetch_add(error == OG_SCOPE ? &refused : &torn, 1);
        og_scope_end(&scope);
    }
    return NULL;
}

static void reset_never_tears_what_other_threads_do(void **state)
{
    (void)state;
    pthread_t threads[3];
    long done = 0, busy = 0;
    reset();
    atomic_store(&stop, false);
    atomic_store(&right, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sum_in_domain, NULL), 0);
    for (int i = 0; i < 100000 && (done < 200 || atomic_load(&right) < 1000); i++) {
        enum og_error error = og_domain_reset(domain, &fault);
        done += error == OG_OK;
        busy += error == OG_BUSY;
        assert_true(error == OG_OK || error == OG_BUSY);
        if (error)
            usleep(50);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&torn), 0);
    assert_true(atomic_load(&right) > 0 && done > 0 && busy > 0);
    reset();
}

static struct og_domain *passing;

static void *count_and_exit(void *memory)
{
    struct og_function function;
    struct og_scope scope;
    struct og_fault mine;
    if (og_domain_lookup(passing, "count_per_thread", &function, &mine))
        return NULL;
    og_scope_begin(passing, &scope);
    if (!og_invoke_begin(&scope.access, &function, &mine)) {
        *(long *)memory = ((words *)function.entry)(0, 0, 0, 0);
        if (og_invoke_end(&scope.access, &mine))
            *(long *)memory = -1;
    }
    og_scope_end(&scope);
    return NULL;
}

/* The thread's exit and the close find the same context. */
static void a_thread_can_exit_while_its_domain_is_closed(void **state)
{
    (void)state;
    for (int round = 0; round < 30; round++) {
        pthread_t thread;
        long value = 0;
        passing = open_another(NULL, NULL);
        assert_int_equal(pthread_create(&thread, NULL, count_and_exit, &value), 0);
        /* Before or after its scope: the thread may be anywhere after it. */
        while (!*(volatile long *)&value)
            usleep(10);
        enum og_error error;
        while ((error = og_domain_close(passing, &fault)) == OG_BUSY)
            usleep(10);
        assert_int_equal(error, OG_OK);
        pthread_join(thread, NULL);
        assert_int_equal(value, 6);
    }
}

static atomic_int turn;

/* Enters one domain after another, each of which the main thread has closed in between. */
static void *follow(void *memory)
{
    long *wrong = memory;
    for (int i = 1; i < 40; i += 2) {
        long value = 0;
        while (atomic_load(&turn) != i)
            usleep(10);
        count_and_exit(&value);
        *wrong += value != 6;
        atomic_store(&turn, i + 1);
    }
    return NULL;
}

/* The number of a closed domain is given to the next: what a thread knew of it must not stay. */
static void a_domain_that_another_thread_closed_is_forgotten(void **state)
{
    (void)state;
    pthread_t thread;
    long wrong = 0;
    atomic_store(&turn, 0);
    assert_int_equal(pthread_create(&thread, NULL, follow, &wrong), 0);
    for (int i = 0; i < 40; i += 2) {
        passing = open_another(NULL, NULL);
        atomic_store(&turn, i + 1);
        while (atomic_load(&turn) != i + 2)
            usleep(10);
        assert_int_equal(og_domain_close(passing, &fault), OG_OK);
    }
    pthread_join(thread, NULL);
    assert_int_equal(wrong, 0);
}

/* --- signals of a thread that has left its domains --- */

static volatile sig_atomic_t handled;

static void handle(int signal)
{
    handled += getppid() > 0 && signal == SIGUSR1; /* a system call */
    if (handled == 1)
        raise(SIGUSR1); /* another, when this one returns */
}

/* Closing a domain takes the thread's signal stack away: handlers then run on the thread's own, and
 * have to be given the rights that the kernel starts none with. */
static void a_signal_after_the_domain_is_closed_is_handled(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = handle}, before;
    long value;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    assert_int_equal(og_mpk_signal_adopt(SIGUSR1, &fault), OG_OK);
    struct og_domain *other = open_another(NULL, NULL);
    assert_int_equal(count_in(other, &value), OG_OK);
    handled = 0;
    raise(SIGUSR1);
    assert_int_equal(handled, 2);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
    handled = 0;
    raise(SIGUSR1);
    assert_int_equal(handled, 2);
    assert_works_after_reset();
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

static enum og_error refused_in(struct og_domain *other, long *value)
{
    struct og_scope scope;
    og_scope_begin(other, &scope);
    enum og_error error =
        CALL(scope, boxed_in(other, "system_call"), *value = AS(words *)(SYS_getppid, 0, 0, 0));
    og_scope_end(&scope);
    return error;
}

static enum og_error call_in_handler;

static void handle_with_a_call(int signal)
{
    long value;
    handled += signal == SIGUSR1;
    call_in_handler = count_in(domain, &value);
}

/* The kernel puts back the alternate stack that was there before the handler: none of a domain's.
 */
static void a_handler_that_calls_in_leaves_no_signal_stack_armed(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = handle_with_a_call}, before;
    long value = 0;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    assert_int_equal(og_mpk_signal_adopt(SIGUSR1, &fault), OG_OK);
    struct og_domain *other = open_another(NULL, NULL);
    assert_int_equal(count_in(other, &value), OG_OK);
    assert_int_equal(og_domain_close(other, &fault), OG_OK);
    handled = 0;
    raise(SIGUSR1);
    assert_int_equal(handled, 1);
    assert_int_equal(call_in_handler, OG_OK);
    assert_int_equal(refused_in(domain, &value), OG_OK);
    assert_int_equal(value, -EPERM);
    assert_works_after_reset();
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

/* --- a domain that another thread closes, and opens the next, which gets its number --- */

static volatile sig_atomic_t handled_late;
static atomic_int handling; /* 1: the handler runs; 2: it may return */
static atomic_bool handler_calls_in;

static void handle_for_long(int signal)
{
    long value;
    handled += signal == SIGUSR1;
    atomic_store(&handling, 1);
    while (atomic_load(&handling) < 2)
        usleep(10);
    call_in_handler = handler_calls_in ? count_in(passing, &value) : OG_OK;
}

static void handle_late(int signal)
{
    handled_late += signal == SIGUSR2;
}

static void *armed_stack(void)
{
    stack_t stack;
    return syscall(SYS_sigaltstack, NULL, &stack) ? NULL : stack.ss_sp;
}

/* What a thread came to that has been in a domain. */
struct passed {
    void *(*between)(void *); /* done before it enters the next one */
    void *before, *after;     /* signal stacks */
    enum og_error error;
    long value;
};

static void *wait_for_the_next(void *memory)
{
    atomic_store(&handling, 1);
    while (atomic_load(&handling) < 2)
        usleep(10);
    return memory;
}

static void *wait_and_handle_a_signal(void *memory)
{
    wait_for_the_next(memory);
    pthread_kill(pthread_self(), SIGUSR2); /* finds the host, with the closed one's stack armed */
    return memory;
}

static void *wait_in_a_handler(void *memory)
{
    pthread_kill(pthread_self(), SIGUSR1);
    pthread_kill(pthread_self(), SIGUSR2);
    return memory;
}

static void *pass_on(void *memory)
{
    struct passed *passed = memory;
    passed->error = count_in(passing, &passed->value);
    passed->before = armed_stack();
    passed->between(passed);
    if (!passed->error)
        passed->error = refused_in(passing, &passed->value); /* needs its signal stack */
    passed->after = armed_stack();
    return NULL;
}

/* The thread is in one domain, which is closed while it does `between`, and then in the next. */
static void assert_passes_on(void *(*between)(void *))
{
    struct passed passed = {.between = between};
    pthread_t thread;
    passing = open_another(NULL, NULL);
    handled = handled_late = 0;
    atomic_store(&handling, 0);
    assert_int_equal(pthread_create(&thread, NULL, pass_on, &passed), 0);
    while (atomic_load(&handling) < 1)
        usleep(10);
    assert_int_equal(og_domain_close(passing, &fault), OG_OK);
    passing = open_another(NULL, NULL);
    atomic_store(&handling, 2);
    pthread_join(thread, NULL);
    assert_int_equal(passed.error, OG_OK);
    assert_int_equal(passed.value, -EPERM);
    assert_non_null(passed.before);
    assert_non_null(passed.after);
    assert_ptr_not_equal(passed.after, passed.before);
    assert_int_equal(og_domain_close(passing, &fault), OG_OK);
}

static int take_signals(void **state)
{
    struct sigaction action = {.sa_handler = handle_for_long}, late = {.sa_handler = handle_late};
    (void)state;
    return sigaction(SIGUSR1, &action, NULL) || sigaction(SIGUSR2, &late, NULL) ||
           og_mpk_signal_adopt(SIGUSR1, &fault) || og_mpk_signal_adopt(SIGUSR2, &fault);
}

static void a_thread_arms_the_stack_of_the_domain_that_came_after(void **state)
{
    (void)state;
    assert_passes_on(wait_for_the_next);
}

static void a_signal_after_another_thread_has_closed_the_domain_is_handled(void **state)
{
    (void)state;
    assert_passes_on(wait_and_handle_a_signal);
    assert_int_equal(handled_late, 1);
}

/* In which the thread may enter the next domain, too. */
static void a_domain_can_be_closed_during_a_handler(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        handler_calls_in = i;
        assert_passes_on(wait_in_a_handler);
        assert_int_equal(call_in_handler, OG_OK);
        assert_int_equal(handled, 1);
        assert_int_equal(handled_late, 1);
    }
}

/* --- a domain that another thread closes while the host forks --- */

static void *close_it(void *memory)
{
    struct og_fault mine;
    *(enum og_error *)memory = og_domain_close(passing, &mine);
    return NULL;
}

/* Its destructors, in foreign code that no scope is open for, were in the middle of anything. */
static void a_child_of_fork_hears_that_a_domain_was_being_closed(void **state)
{
    (void)state;
    const struct og_options options = {.isolation = OG_MPK, .deadline_ms = 1000};
    void og_foreign *loop;
    struct og_scope scope;
    enum og_error closed = OG_BUSY;
    pthread_t thread;
    long value = 0;
    int status = -1;
    passing = open_another(NULL, &options);
    const volatile bool *closes = &((struct mpk_domain *)passing)->turn.closed;
    assert_int_equal(count_in(passing, &value), OG_OK);
    assert_int_equal(og_domain_lookup_data(passing, "loop_forever", &loop, &fault), OG_OK);
    og_scope_begin(passing, &scope);
    assert_int_equal(CALL(scope, boxed_in(passing, "call_at_the_end"),
                          AS(words *)((long)og_foreign_address(loop), 0, 0, 0)),
                     OG_OK);
    og_scope_end(&scope);
    assert_int_equal(pthread_create(&thread, NULL, close_it, &closed), 0);
    while (!*closes)
        sched_yield();
    pid_t child = fork();
    if (child == 0)
        _exit(count_in(passing, &value) != OG_POISONED);
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    pthread_join(thread, NULL);
    assert_int_equal(closed, OG_OK);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_domains_as_keys_work_at_once),
        cmocka_unit_test(a_thousand_resets_leak_nothing),
        cmocka_unit_test(opening_and_closing_leaks_nothing),
        cmocka_unit_test(constructors_and_destructors_run),
        cmocka_unit_test(domains_nest_through_the_host),
        cmocka_unit_test(reset_never_tears_what_other_threads_do),
        cmocka_unit_test(a_thread_can_exit_while_its_domain_is_closed),
        cmocka_unit_test(a_domain_that_another_thread_closed_is_forgotten),
        cmocka_unit_test(a_signal_after_the_domain_is_closed_is_handled),
        cmocka_unit_test(a_handler_that_calls_in_leaves_no_signal_stack_armed),
        cmocka_unit_test(a_child_of_fork_hears_that_a_domain_was_being_closed),
        cmocka_unit_test(a_thread_arms_the_stack_of_the_domain_that_came_after),
        cmocka_unit_test_setup(a_signal_after_another_thread_has_closed_the_domain_is_handled,
                               take_signals),
        cmocka_unit_test_setup(a_domain_can_be_closed_during_a_handler, take_signals),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
