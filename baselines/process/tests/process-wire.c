/* The serialization by itself, the ring's arithmetic, and the judgement of
 * answers: what a message may be, without any worker. */
#include "baselines/process/answer.h"
#include "baselines/process/channel.h"
#include "baselines/process/process.h"
#include "baselines/process/ring.h"
#include "baselines/process/stream.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void numbers_of_every_kind_come_back(void **state)
{
    (void)state;
    struct wire_writer writer = {0};
    struct wire_reader reader;
    wire_writer_begin(&writer, 0, NULL, 0, 1 << 20, false);
    wire_put_u8(&writer, 255);
    wire_put_u32(&writer, UINT32_MAX);
    wire_put_u64(&writer, UINT64_MAX);
    wire_put_i64(&writer, INT64_MIN);
    wire_put_i64(&writer, INT32_MIN);
    wire_put_i64(&writer, INT16_MIN);
    wire_put_f64(&writer, -0.5);
    assert_int_equal(wire_writer_error(&writer), OG_OK);
    assert_int_equal(writer.used, 56);
    wire_reader_begin(&reader, writer.base, writer.used, NULL);
    assert_int_equal(wire_get_u8(&reader), 255);
    assert_int_equal(wire_get_u32(&reader), UINT32_MAX);
    assert_int_equal(wire_get_u64(&reader), UINT64_MAX);
    assert_true(wire_get_i64(&reader) == INT64_MIN);
    assert_true(wire_get_i32(&reader) == INT32_MIN);
    assert_true(wire_get_i16(&reader) == INT16_MIN);
    assert_true(wire_get_f64(&reader) == -0.5);
    assert_int_equal(wire_finish(&reader), OG_OK);
    wire_writer_free(&writer);
}

static void numbers_out_of_range_are_refused(void **state)
{
    (void)state;
    uint64_t words[] = {256, (uint64_t)1 << 32, (uint64_t)INT32_MIN - 1, INT16_MAX + 1};
    struct wire_reader reader;
    wire_reader_begin(&reader, words, sizeof words, NULL);
    assert_int_equal(wire_get_u8(&reader), 0);
    assert_int_equal(wire_get_u64(&reader), 0); /* the error sticks */
    assert_int_equal(wire_finish(&reader), OG_CONTRACT);
    wire_reader_begin(&reader, words + 1, 8, NULL);
    assert_int_equal(wire_get_u32(&reader), 0);
    assert_int_equal(wire_finish(&reader), OG_CONTRACT);
    wire_reader_begin(&reader, words + 2, 8, NULL);
    assert_int_equal(wire_get_i32(&reader), 0);
    assert_int_equal(wire_finish(&reader), OG_CONTRACT);
    wire_reader_begin(&reader, words + 3, 8, NULL);
    assert_int_equal(wire_get_i16(&reader), 0);
    assert_int_equal(wire_finish(&reader), OG_CONTRACT);
    assert_non_null(reader.problem);
}

static void truncation_and_trailing_bytes_are_refused(void **state)
{
    (void)state;
    uint64_t words[3] = {1, 2, 3};
    struct wire_reader reader;
    wire_reader_begin(&reader, words, 16, NULL);
    wire_get_u64(&reader);
    assert_int_equal(wire_finish(&reader), OG_CONTRACT);
    wire_reader_begin(&reader, words, 8, NULL);
    wire_get_u64(&reader);
    assert_int_equal(wire_get_u64(&reader), 0);
    assert_int_equal(wire_finish(&reader), OG_CONTRACT);
    wire_reader_begin(&reader, words, 0, NULL);
    assert_int_equal(wire_finish(&reader), OG_OK);
}

static void byte_strings_past_the_message_are_refused(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {9, 17, UINT64_MAX, UINT64_MAX - 6, (uint64_t)1 << 63};
    struct wire_reader reader;
    size_t size;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t words[2] = {sizes[i], 0};
        wire_reader_begin(&reader, words, sizeof words, NULL);
        assert_null(wire_get_bytes(&reader, &size));
        assert_int_equal(size, 0);
        assert_int_equal(wire_finish(&reader), OG_CONTRACT);
    }
}

static void byte_strings_past_their_buffer_are_refused(void **state)
{
    (void)state;
    uint64_t words[2] = {5, 0x4141414141};
    char buffer[8] = "zzzzzzz";
    size_t size;
    struct wire_reader reader;
    wire_reader_begin(&reader, words, sizeof words, NULL);
    assert_false(wire_get_up_to(&reader, buffer, 4, &size));
    assert_string_equal(buffer, "zzzzzzz");
    wire_reader_begin(&reader, words, sizeof words, NULL);
    assert_false(wire_get_into(&reader, buffer, 6));
    assert_false(wire_get_into(&reader, buffer, 4));
    assert_string_equal(buffer, "zzzzzzz");
    wire_reader_begin(&reader, words, sizeof words, NULL);
    assert_true(wire_get_up_to(&reader, buffer, 8, &size));
    assert_int_equal(size, 5);
    assert_string_equal(buffer, "AAAAAzz");
}

static void views_of_shared_bytes_do_not_change_afterwards(void **state)
{
    (void)state;
    uint64_t words[4] = {3, 0x414141, 4, 0x42424242};
    struct wire_scratch scratch = {0};
    struct wire_reader reader;
    size_t size;
    wire_reader_begin(&reader, words, sizeof words, &scratch);
    const char *first = wire_get_bytes(&reader, &size);
    const char *second = wire_get_bytes(&reader, &size);
    assert_int_equal(wire_finish(&reader), OG_OK);
    memset(words, 0xff, sizeof words);
    assert_memory_equal(first, "AAA", 3);
    assert_memory_equal(second, "BBBB", 4);
    assert_int_equal((uintptr_t)second % 8, 0);
    wire_scratch_free(&scratch);
}

static void a_message_that_outgrows_its_window_moves_out_of_it(void **state)
{
    (void)state;
    uint64_t window[8], sentinel = window[7] = 0x1122334455667788;
    struct wire_writer writer = {0};
    wire_writer_begin(&writer, 24, window, 56, 1 << 20, false);
    for (uint64_t i = 0; i < 4; i++)
        wire_put_u64(&writer, i);
    assert_ptr_equal(writer.base, (uint8_t *)window);
    wire_put_u64(&writer, 4);
    assert_ptr_not_equal(writer.base, (uint8_t *)window);
    assert_int_equal(window[7], sentinel);
    struct wire_reader reader;
    wire_reader_begin(&reader, writer.base + 24, writer.used - 24, NULL);
    for (uint64_t i = 0; i < 5; i++)
        assert_int_equal(wire_get_u64(&reader), i);
    assert_int_equal(wire_finish(&reader), OG_OK);
    wire_writer_free(&writer);
}

static void the_limit_bounds_a_message(void **state)
{
    (void)state;
    static char bytes[8192];
    struct wire_writer writer = {0};
    for (int by_reference = 0; by_reference < 2; by_reference++) {
        wire_writer_begin(&writer, 24, NULL, 0, 8192, by_reference);
        wire_put_bytes(&writer, bytes, 8192 - 24 - 8);
        assert_int_equal(wire_writer_error(&writer), OG_OK);
        wire_put_u64(&writer, 1);
        assert_int_equal(wire_writer_error(&writer), OG_OVERFLOW);
        wire_writer_begin(&writer, 24, NULL, 0, 8192, by_reference);
        wire_put_bytes(&writer, bytes, 8192 - 24);
        assert_int_equal(wire_writer_error(&writer), OG_OVERFLOW);
    }
    wire_writer_begin(&writer, 24, NULL, 0, 8192, false);
    assert_null(wire_reserve(&writer, SIZE_MAX));
    assert_int_equal(wire_writer_error(&writer), OG_OVERFLOW);
    wire_writer_free(&writer);
}

static void a_reservation_shuts_out_puts_until_it_is_committed(void **state)
{
    (void)state;
    struct wire_writer writer = {0};
    wire_writer_begin(&writer, 24, NULL, 0, 1 << 20, false);
    assert_non_null(wire_reserve(&writer, 100));
    assert_int_equal(wire_writer_error(&writer), OG_BUSY);
    wire_put_u64(&writer, 1);
    assert_int_equal(wire_writer_error(&writer), OG_BUSY);

    wire_writer_begin(&writer, 24, NULL, 0, 1 << 20, false);
    assert_non_null(wire_reserve(&writer, 100));
    wire_commit(&writer, 105);
    assert_int_equal(wire_writer_error(&writer), OG_BAD_ARGUMENT);

    wire_writer_begin(&writer, 24, NULL, 0, 1 << 20, false);
    wire_commit(&writer, 0);
    assert_int_equal(wire_writer_error(&writer), OG_BAD_ARGUMENT);
    wire_writer_free(&writer);
}

static void a_refused_writer_takes_everything_and_keeps_its_error(void **state)
{
    (void)state;
    struct wire_writer writer = {0};
    wire_writer_refuse(&writer, OG_BUSY);
    wire_put_u64(&writer, 1);
    wire_put_bytes(&writer, "abc", 3);
    assert_null(wire_reserve(&writer, 8));
    wire_commit(&writer, 8);
    assert_int_equal(wire_writer_error(&writer), OG_BUSY);
    wire_writer_free(&writer);
}

static void positions_outside_the_ring_are_not_believed(void **state)
{
    (void)state;
    static const uint32_t lies[] = {4097, 8192, 0x80000000, UINT32_MAX, UINT32_MAX - 4096};
    struct ring_patience impatient = {.process = -1, .deadline = 0};
    void *memory = mmap(NULL, ring_memory_size(4096), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct ring ring = ring_view(memory, 4096, 1);
        size_t available;
        atomic_store(&ring.control->written, lies[i]);
        assert_int_equal(ring_await(&ring, 24, &available, &impatient), CHANNEL_BROKEN);
        ring_stream_begin(&ring);
        atomic_store(&ring.control->consumed, lies[i]);
        /* Somewhat less than was ever written only makes the ring look fuller. */
        assert_int_equal(ring_stream_write(&ring, "8 bytes", 8, &impatient),
                         lies[i] == UINT32_MAX ? CHANNEL_OK : CHANNEL_BROKEN);
    }
    munmap(memory, ring_memory_size(4096));
}

static void positions_wrap_after_four_gibibytes(void **state)
{
    (void)state;
    struct ring_patience impatient = {.process = -1, .deadline = 0};
    void *memory = mmap(NULL, ring_memory_size(4096), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct ring producer = ring_view(memory, 4096, 0), consumer = producer;
    producer.end = consumer.end = UINT32_MAX - 8191 - 4000;
    atomic_store(&producer.control->written, producer.end);
    for (size_t size = 32; size <= 4096; size += 508) {
        size_t available;
        producer.data[size - 1] = (uint8_t)size;
        ring_publish(&producer, size);
        assert_int_equal(ring_await(&consumer, size, &available, &impatient), CHANNEL_OK);
        assert_int_equal(available, size);
        ring_release(&consumer, size);
        assert_int_equal(ring_await(&consumer, 24, &available, &impatient), CHANNEL_LATE);
    }
    munmap(memory, ring_memory_size(4096));
}

enum { LEFT_NS = 30000000 };

/* As after ten seconds of standing still, when the deadline had been so near. */
static struct ring_patience stopped_before_the_deadline(void)
{
    uint64_t then = ring_clock() - UINT64_C(10000000000);
    return (struct ring_patience){.process = -1, .looked = then, .deadline = then + LEFT_NS};
}

static void who_was_stopped_has_the_time_that_was_left(void **state)
{
    (void)state;
    void *memory = mmap(NULL, ring_memory_size(4096), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct ring ring = ring_view(memory, 4096, 0);
    uint64_t start = ring_clock();
    size_t size;
    struct ring_patience patience = stopped_before_the_deadline();
    assert_int_equal(ring_await(&ring, 24, &size, &patience), CHANNEL_LATE);
    assert_true(ring_clock() - start >= LEFT_NS);
    munmap(memory, ring_memory_size(4096));
    for (int is_socket = 0; is_socket < 2; is_socket++) {
        int ends[2];
        char byte;
        assert_int_equal(is_socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe(ends), 0);
        struct stream stream = {
            .is_socket = is_socket, .is_host = true, .in = ends[0], .out = ends[1]};
        patience = stopped_before_the_deadline();
        start = ring_clock();
        assert_int_equal(stream_receive(&stream, &patience, &byte, 1, 1, &size), CHANNEL_LATE);
        assert_true(ring_clock() - start >= LEFT_NS);
        close(ends[0]);
        close(ends[1]);
    }
}

static void what_a_host_views_in_a_ring_is_its_own_copy(void **state)
{
    (void)state;
    struct channel host, worker;
    const struct ring_patience patient = {.process = -1, .deadline = UINT64_MAX};
    struct wire_writer writer = {0};
    struct wire_reader reader;
    struct message_header header = {.kind = MESSAGE_RETURN, .sequence = 1};
    size_t memory_size = ring_memory_size(4096), size;
    void *memory =
        mmap(NULL, memory_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    channel_init_rings(&host, memory, 4096, true, 65536, &patient);
    channel_init_rings(&worker, memory, 4096, false, 65536, &patient);
    channel_begin(&worker, LANE_ANSWERS, &writer, false);
    wire_put_bytes(&writer, "trusted", 7);
    assert_int_equal(channel_send(&worker, LANE_ANSWERS, &header, &writer), CHANNEL_OK);
    assert_int_equal(channel_receive(&host, LANE_ANSWERS, &header, &reader), CHANNEL_OK);
    const void *view = wire_get_bytes(&reader, &size);
    memset(memory, 0xff, memory_size);
    assert_int_equal(size, 7);
    assert_memory_equal(view, "trusted", 7);
    wire_writer_free(&writer);
    channel_free(&host);
    channel_free(&worker);
    munmap(memory, memory_size);
}

static void only_messages_that_answer_the_call_are_answers(void **state)
{
    (void)state;
    const struct message_header good[] = {
        {MESSAGE_RETURN, 0, 9, 16},
        {MESSAGE_REFUSED, OG_INVALID, 9, 0},
        {MESSAGE_REFUSED, OG_POISONED, 9, 0},
        {MESSAGE_CALLBACK, PROCESS_CALLBACKS - 1, 9, 8},
    };
    const struct message_header bad[] = {
        {MESSAGE_RETURN, 0, 8, 16},
        {MESSAGE_RETURN, 1, 9, 16},
        {MESSAGE_REFUSED, OG_OK, 9, 0},
        {MESSAGE_REFUSED, OG_FAULTED, 9, 0},
        {MESSAGE_REFUSED, OG_DEADLINE, 9, 0},
        {MESSAGE_REFUSED, UINT32_MAX, 9, 0},
        {MESSAGE_REFUSED, OG_INVALID, 9, 8},
        {MESSAGE_CALLBACK, PROCESS_CALLBACKS, 9, 0},
        {MESSAGE_READY, 0, 9, 0},
        {MESSAGE_CALL, 0, 9, 0},
        {MESSAGE_CALLED_BACK, 0, 9, 0},
        {0, 0, 9, 0},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_null(answer_problem(&good[i], 9));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_non_null(answer_problem(&bad[i], 9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_every_kind_come_back),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(truncation_and_trailing_bytes_are_refused),
        cmocka_unit_test(byte_strings_past_the_message_are_refused),
        cmocka_unit_test(byte_strings_past_their_buffer_are_refused),
        cmocka_unit_test(views_of_shared_bytes_do_not_change_afterwards),
        cmocka_unit_test(a_message_that_outgrows_its_window_moves_out_of_it),
        cmocka_unit_test(the_limit_bounds_a_message),
        cmocka_unit_test(a_reservation_shuts_out_puts_until_it_is_committed),
        cmocka_unit_test(a_refused_writer_takes_everything_and_keeps_its_error),
        cmocka_unit_test(positions_outside_the_ring_are_not_believed),
        cmocka_unit_test(positions_wrap_after_four_gibibytes),
        cmocka_unit_test(who_was_stopped_has_the_time_that_was_left),
        cmocka_unit_test(what_a_host_views_in_a_ring_is_its_own_copy),
        cmocka_unit_test(only_messages_that_answer_the_call_are_answers),
    };
    return cmocka_run_group_tests_name("process-wire", tests, NULL, NULL);
}
