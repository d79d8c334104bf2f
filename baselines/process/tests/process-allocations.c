/* The process sandbox when an allocation fails: of the host's, in turn, and of the worker's. */
#include "baselines/process/tests/each-transport.h"
#include "baselines/process/tests/unlucky-worker.h"
#include "omniglot/tests/each-allocation.h"
#include <stdio.h>
#include <unistd.h>

static enum process_transport transport;
static enum process_placement placement;
static char worker[4352]; /* og-worker-unlucky's path; "": found by its library's name */

static enum og_error open_sandbox(struct process_sandbox **sandbox, struct og_fault *fault)
{
    const struct process_options options = {.library = *worker ? NULL : "unlucky",
                                            .worker = *worker ? worker : NULL,
                                            .transport = transport,
                                            .placement = placement,
                                            .deadline_ms = TEST_DEADLINE_MS,
                                            .ring_bytes = 1 << 16};
    return process_open(sandbox, &options, fault);
}

static enum og_error open_and_close(struct og_fault *fault)
{
    struct process_sandbox *sandbox;
    enum og_error error = open_sandbox(&sandbox, fault);
    if (!error)
        process_close(sandbox);
    return !error || !sandbox ? error : OG_BUSY;
}

/* Gives back what it gets. */
static enum og_error answer(void *user, struct wire_reader *arguments, struct wire_writer *results)
{
    size_t size;
    const void *bytes = wire_get_bytes(arguments, &size);
    enum og_error error = wire_finish(arguments);
    (void)user;
    if (!error)
        wire_put_bytes(results, bytes, size);
    return error;
}

/* The bytes go to the worker, back by a callback, there again, and back. */
static enum og_error echo(struct process_sandbox *sandbox, size_t size, struct og_fault *fault)
{
    static uint8_t bytes[1 << 18];
    struct wire_reader results;
    size_t echoed;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 13);
    wire_put_bytes(process_call_begin(sandbox, UNLUCKY_ECHO), bytes, size);
    enum og_error error = process_call_finish(sandbox, &results, fault);
    if (error)
        return error;
    const void *echo = wire_get_bytes(&results, &echoed);
    bool same = echo && echoed == size && !memcmp(echo, bytes, size);
    wire_get_u64(&results);
    error = process_results_finish(sandbox, &results, fault);
    return error || same ? error : og_fail(fault, OG_CONTRACT, NULL, 0, "the echo is another");
}

/* In a new sandbox: what is allocated once is allocated again. */
static enum og_error call_and_reset(struct og_fault *fault)
{
    struct process_sandbox *sandbox;
    enum og_error error = open_sandbox(&sandbox, fault);
    if (error)
        return error;
    process_callback_register(sandbox, 0, answer, NULL);
    struct og_fault unexpected = {0};
    error = echo(sandbox, 100, fault);
    if (!error)
        error = echo(sandbox, 1 << 18, fault);
    if (!error)
        error = process_reset(sandbox, fault);
    /* The sandbox is of use, whatever has failed. */
    if (error && echo(sandbox, 1000, &unexpected)) {
        *fault = unexpected;
        error = OG_POISONED;
    }
    process_close(sandbox);
    return error;
}

/* Each test runs over each transport. */
#define EACH_TRANSPORT(check)                                                                      \
    for (unsigned i = PROCESS_SOCKET; i <= PROCESS_PIPE; i++) {                                    \
        transport = (enum process_transport)i;                                                     \
        check;                                                                                     \
    }

static void opening_fails_cleanly_at_each_allocation(void **state)
{
    (void)state;
    EACH_TRANSPORT({
        assert_true(each_first_allocation_fails("opening a sandbox", open_and_close, 0));
        assert_true(each_allocation_fails("opening a sandbox", open_and_close));
    })
}

static void opening_by_path_on_one_core_fails_cleanly_at_each_allocation(void **state)
{
    (void)state;
    ssize_t length = readlink("/proc/self/exe", worker, 4096);
    worker[length > 0 ? length : 0] = '\0';
    strcpy(strrchr(worker, '/'), "/../bin/og-worker-unlucky");
    placement = PROCESS_ONE_CORE;
    assert_true(each_first_allocation_fails("opening by path", open_and_close, 0));
    placement = PROCESS_ANYWHERE;
    *worker = '\0';
}

static void calls_and_reset_fail_cleanly_at_each_allocation(void **state)
{
    (void)state;
    EACH_TRANSPORT(assert_true(each_allocation_fails("calling a worker", call_and_reset)))
}

/* --- the worker's --- */

static enum og_error fail_in_worker(struct process_sandbox *sandbox, uint64_t number,
                                    struct og_fault *fault)
{
    struct wire_reader results;
    wire_put_u64(process_call_begin(sandbox, UNLUCKY_FAIL), number);
    enum og_error error = process_call_finish(sandbox, &results, fault);
    return error ? error : process_results_finish(sandbox, &results, fault);
}

/* How many allocations a worker that has served nothing makes for an echo. Each fails in turn: then
 * the call is refused, or the worker ends and says why, and the next call is served. */
static size_t fail_each_in_worker(size_t size)
{
    struct process_sandbox *sandbox;
    struct og_fault fault = {0};
    assert_int_equal(open_sandbox(&sandbox, &fault), OG_OK);
    process_callback_register(sandbox, 0, answer, NULL);
    size_t number = 0;
    enum og_error error;
    do {
        assert_int_equal(process_reset(sandbox, &fault), OG_OK);
        assert_int_equal(fail_in_worker(sandbox, ++number, &fault), OG_OK);
        error = echo(sandbox, size, &fault);
        if (error && error != OG_NO_MEMORY)
            assert_int_equal(error, OG_FAULTED);
        if (error == OG_FAULTED)
            assert_non_null(strstr(fault.message, "memory"));
        assert_int_equal(fail_in_worker(sandbox, 0, &fault), OG_OK);
        assert_int_equal(echo(sandbox, size, &fault), OG_OK);
    } while (error);
    process_close(sandbox);
    return number - 1;
}

static void a_worker_without_memory_refuses_the_call_or_ends(void **state)
{
    (void)state;
    EACH_TRANSPORT({
        printf("# %zu allocations of a worker\n", fail_each_in_worker(100));
        printf("# %zu allocations of a worker\n", fail_each_in_worker(1 << 18));
    })
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_fails_cleanly_at_each_allocation),
        cmocka_unit_test(opening_by_path_on_one_core_fails_cleanly_at_each_allocation),
        cmocka_unit_test(calls_and_reset_fail_cleanly_at_each_allocation),
        cmocka_unit_test(a_worker_without_memory_refuses_the_call_or_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
