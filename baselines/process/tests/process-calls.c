/* Calls, byte strings, callbacks and handles over each transport. */
#include "baselines/process/tests/each-transport.h"

static uint8_t *make_bytes(size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 13);
    return bytes;
}

static void assert_echo(struct process_sandbox *sandbox, size_t size)
{
    uint8_t *bytes = make_bytes(size);
    struct wire_reader results;
    struct og_fault fault = {0};
    wire_put_bytes(process_call_begin(sandbox, TEST_ECHO), bytes, size);
    if (process_call_finish(sandbox, &results, &fault))
        fail_msg("%zu bytes: %s: %s", size, og_error_name(fault.error), fault.message);
    size_t echoed;
    const void *echo = wire_get_bytes(&results, &echoed);
    assert_int_equal(process_results_finish(sandbox, &results, &fault), OG_OK);
    assert_int_equal(echoed, size);
    assert_memory_equal(echo, bytes, size);
    assert_int_equal((uintptr_t)echo % 8, 0);
    free(bytes);
}

static void numbers_are_summed(void **state)
{
    for (int i = 0; i < 1000; i++)
        assert_serves(*state);
    assert_int_equal(process_generation(*state), 1);
}

static void byte_strings_of_every_size_come_back(void **state)
{
    static const size_t sizes[] = {0,       1,       7,       8,       9,       2047,
                                   2048,    4096,    65535,   65536,   65537,   1000000,
                                   1048528, 1048536, 1048544, 1048552, 1048576, 3000001};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        assert_echo(*state, sizes[i]);
    for (size_t size = 0; size < 300; size++)
        assert_echo(*state, size);
}

static void eight_mebibytes_come_back(void **state)
{
    for (int i = 0; i < 3; i++)
        assert_echo(*state, (size_t)8 << 20);
    assert_serves(*state);
}

static void reserved_results_come_back_in_place(void **state)
{
    static const size_t sizes[] = {0, 1, 4096, 500000, 1048400, 2000000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t size = sizes[i];
        uint8_t *bytes = make_bytes(size), *reversed = malloc(size + 1);
        struct wire_reader results;
        wire_put_bytes(process_call_begin(*state, TEST_REVERSE), bytes, size);
        assert_int_equal(process_call_finish(*state, &results, NULL), OG_OK);
        assert_true(wire_get_into(&results, reversed, size));
        assert_int_equal(wire_get_u64(&results), size);
        assert_int_equal(process_results_finish(*state, &results, NULL), OG_OK);
        for (size_t at = 0; at < size; at++)
            if (reversed[at] != bytes[size - 1 - at])
                fail_msg("byte %zu of %zu differs", at, size);
        free(bytes);
        free(reversed);
    }
}

static void many_byte_strings_keep_their_order(void **state)
{
    /* More than a message refers to, large ones and small ones in turn. */
    enum { COUNT = 20, LARGE = 3001 };
    size_t total = 0;
    uint8_t *bytes = make_bytes(COUNT * LARGE), *joined = malloc(COUNT * LARGE);
    struct wire_reader results;
    struct wire_writer *arguments = process_call_begin(*state, TEST_JOIN);
    wire_put_u32(arguments, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = i % 2 ? LARGE - i : i;
        wire_put_bytes(arguments, bytes + total, size);
        total += size;
    }
    assert_int_equal(process_call_finish(*state, &results, NULL), OG_OK);
    assert_true(wire_get_into(&results, joined, total));
    assert_int_equal(process_results_finish(*state, &results, NULL), OG_OK);
    assert_memory_equal(joined, bytes, total);
    free(bytes);
    free(joined);
}

static void unknown_functions_are_refused(void **state)
{
    struct og_fault fault;
    assert_int_equal(call_with_number(*state, TEST_FUNCTION_COUNT, 0, &fault), OG_NOT_FOUND);
    assert_int_equal(call_with_number(*state, UINT32_MAX, 0, &fault), OG_NOT_FOUND);
    assert_int_equal(process_generation(*state), 1);
    assert_serves(*state);
}

static void a_handlers_error_is_the_calls(void **state)
{
    struct og_fault fault;
    assert_int_equal(call_with_number(*state, TEST_REFUSE, OG_INVALID, &fault), OG_INVALID);
    assert_int_equal(fault.error, OG_INVALID);
    assert_true(fault.message[0] != '\0');
    assert_int_equal(call_with_number(*state, TEST_REFUSE, OG_POISONED, &fault), OG_POISONED);
    assert_int_equal(process_generation(*state), 1);
    assert_serves(*state);
}

static void malformed_arguments_are_refused_by_the_worker(void **state)
{
    struct wire_reader results;
    wire_put_u64(process_call_begin(*state, TEST_SUM), 1);
    assert_int_equal(process_call_finish(*state, &results, NULL), OG_CONTRACT);
    wire_put_u64(process_call_begin(*state, TEST_ECHO), UINT64_MAX);
    assert_int_equal(process_call_finish(*state, &results, NULL), OG_CONTRACT);
    assert_int_equal(process_generation(*state), 1);
    assert_serves(*state);
}

static void arguments_above_the_limit_are_never_sent(void **state)
{
    struct wire_reader results;
    struct og_fault fault;
    static const char some[4096];
    struct wire_writer *arguments = process_call_begin(*state, TEST_ECHO);
    wire_put_bytes(arguments, some, (size_t)65 << 20); /* refused before it is read */
    assert_int_equal(process_call_finish(*state, &results, &fault), OG_OVERFLOW);
    arguments = process_call_begin(*state, TEST_ECHO);
    wire_put_bytes(arguments, some, SIZE_MAX);
    assert_int_equal(process_call_finish(*state, &results, &fault), OG_OVERFLOW);
    assert_int_equal(process_generation(*state), 1);
    assert_serves(*state);
}

static void a_call_that_was_not_begun_is_refused(void **state)
{
    struct wire_reader results;
    assert_int_equal(process_call_finish(*state, &results, NULL), OG_BAD_ARGUMENT);
    assert_serves(*state);
    assert_int_equal(process_call_finish(*state, &results, NULL), OG_BAD_ARGUMENT);
}

static void beginning_again_forgets_the_first(void **state)
{
    wire_put_u64(process_call_begin(*state, TEST_CRASH), 8);
    assert_serves(*state);
    assert_int_equal(process_generation(*state), 1);
}

static void random_numbers_and_clocks_work_inside(void **state)
{
    struct wire_reader results;
    uint8_t bytes[16];
    process_call_begin(*state, TEST_RANDOM);
    assert_int_equal(process_call_finish(*state, &results, NULL), OG_OK);
    assert_true(wire_get_into(&results, bytes, sizeof bytes));
    assert_true(wire_get_u64(&results) > 0);
    assert_int_equal(process_results_finish(*state, &results, NULL), OG_OK);
}

/* ---- callbacks ---- */

static enum og_error twice(void *user, struct wire_reader *arguments, struct wire_writer *results)
{
    ++*(uint64_t *)user;
    wire_put_u64(results, 2 * wire_get_u64(arguments));
    return wire_finish(arguments);
}

static enum og_error flip(void *user, struct wire_reader *arguments, struct wire_writer *results)
{
    (void)user;
    size_t size;
    const uint8_t *bytes = wire_get_bytes(arguments, &size);
    uint8_t *room = wire_reserve(results, size);
    for (size_t i = 0; room && i < size; i++)
        room[i] = (uint8_t)~bytes[i];
    wire_commit(results, size);
    return wire_finish(arguments);
}

static void callbacks_travel_back(void **state)
{
    uint64_t count = 0;
    assert_int_equal(process_callback_register(*state, 5, twice, &count), OG_OK);
    struct wire_reader results;
    struct wire_writer *arguments = process_call_begin(*state, TEST_CALLBACKS);
    wire_put_u32(arguments, 5);
    wire_put_u64(arguments, 1000);
    assert_int_equal(process_call_finish(*state, &results, NULL), OG_OK);
    assert_int_equal(wire_get_u64(&results), 999 * 1000);
    assert_int_equal(process_results_finish(*state, &results, NULL), OG_OK);
    assert_int_equal(count, 1000);
}

static void assert_callback_bytes(struct process_sandbox *sandbox, size_t size)
{
    uint8_t *bytes = make_bytes(size);
    struct wire_reader results;
    struct og_fault fault = {0};
    struct wire_writer *arguments = process_call_begin(sandbox, TEST_CALLBACK_BYTES);
    wire_put_u32(arguments, 0);
    wire_put_bytes(arguments, bytes, size);
    if (process_call_finish(sandbox, &results, &fault))
        fail_msg("%zu: %s: %s", size, og_error_name(fault.error), fault.message);
    size_t first, second, third;
    const uint8_t *before = wire_get_bytes(&results, &first);
    const uint8_t *flipped = wire_get_bytes(&results, &second);
    const uint8_t *after = wire_get_bytes(&results, &third);
    assert_int_equal(process_results_finish(sandbox, &results, NULL), OG_OK);
    assert_true(first == size && second == size && third == size);
    assert_memory_equal(before, bytes, size);
    assert_memory_equal(after, bytes, size);
    for (size_t i = 0; i < size; i++)
        if ((flipped[i] ^ bytes[i]) != 0xff)
            fail_msg("byte %zu of %zu is not flipped", i, size);
    free(bytes);
}

static void large_callbacks_leave_arguments_and_results_alone(void **state)
{
    static const size_t sizes[] = {1, 1000, 300000, 600000, 1048500, 1048576, 2500000};
    process_callback_register(*state, 0, flip, NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        assert_callback_bytes(*state, sizes[i]);
}

static void a_callback_during_a_reservation_is_refused(void **state)
{
    uint64_t count = 0;
    struct wire_reader results;
    process_callback_register(*state, 0, twice, &count);
    wire_put_u32(process_call_begin(*state, TEST_CALLBACK_RESERVED), 0);
    assert_int_equal(process_call_finish(*state, &results, NULL), OG_OK);
    size_t size;
    wire_get_bytes(&results, &size);
    assert_int_equal(wire_get_u32(&results), OG_BUSY);
    assert_int_equal(process_results_finish(*state, &results, NULL), OG_OK);
    assert_int_equal(count, 0);
}

static enum og_error call_again(void *user, struct wire_reader *arguments,
                                struct wire_writer *results)
{
    struct process_sandbox *sandbox = user;
    struct wire_reader nested;
    struct og_fault fault;
    wire_put_u64(process_call_begin(sandbox, TEST_SUM), 1);
    assert_int_equal(process_call_finish(sandbox, &nested, &fault), OG_BUSY);
    assert_int_equal(process_reset(sandbox, &fault), OG_BUSY);
    wire_put_u64(results, wire_get_u64(arguments));
    return wire_finish(arguments);
}

static void calls_from_a_callback_are_refused_and_harm_nothing(void **state)
{
    struct wire_reader results;
    process_callback_register(*state, 0, call_again, *state);
    struct wire_writer *arguments = process_call_begin(*state, TEST_CALLBACKS);
    wire_put_u32(arguments, 0);
    wire_put_u64(arguments, 3);
    assert_int_equal(process_call_finish(*state, &results, NULL), OG_OK);
    assert_int_equal(wire_get_u64(&results), 0 + 1 + 2);
    assert_int_equal(process_results_finish(*state, &results, NULL), OG_OK);
    assert_int_equal(process_generation(*state), 1);
}

static enum og_error other_sandbox(void *user, struct wire_reader *arguments,
                                   struct wire_writer *results)
{
    assert_serves(user);
    wire_put_u64(results, wire_get_u64(arguments));
    return OG_OK;
}

static void a_callback_can_use_another_sandbox(void **state)
{
    struct process_options options = {.library = "test"};
    struct process_sandbox *other;
    struct wire_reader results;
    assert_int_equal(process_open(&other, &options, NULL), OG_OK);
    process_callback_register(*state, 63, other_sandbox, other);
    struct wire_writer *arguments = process_call_begin(*state, TEST_CALLBACKS);
    wire_put_u32(arguments, 63);
    wire_put_u64(arguments, 2);
    assert_int_equal(process_call_finish(*state, &results, NULL), OG_OK);
    assert_int_equal(wire_get_u64(&results), 1);
    process_close(other);
}

static enum og_error refuse(void *user, struct wire_reader *arguments, struct wire_writer *results)
{
    (void)user, (void)arguments, (void)results;
    return OG_INVALID;
}

static void a_refusing_callback_ends_the_call_and_the_worker(void **state)
{
    struct wire_reader results;
    struct og_fault fault;
    process_callback_register(*state, 0, refuse, NULL);
    struct wire_writer *arguments = process_call_begin(*state, TEST_CALLBACKS);
    wire_put_u32(arguments, 0);
    wire_put_u64(arguments, 1);
    assert_int_equal(process_call_finish(*state, &results, &fault), OG_INVALID);
    assert_int_equal(process_generation(*state), 2);
    assert_serves(*state);
}

static void callbacks_out_of_range_cannot_be_registered(void **state)
{
    assert_int_equal(process_callback_register(*state, PROCESS_CALLBACKS, twice, NULL),
                     OG_BAD_ARGUMENT);
}

/* ---- handles ---- */

static uint64_t new_counter(struct process_sandbox *sandbox, uint64_t first)
{
    struct wire_reader results;
    wire_put_u64(process_call_begin(sandbox, TEST_COUNTER_NEW), first);
    assert_int_equal(process_call_finish(sandbox, &results, NULL), OG_OK);
    uint64_t handle = wire_get_u64(&results);
    assert_int_equal(process_results_finish(sandbox, &results, NULL), OG_OK);
    assert_true(handle != 0);
    return handle;
}

static enum og_error add(struct process_sandbox *sandbox, uint64_t handle, uint64_t *total)
{
    struct wire_reader results;
    struct wire_writer *arguments = process_call_begin(sandbox, TEST_COUNTER_ADD);
    wire_put_u64(arguments, handle);
    wire_put_u64(arguments, 10);
    enum og_error error = process_call_finish(sandbox, &results, NULL);
    *total = wire_get_u64(&results);
    return error;
}

static void handles_name_objects_until_they_are_removed(void **state)
{
    uint64_t first = new_counter(*state, 1), second = new_counter(*state, 2), total;
    assert_true(first != second);
    assert_int_equal(add(*state, first, &total), OG_OK);
    assert_int_equal(total, 11);
    assert_int_equal(add(*state, second, &total), OG_OK);
    assert_int_equal(total, 12);
    assert_int_equal(call_with_number(*state, TEST_COUNTER_FREE, first, NULL), OG_OK);
    assert_int_equal(add(*state, first, &total), OG_BAD_ARGUMENT);
    assert_int_equal(call_with_number(*state, TEST_COUNTER_FREE, first, NULL), OG_BAD_ARGUMENT);
    assert_int_equal(add(*state, first ^ 1, &total), OG_BAD_ARGUMENT);
    assert_int_equal(add(*state, 0, &total), OG_BAD_ARGUMENT);
    assert_int_equal(add(*state, UINT64_MAX, &total), OG_BAD_ARGUMENT);
    assert_int_equal(add(*state, second, &total), OG_OK);
}

static void handles_of_a_lost_worker_are_unknown_to_the_next(void **state)
{
    uint64_t handle = new_counter(*state, 1), total, generation = process_generation(*state);
    assert_int_equal(process_reset(*state, NULL), OG_OK);
    assert_true(process_generation(*state) != generation);
    new_counter(*state, 1);
    assert_int_equal(add(*state, handle, &total), OG_BAD_ARGUMENT);
}

static void handles_run_out_without_harm(void **state)
{
    struct wire_reader results;
    process_call_begin(*state, TEST_HANDLES_FULL);
    assert_int_equal(process_call_finish(*state, &results, NULL), OG_OK);
    assert_int_equal(wire_get_u64(&results), 65536);
    assert_serves(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_EACH(numbers_are_summed),
        OVER_EACH(byte_strings_of_every_size_come_back),
        OVER_EACH(eight_mebibytes_come_back),
        OVER_EACH(reserved_results_come_back_in_place),
        OVER_EACH(many_byte_strings_keep_their_order),
        OVER_EACH(unknown_functions_are_refused),
        OVER_EACH(a_handlers_error_is_the_calls),
        OVER_EACH(malformed_arguments_are_refused_by_the_worker),
        OVER_EACH(arguments_above_the_limit_are_never_sent),
        OVER_EACH(a_call_that_was_not_begun_is_refused),
        OVER_EACH(beginning_again_forgets_the_first),
        OVER_EACH(random_numbers_and_clocks_work_inside),
        OVER_EACH(callbacks_travel_back),
        OVER_EACH(large_callbacks_leave_arguments_and_results_alone),
        OVER_EACH(a_callback_during_a_reservation_is_refused),
        OVER_EACH(calls_from_a_callback_are_refused_and_harm_nothing),
        OVER_EACH(a_callback_can_use_another_sandbox),
        OVER_EACH(a_refusing_callback_ends_the_call_and_the_worker),
        OVER_EACH(callbacks_out_of_range_cannot_be_registered),
        OVER_EACH(handles_name_objects_until_they_are_removed),
        OVER_EACH(handles_of_a_lost_worker_are_unknown_to_the_next),
        OVER_EACH(handles_run_out_without_harm),
    };
    return cmocka_run_group_tests_name("process-calls", tests, NULL, NULL);
}
