/* Runs each test over either transport, with a sandbox of og-worker-test. */
#ifndef PROCESS_BOTH_TRANSPORTS_H
#define PROCESS_BOTH_TRANSPORTS_H

#include "baselines/process/process.h"
#include "baselines/process/tests/test-worker.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST_DEADLINE_MS 5000

/* As the state of a test: which transport; then the sandbox. */
#define TRANSPORT_STATE(transport) ((void *)(uintptr_t)(transport))

static inline enum process_transport state_transport(void *state)
{
    return (enum process_transport)(uintptr_t)state;
}

static inline int open_test_sandbox(void **state)
{
    struct process_sandbox *sandbox;
    struct og_fault fault;
    struct process_options options = {.library = "test",
                                      .transport = state_transport(*state),
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

#define OVER_BOTH(test)                                                                            \
    {#test "_over_socket", test, open_test_sandbox, close_test_sandbox,                            \
     TRANSPORT_STATE(PROCESS_SOCKET)},                                                             \
    {                                                                                              \
#test "_over_ring", test, open_test_sandbox, close_test_sandbox,                           \
            TRANSPORT_STATE(PROCESS_RING)                                                          \
    }

/* The same for tests that open their own: *state is TRANSPORT_STATE. */
#define OVER_BOTH_UNOPENED(test)                                                                   \
    {#test "_over_socket", test, NULL, NULL, TRANSPORT_STATE(PROCESS_SOCKET)},                     \
    {                                                                                              \
#test "_over_ring", test, NULL, NULL, TRANSPORT_STATE(PROCESS_RING)                        \
    }

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
