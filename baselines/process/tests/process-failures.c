/* Workers that die, hang or lie: the call gets an error that says so, the worker
 * is gone, the next call is served, and nothing is left behind. */
#include "baselines/process/tests/each-transport.h"
#include "omniglot/tests/descriptors.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Only for a host without a worker. */
static void assert_no_children(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
    assert_int_equal(errno, ECHILD);
}

static void assert_recovers(struct process_sandbox *sandbox, pid_t lost, uint64_t generation)
{
    assert_int_equal(kill(lost, 0), -1); /* not even a zombie */
    assert_true(process_generation(sandbox) != generation);
    assert_int_equal(process_worker_pid(sandbox), 0);
    generation = process_generation(sandbox);
    assert_serves(sandbox);
    assert_true(process_worker_pid(sandbox) > 0);
    assert_int_equal(process_generation(sandbox), generation);
}

static void assert_fails(struct process_sandbox *sandbox, uint32_t function, uint64_t number,
                         enum og_error expected, int signal)
{
    struct og_fault fault = {0};
    uint64_t generation = process_generation(sandbox);
    pid_t lost = process_worker_pid(sandbox);
    enum og_error error = call_with_number(sandbox, function, number, &fault);
    if (error != expected)
        fail_msg("%u(%lu): %s: %s", function, (unsigned long)number, og_error_name(error),
                 fault.message);
    assert_int_equal(fault.error, expected);
    assert_true(fault.message[0] != '\0');
    if (signal >= 0)
        assert_int_equal(fault.signal, signal);
    assert_recovers(sandbox, lost, generation);
}

static void a_crash_is_an_error_and_the_next_call_is_served(void **state)
{
    /* Under AddressSanitizer the worker prints a report and exits instead. */
    for (int i = 0; i < 5; i++)
        assert_fails(*state, TEST_CRASH, 8, OG_FAULTED, -1);
}

static void an_abort_is_an_error_and_the_next_call_is_served(void **state)
{
    assert_fails(*state, TEST_ABORT, 0, OG_FAULTED, -1);
}

static void an_exit_is_an_error_that_tells_its_status(void **state)
{
    struct og_fault fault;
    assert_int_equal(call_with_number(*state, TEST_EXIT, 3, &fault), OG_FAULTED);
    assert_string_equal(fault.message, "the worker exited with status 3");
    assert_int_equal(fault.signal, 0);
    assert_serves(*state);
    assert_fails(*state, TEST_EXIT, 0, OG_FAULTED, 0);
}

static void a_worker_killed_between_calls_costs_one_call(void **state)
{
    uint64_t generation = process_generation(*state);
    pid_t lost = process_worker_pid(*state);
    struct og_fault fault;
    kill(lost, SIGKILL);
    assert_int_equal(call_with_number(*state, TEST_SUM, 0, &fault), OG_FAULTED);
    assert_int_equal(fault.signal, SIGKILL);
    assert_recovers(*state, lost, generation);
}

static void a_hang_ends_at_the_deadline(void **state)
{
    struct process_sandbox *sandbox;
    struct process_options options = {.library = "test",
                                      .transport = state_transport(*state),
                                      .placement = state_placement(*state),
                                      .deadline_ms = 300};
    assert_int_equal(process_open(&sandbox, &options, NULL), OG_OK);
    assert_fails(sandbox, TEST_HANG, 0, OG_DEADLINE, 0);
    process_close(sandbox);
}

static void a_hang_ends_at_the_deadline_however_long_its_host_would_spin(void **state)
{
    struct process_sandbox *sandbox;
    struct timespec before, after;
    struct process_options options = {.library = "test",
                                      .transport = state_transport(*state),
                                      .placement = state_placement(*state),
                                      .deadline_ms = 100,
                                      .spin_us = 1000000};
    assert_int_equal(process_open(&sandbox, &options, NULL), OG_OK);
    clock_gettime(CLOCK_MONOTONIC, &before);
    assert_int_equal(call_with_number(sandbox, TEST_HANG, 0, NULL), OG_DEADLINE);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_in_range((after.tv_sec - before.tv_sec) * 1000 +
                        (after.tv_nsec - before.tv_nsec) / 1000000,
                    90, 600);
    process_close(sandbox);
}

static void take_signal(int signal)
{
    (void)signal;
}

static void how_a_worker_ended_is_told_while_signals_come(void **state)
{
    const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    signal(SIGALRM, take_signal);
    for (int i = 0; i < 50; i++) {
        struct og_fault fault;
        setitimer(ITIMER_REAL, &often, NULL);
        enum og_error error = call_with_number(*state, TEST_EXIT, 3, &fault);
        setitimer(ITIMER_REAL, &never, NULL);
        assert_int_equal(error, OG_FAULTED);
        assert_string_equal(fault.message, "the worker exited with status 3");
        assert_serves(*state);
    }
    signal(SIGALRM, SIG_DFL);
}

enum child_use { CHILD_CALLS, CHILD_CLOSES, CHILD_RESETS, CHILD_USES };

static enum og_error use_in_child(struct process_sandbox *sandbox, enum child_use use)
{
    struct og_fault fault;
    enum og_error error = call_with_number(sandbox, TEST_SUM, 1, &fault);
    if (use == CHILD_RESETS) {
        if (process_reset(sandbox, &fault))
            return fault.error;
        assert_serves(sandbox);
    }
    if (use != CHILD_CALLS)
        process_close(sandbox);
    return error;
}

/* Made by fork, or past the C library. */
static void a_child_leaves_its_parents_worker_alone(void **state)
{
    struct process_sandbox *sandbox = *state;
    pid_t worker = process_worker_pid(sandbox);
    for (int use = 0; use < 2 * CHILD_USES; use++) {
        int status = 0;
        pid_t child =
            use < CHILD_USES ? fork() : (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
        if (child == 0)
            _exit((int)use_in_child(sandbox, (enum child_use)(use % CHILD_USES)));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), OG_BUSY);
        assert_serves(sandbox);
        assert_int_equal(process_worker_pid(sandbox), worker);
    }
}

static pid_t made_in_callback;

static enum og_error fork_in_callback(void *user, struct wire_reader *arguments,
                                      struct wire_writer *results)
{
    (void)user;
    made_in_callback = fork();
    wire_put_u64(results, wire_get_u64(arguments));
    return OG_OK;
}

static void a_child_made_in_a_callback_does_not_answer_in_its_parents_place(void **state)
{
    struct wire_reader results;
    struct og_fault fault;
    int status = 0;
    pid_t worker = process_worker_pid(*state);
    process_callback_register(*state, 0, fork_in_callback, NULL);
    struct wire_writer *arguments = process_call_begin(*state, TEST_CALLBACKS);
    wire_put_u32(arguments, 0);
    wire_put_u64(arguments, 1);
    enum og_error error = process_call_finish(*state, &results, &fault);
    if (made_in_callback == 0)
        _exit((int)error);
    assert_int_equal(error, OG_OK);
    assert_int_equal(waitpid(made_in_callback, &status, 0), made_in_callback);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), OG_BUSY);
    assert_serves(*state);
    assert_int_equal(process_worker_pid(*state), worker);
}

static enum og_error slow_callback(void *user, struct wire_reader *arguments,
                                   struct wire_writer *results)
{
    (void)user;
    usleep(150000);
    wire_put_u64(results, wire_get_u64(arguments));
    return OG_OK;
}

static void time_in_callbacks_does_not_count(void **state)
{
    struct process_sandbox *sandbox;
    struct process_options options = {.library = "test",
                                      .transport = state_transport(*state),
                                      .placement = state_placement(*state),
                                      .deadline_ms = 300};
    assert_int_equal(process_open(&sandbox, &options, NULL), OG_OK);
    process_callback_register(sandbox, 0, slow_callback, NULL);
    struct wire_reader results;
    struct wire_writer *arguments = process_call_begin(sandbox, TEST_CALLBACKS);
    wire_put_u32(arguments, 0);
    wire_put_u64(arguments, 4);
    assert_int_equal(process_call_finish(sandbox, &results, NULL), OG_OK);
    process_close(sandbox);
}

static enum og_error answer_at_once(void *user, struct wire_reader *arguments,
                                    struct wire_writer *results)
{
    (void)user;
    wire_put_u64(results, wire_get_u64(arguments));
    return OG_OK;
}

static void callbacks_without_end_end_at_the_deadline(void **state)
{
    struct process_sandbox *sandbox;
    struct og_fault fault;
    struct wire_reader results;
    struct process_options options = {.library = "test",
                                      .transport = state_transport(*state),
                                      .placement = state_placement(*state),
                                      .deadline_ms = 300};
    assert_int_equal(process_open(&sandbox, &options, NULL), OG_OK);
    process_callback_register(sandbox, 0, answer_at_once, NULL);
    struct wire_writer *arguments = process_call_begin(sandbox, TEST_CALLBACKS);
    wire_put_u32(arguments, 0);
    wire_put_u64(arguments, UINT64_MAX);
    assert_int_equal(process_call_finish(sandbox, &results, &fault), OG_DEADLINE);
    assert_serves(sandbox);
    process_close(sandbox);
}

static void a_result_that_does_not_decode_ends_the_worker(void **state)
{
    struct wire_reader results;
    struct og_fault fault;
    uint64_t generation = process_generation(*state);
    pid_t lost = process_worker_pid(*state);
    process_call_begin(*state, TEST_MISTAKEN);
    assert_int_equal(process_call_finish(*state, &results, &fault), OG_OK);
    wire_get_u64(&results);
    assert_int_equal(wire_get_u64(&results), 0);
    assert_int_equal(process_results_finish(*state, &results, &fault), OG_CONTRACT);
    assert_recovers(*state, lost, generation);
}

static void a_distrusted_worker_is_replaced(void **state)
{
    struct og_fault fault;
    uint64_t generation = process_generation(*state);
    pid_t lost = process_worker_pid(*state);
    assert_int_equal(process_distrust(*state, "it said so", &fault), OG_CONTRACT);
    assert_string_equal(fault.message, "it said so");
    assert_recovers(*state, lost, generation);
}

/* ---- the liar ---- */

static struct process_sandbox *open_liar(void *state, uint32_t deadline_ms)
{
    struct process_sandbox *sandbox;
    struct og_fault fault;
    struct process_options options = {.library = "liar",
                                      .transport = state_transport(state),
                                      .placement = state_placement(state),
                                      .deadline_ms = deadline_ms,
                                      .ring_bytes = 65536};
    if (process_open(&sandbox, &options, &fault))
        fail_msg("%s", fault.message);
    return sandbox;
}

/* A liar that tells the truth is served like anyone. */
static void assert_honest(struct process_sandbox *sandbox)
{
    struct og_fault fault = {0};
    if (call_with_number(sandbox, LIE_NONE, 0, &fault))
        fail_msg("%s: %s", og_error_name(fault.error), fault.message);
}

static void every_lie_is_a_broken_contract(void **state)
{
    struct process_sandbox *sandbox = open_liar(*state, 2000);
    for (uint32_t lie = LIE_NONE + 1; lie < LIE_COUNT; lie++) {
        if (lie == LIE_POSITION_WRITTEN && state_transport(*state) != PROCESS_RING)
            continue;
        assert_honest(sandbox);
        struct og_fault fault = {0};
        enum og_error error = call_with_number(sandbox, lie, 1, &fault);
        if (error != OG_CONTRACT)
            fail_msg("lie %u: %s: %s", lie, og_error_name(error), fault.message);
        assert_int_equal(process_worker_pid(sandbox), 0);
    }
    assert_honest(sandbox);
    process_close(sandbox);
}

/* A message of ours that is longer than the ring starts by saying itself what was consumed. */
static void a_lie_about_what_was_consumed_does_no_harm(void **state)
{
    struct process_sandbox *sandbox = open_liar(*state, 2000);
    static uint8_t bytes[200000];
    pid_t worker = process_worker_pid(sandbox);
    for (int i = 0; i < 3; i++) {
        struct wire_reader results;
        struct og_fault fault = {0};
        assert_int_equal(call_with_number(sandbox, LIE_CONSUMED, 1, &fault), OG_OK);
        wire_put_bytes(process_call_begin(sandbox, LIE_CONSUMED), bytes, sizeof bytes);
        assert_int_equal(process_call_finish(sandbox, &results, &fault), OG_OK);
    }
    assert_honest(sandbox);
    assert_int_equal(process_worker_pid(sandbox), worker);
    process_close(sandbox);
}

static void a_short_message_and_an_exit_is_a_fault(void **state)
{
    struct process_sandbox *sandbox = open_liar(*state, 2000);
    enum og_error error = call_with_number(sandbox, LIE_SHORT_AND_EXIT, 0, NULL);
    assert_int_equal(error, OG_FAULTED);
    assert_honest(sandbox);
    process_close(sandbox);
}

static void a_short_message_or_fidgeting_ends_at_the_deadline(void **state)
{
    struct process_sandbox *sandbox = open_liar(*state, 300);
    assert_int_equal(call_with_number(sandbox, LIE_SHORT_AND_HANG, 0, NULL), OG_DEADLINE);
    assert_honest(sandbox);
    assert_int_equal(call_with_number(sandbox, LIE_FIDGET, 0, NULL), OG_DEADLINE);
    assert_honest(sandbox);
    process_close(sandbox);
}

/* Always with some progress, so that the host never waits for long at once. */
static void a_long_call_taken_in_sips_ends_at_the_deadline(void **state)
{
    struct process_options options = {.library = "liar",
                                      .transport = state_transport(*state),
                                      .placement = state_placement(*state),
                                      .deadline_ms = 1000,
                                      .spin_us = 500000,
                                      .ring_bytes = 65536};
    struct process_sandbox *sandbox;
    uint8_t *bytes = calloc(1, SIPPED_BYTES);
    struct wire_reader results;
    struct og_fault fault = {0};
    assert_int_equal(process_open(&sandbox, &options, NULL), OG_OK);
    assert_int_equal(call_with_number(sandbox, LIE_SIPS, 0, &fault), OG_OK);
    wire_put_bytes(process_call_begin(sandbox, LIE_SIPS), bytes, SIPPED_BYTES);
    time_t start = time(NULL);
    assert_int_equal(process_call_finish(sandbox, &results, &fault), OG_DEADLINE);
    /* All of it would take half a minute. */
    assert_true(time(NULL) - start < 10);
    assert_honest(sandbox);
    process_close(sandbox);
    free(bytes);
}

static void results_that_lie_about_their_length_are_refused(void **state)
{
    struct process_sandbox *sandbox = open_liar(*state, 2000);
    struct wire_reader results;
    struct og_fault fault;
    size_t size;
    process_call_begin(sandbox, LIE_STRING);
    assert_int_equal(process_call_finish(sandbox, &results, &fault), OG_OK);
    assert_null(wire_get_bytes(&results, &size));
    assert_int_equal(size, 0);
    assert_int_equal(process_results_finish(sandbox, &results, &fault), OG_CONTRACT);

    process_call_begin(sandbox, LIE_TRAILING);
    assert_int_equal(process_call_finish(sandbox, &results, &fault), OG_OK);
    assert_int_equal(wire_get_u64(&results), 7);
    assert_int_equal(process_results_finish(sandbox, &results, &fault), OG_CONTRACT);
    assert_honest(sandbox);
    process_close(sandbox);
}

static void a_second_answer_is_not_taken_for_the_next_calls(void **state)
{
    struct process_sandbox *sandbox = open_liar(*state, 2000);
    struct og_fault fault = {0};
    call_with_number(sandbox, LIE_TWICE, 0, &fault);
    usleep(20000);
    enum og_error error = call_with_number(sandbox, LIE_NONE, 0, &fault);
    /* Over a ring the second answer overwrites the first, and may be seen there. */
    if (error && error != OG_CONTRACT)
        fail_msg("%s: %s", og_error_name(error), fault.message);
    assert_int_equal(fault.error, OG_CONTRACT);
    call_with_number(sandbox, LIE_NONE, 0, NULL);
    assert_honest(sandbox);
    process_close(sandbox);
}

static void a_worker_that_lies_when_it_starts_is_refused(void **state)
{
    struct process_sandbox *sandbox;
    struct og_fault fault;
    struct process_options options = {.library = "liar",
                                      .transport = state_transport(*state),
                                      .placement = state_placement(*state),
                                      .message_limit = LIAR_MESSAGE_LIMIT};
    assert_int_equal(process_open(&sandbox, &options, &fault), OG_CONTRACT);
    assert_null(sandbox);
    assert_no_children();
}

static void a_descriptor_sent_along_is_not_kept(void **state)
{
    struct process_sandbox *sandbox = open_liar(*state, 2000);
    size_t before = count_descriptors();
    for (int i = 0; i < 3; i++)
        assert_int_equal(call_with_number(sandbox, LIE_DESCRIPTOR, 0, NULL), OG_OK);
    assert_honest(sandbox);
    assert_int_equal(count_descriptors(), before);
    process_close(sandbox);
}

/* ---- threads ---- */

struct use {
    struct process_sandbox *sandbox;
    enum og_error called, registered, reset, then;
};

static enum og_error sum(struct process_sandbox *sandbox)
{
    struct wire_reader results;
    struct wire_writer *arguments = process_call_begin(sandbox, TEST_SUM);
    wire_put_u64(arguments, 1);
    wire_put_u64(arguments, 2);
    return process_call_finish(sandbox, &results, NULL);
}

static void *use_in_thread(void *argument)
{
    struct use *use = argument;
    use->called = sum(use->sandbox);
    use->registered = process_callback_register(use->sandbox, 1, answer_at_once, NULL);
    use->reset = process_reset(use->sandbox, NULL);
    use->then = sum(use->sandbox);
    return NULL;
}

static enum og_error use_in_thread_meanwhile(void *argument, struct wire_reader *arguments,
                                             struct wire_writer *results)
{
    pthread_t thread;
    (void)arguments;
    if (pthread_create(&thread, NULL, use_in_thread, argument) == 0)
        pthread_join(thread, NULL);
    wire_put_u64(results, 1);
    return OG_OK;
}

static void another_thread_is_refused(void **state)
{
    struct use use = {.sandbox = *state};
    struct wire_reader results;
    assert_int_equal(process_callback_register(*state, 0, use_in_thread_meanwhile, &use), OG_OK);
    struct wire_writer *arguments = process_call_begin(*state, TEST_CALLBACKS);
    wire_put_u32(arguments, 0);
    wire_put_u64(arguments, 1);
    assert_int_equal(process_call_finish(*state, &results, NULL), OG_OK);
    assert_int_equal(use.called, OG_BUSY);
    assert_int_equal(use.registered, OG_BUSY);
    assert_int_equal(use.reset, OG_BUSY); /* a call is under way */
    /* When none is, whoever resets it has it. */
    use_in_thread_meanwhile(&use, NULL, process_call_begin(*state, TEST_SUM));
    assert_int_equal(use.called, OG_BUSY);
    assert_int_equal(use.reset, OG_OK);
    assert_int_equal(use.then, OG_OK);
    assert_int_equal(sum(*state), OG_BUSY);
    assert_int_equal(process_reset(*state, NULL), OG_OK);
    assert_serves(*state);
}

/* ---- opening ---- */

static void a_program_that_is_no_worker_is_refused(void **state)
{
    struct process_sandbox *sandbox;
    struct og_fault fault;
    struct process_options options = {.worker = "/bin/true",
                                      .transport = state_transport(*state),
                                      .placement = state_placement(*state)};
    assert_int_equal(process_open(&sandbox, &options, &fault), OG_FAULTED);
    options.worker = "/bin/cat"; /* echoes what it reads from /dev/null: nothing, and exits */
    assert_int_equal(process_open(&sandbox, &options, &fault), OG_FAULTED);
    options.worker = "/nonexistent";
    assert_int_equal(process_open(&sandbox, &options, &fault), OG_NOT_FOUND);
    options = (struct process_options){.library = "nonesuch"};
    assert_int_equal(process_open(&sandbox, &options, &fault), OG_NOT_FOUND);
    assert_non_null(strstr(fault.message, "og-worker-nonesuch"));
    assert_no_children();
}

static void bad_options_are_refused_by_name(void **state)
{
    (void)state;
    const struct {
        struct process_options options;
        const char *name;
    } cases[] = {
        {{.library = NULL}, "library"},
        {{.library = ""}, "library"},
        {{.library = "../bin/x"}, "library"},
        {{.library = "test", .transport = (enum process_transport)9}, "transport"},
        {{.library = "test", .ring_bytes = 5000}, "ring_bytes"},
        {{.library = "test", .ring_bytes = 2048}, "ring_bytes"},
        {{.library = "test", .ring_bytes = (size_t)1 << 31}, "ring_bytes"},
        {{.library = "test", .message_limit = 100}, "message_limit"},
        {{.library = "test", .message_limit = SIZE_MAX}, "message_limit"},
        {{.library = "test", .spin_us = 5000000}, "spin_us"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct process_sandbox *sandbox;
        struct og_fault fault;
        assert_int_equal(process_open(&sandbox, &cases[i].options, &fault), OG_BAD_ARGUMENT);
        assert_string_equal(fault.symbol, cases[i].name);
        assert_null(sandbox);
    }
}

static void opening_failing_and_closing_leaks_no_descriptor_and_no_child(void **state)
{
    size_t before = count_descriptors();
    for (int i = 0; i < 20; i++) {
        struct process_sandbox *sandbox;
        struct process_options options = {.library = "test",
                                          .transport = state_transport(*state),
                                          .placement = state_placement(*state)};
        assert_int_equal(process_open(&sandbox, &options, NULL), OG_OK);
        call_with_number(sandbox, i % 2 ? TEST_EXIT : TEST_CRASH, 8, NULL);
        assert_serves(sandbox);
        assert_int_equal(process_reset(sandbox, NULL), OG_OK);
        process_close(sandbox);
    }
    assert_int_equal(count_descriptors(), before);
    assert_no_children();
    process_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_EACH(a_crash_is_an_error_and_the_next_call_is_served),
        OVER_EACH(an_abort_is_an_error_and_the_next_call_is_served),
        OVER_EACH(an_exit_is_an_error_that_tells_its_status),
        OVER_EACH(a_worker_killed_between_calls_costs_one_call),
        OVER_EACH_UNOPENED(a_hang_ends_at_the_deadline),
        OVER_EACH_UNOPENED(a_hang_ends_at_the_deadline_however_long_its_host_would_spin),
        OVER_EACH(how_a_worker_ended_is_told_while_signals_come),
        OVER_EACH(a_child_leaves_its_parents_worker_alone),
        OVER_EACH(a_child_made_in_a_callback_does_not_answer_in_its_parents_place),
        OVER_EACH_UNOPENED(time_in_callbacks_does_not_count),
        OVER_EACH_UNOPENED(callbacks_without_end_end_at_the_deadline),
        OVER_EACH(a_result_that_does_not_decode_ends_the_worker),
        OVER_EACH(a_distrusted_worker_is_replaced),
        OVER_EACH_UNOPENED(every_lie_is_a_broken_contract),
        OVER(a_lie_about_what_was_consumed_does_no_harm, "ring", NULL, NULL, PROCESS_RING,
             PROCESS_ANYWHERE),
        OVER_EACH_UNOPENED(a_short_message_and_an_exit_is_a_fault),
        OVER_EACH_UNOPENED(a_short_message_or_fidgeting_ends_at_the_deadline),
        OVER_EACH_UNOPENED(a_long_call_taken_in_sips_ends_at_the_deadline),
        OVER_EACH_UNOPENED(results_that_lie_about_their_length_are_refused),
        OVER_EACH_UNOPENED(a_second_answer_is_not_taken_for_the_next_calls),
        OVER_EACH_UNOPENED(a_worker_that_lies_when_it_starts_is_refused),
        OVER_EACH_UNOPENED(a_descriptor_sent_along_is_not_kept),
        OVER_EACH(another_thread_is_refused),
        OVER_EACH_UNOPENED(a_program_that_is_no_worker_is_refused),
        cmocka_unit_test(bad_options_are_refused_by_name),
        OVER_EACH_UNOPENED(opening_failing_and_closing_leaks_no_descriptor_and_no_child),
    };
    return cmocka_run_group_tests_name("process-failures", tests, NULL, NULL);
}
