/* Runs each test over each transport, with a sandbox of og-worker-test. */
#ifndef PROCESS_EACH_TRANSPORT_H
#define PROCESS_EACH_TRANSPORT_H

#include "baselines/process/process.h"
#include "baselines/process/tests/test-worker.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST_DEADLINE_MS 5000

/* As the state of a test: which transport and placement; then the sandbox. */
#define TRANSPORT_STATE(transport, placement) ((void *)(uintptr_t)((transport) | (placement) << 8))

static inline enum process_transport state_transport(void *state)
{
    return (enum process_transport)((uintptr_t)state & 0xff);
}

static inline enum process_placement state_placement(void *state)
{
    return (enum process_placement)((uintptr_t)state >> 8);
}

static inline int open_test_sandbox(void **state)
{
    struct process_sandbox *sandbox;
    struct og_fault fault;
    struct process_options options = {.library = "test",
                                      .transport = state_transport(*state),
                                      .placement = state_placement(*state),
                                      .deadline_ms = TEST_DEADLINE_MS,
                                      .ring_bytes = 1 << 20};
    if (process_open(&sandbox, &options, &fault)) {
        print_error("%s: %s\n", og_error_name(fault.error), fault.message);
        return -1;
    }
    *state = sandbox;
    return 0;
}

static inline int close_test_sandbox(void **state)
{
    process_close(*state);
    return 0;
}

#define OVER(test, name, open, close, transport, placement)                                        \
    {                                                                                              \
#test "_over_" name, test, open, close, TRANSPORT_STATE(transport, placement)              \
    }
#define OVER_ALL(test, open, close)                                                                \
    OVER(test, "socket", open, close, PROCESS_SOCKET, PROCESS_ANYWHERE),                           \
        OVER(test, "ring", open, close, PROCESS_RING, PROCESS_ANYWHERE),                           \
        OVER(test, "ring_on_one_core", open, close, PROCESS_RING, PROCESS_ONE_CORE),               \
        OVER(test, "pipe", open, close, PROCESS_PIPE, PROCESS_ANYWHERE)

#define OVER_EACH(test) OVER_ALL(test, open_test_sandbox, close_test_sandbox)

/* The same for tests that open their own: *state is TRANSPORT_STATE. */
#define OVER_EACH_UNOPENED(test) OVER_ALL(test, NULL, NULL)

/* The simplest call there is works, by a worker that is alive and sane. */
static inline void assert_serves(struct process_sandbox *sandbox)
{
    struct wire_reader results;
    struct og_fault fault = {0};
    struct wire_writer *arguments = process_call_begin(sandbox, TEST_SUM);
    wire_put_u64(arguments, 40);
    wire_put_u64(arguments, 2);
    if (process_call_finish(sandbox, &results, &fault))
        fail_msg("%s: %s", og_error_name(fault.error), fault.message);
    assert_int_equal(wire_get_u64(&results), 42);
    assert_int_equal(process_results_finish(sandbox, &results, &fault), OG_OK);
}

/* Calls a function that takes at most a number and should fail. */
static inline enum og_error call_with_number(struct process_sandbox *sandbox, uint32_t function,
                                             uint64_t number, struct og_fault *fault)
{
    struct wire_reader results;
    wire_put_u64(process_call_begin(sandbox, function), number);
    return process_call_finish(sandbox, &results, fault);
}

#endif
