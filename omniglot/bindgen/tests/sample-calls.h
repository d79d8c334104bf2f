/* The generated stubs of one discipline at work: every annotation of sample.og.h carries what
 * it should, and, where something stands between host and library, what breaks the interface
 * does not get to the caller. Included after the stubs, by one source a discipline, which says with
 * what options they open the library. */
#ifndef BINDGEN_TESTS_SAMPLE_CALLS_H
#define BINDGEN_TESTS_SAMPLE_CALLS_H

#include "omniglot/tests/cmocka-tests.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct sample sample;
static struct og_fault fault;

static void find_library(char path[PATH_MAX])
{
    char program[PATH_MAX] = "";
    assert_true(readlink("/proc/self/exe", program, sizeof(program) - 1) > 0);
    *strrchr(program, '/') = '\0';
    snprintf(path, PATH_MAX, "%.4000s/../lib/libogsample.so", program);
}

static int open_library(void **state)
{
    static char path[PATH_MAX];
    (void)state;
    find_library(path);
    memset(&sample, 0, sizeof(sample));
#ifdef SAMPLE_IS_LINKED
    return instance_open(&sample.instance, "sample", path, NULL, &fault) != OG_OK;
#else
    return sample_open_from(&sample, path, SAMPLE_OPTIONS, &fault) != OG_OK;
#endif
}

static int close_library(void **state)
{
    (void)state;
    return instance_close(&sample.instance, &fault) != OG_OK;
}

#define ASSERT_DONE(call) assert_int_equal((call), OG_OK)

/* --- what an honest library computes --- */

static void numbers_are_carried(void **state)
{
    (void)state;
    int number = 0;
    uint64_t mixed = 0;
    bool truth = false;
    ASSERT_DONE(call_sample_version(&sample, &number, &fault));
    assert_int_equal(number, 3);
    ASSERT_DONE(call_sample_add(&sample, &number, -5, 3, &fault));
    assert_int_equal(number, -2);
    ASSERT_DONE(call_sample_mix(&sample, &mixed, -7, 65535, 1.25f, -0.5, (void *)1, &fault));
    assert_int_equal(mixed, -7 + 65535000 + 5 - 4 + 1);
    ASSERT_DONE(call_sample_is_odd(&sample, &truth, 7, &fault));
    assert_true(truth);
    ASSERT_DONE(call_sample_digit(&sample, &number, 27, &fault));
    assert_int_equal(number, 7);
    uint8_t byte = 0;
    ASSERT_DONE(call_sample_low_byte(&sample, &byte, 0x1234, &fault));
    assert_int_equal(byte, 0x34);
}

static void enums_and_structs_are_returned(void **state)
{
    (void)state;
    enum sample_shade shade = SAMPLE_DARK;
    struct sample_point point = {0};
    struct sample_pixel pixel = {0};
    ASSERT_DONE(call_sample_shade_of(&sample, &shade, 60, &fault));
    assert_int_equal(shade, SAMPLE_LIGHT);
    ASSERT_DONE(call_sample_point_at(&sample, &point, 1.5, -2, &fault));
    assert_true(point.x == 1.5 && point.y == -2);
    ASSERT_DONE(call_sample_pixel_at(&sample, &pixel, 8, 9, &fault));
    assert_int_equal(pixel.shade, SAMPLE_DARK);
    assert_true(pixel.solid);
    assert_int_equal(pixel.levels[2], 3);
    assert_true(pixel.at.x == 8 && pixel.at.y == 9);
}

static void buffers_go_in_and_out(void **state)
{
    (void)state;
    const uint8_t bytes[] = {1, 2, 250};
    uint16_t filled[3] = {0};
    int32_t doubled[] = {-4, 1 << 20};
    uint64_t sum = 0;
    int status = 9;
    ASSERT_DONE(call_sample_sum(&sample, &sum, bytes, sizeof(bytes), &fault));
    assert_int_equal(sum, 253);
    ASSERT_DONE(call_sample_fill(&sample, filled, 3, 40000, &fault));
    assert_int_equal(filled[0] + filled[1] + filled[2], 120000);
    ASSERT_DONE(call_sample_double(&sample, &status, doubled, 2, &fault));
    assert_int_equal(doubled[0], -8);
    assert_int_equal(doubled[1], 1 << 21);
    ASSERT_DONE(call_sample_sum(&sample, &sum, NULL, 0, &fault));
    assert_int_equal(sum, 0);
}

static void values_go_out_checked(void **state)
{
    (void)state;
    bool flags[4] = {false};
    struct sample_pixel pixels[2];
    int status = 9, level = 0;
    ASSERT_DONE(call_sample_flags(&sample, &status, flags, 4, &fault));
    assert_true(!flags[0] && flags[1] && !flags[2] && flags[3]);
    ASSERT_DONE(call_sample_pixels(&sample, &status, pixels, 2, &fault));
    assert_int_equal(pixels[1].shade, SAMPLE_LIGHT);
    ASSERT_DONE(call_sample_level(&sample, &status, &level, 18, &fault));
    assert_int_equal(level, 8);
}

static void texts_are_carried_and_null_stays_null(void **state)
{
    (void)state;
    int words = 0, status = 9;
    uint32_t total = 0;
    const uint32_t numbers[] = {7, 8};
    ASSERT_DONE(call_sample_count_words(&sample, &words, " to be  or not", &fault));
    assert_int_equal(words, 4);
    ASSERT_DONE(call_sample_count_words(&sample, &words, NULL, &fault));
    assert_int_equal(words, -1);
    ASSERT_DONE(call_sample_total(&sample, &status, numbers, 2, &total, &fault));
    assert_int_equal(total, 15);
    ASSERT_DONE(call_sample_total(&sample, &status, NULL, 2, &total, &fault));
    assert_int_equal(total, 0);
    ASSERT_DONE(call_sample_total(&sample, &status, numbers, 2, NULL, &fault));
    ASSERT_DONE(call_sample_is_absent(&sample, &status, &fault));
    assert_true(status);
}

static void a_length_tells_room_and_then_size(void **state)
{
    (void)state;
    char out[8] = "???????";
    size_t size = sizeof(out);
    int status = 9;
    ASSERT_DONE(call_sample_shout(&sample, &status, "hey", out, &size, &fault));
    assert_int_equal(status, 0);
    assert_int_equal(size, 3);
    assert_memory_equal(out, "HEY????", 7);
    size = 2;
    ASSERT_DONE(call_sample_shout(&sample, &status, "hey", out, &size, &fault));
    assert_int_equal(status, -1); /* a failure: neither length nor output are taken over */
    assert_int_equal(size, 2);
    assert_memory_equal(out, "HEY????", 7);
}

static void a_count_of_a_field_tells_room_and_then_size(void **state)
{
    (void)state;
    struct sample_query query = {.size = 8, .kind = 3};
    uint8_t first[2] = {0}, out[9] = "????????";
    int status = 9;
    ASSERT_DONE(call_sample_ask(&sample, &status, &query, first, out, &fault));
    assert_int_equal(query.size, 4);
    assert_int_equal(query.kind, 3);
    assert_memory_equal(out, "\2\2\2\2????", 8);
}

static void two_lengths_tell_rooms_and_then_sizes(void **state)
{
    (void)state;
    struct sample_query query = {.kind = 3};
    uint8_t first[4] = "????", second[3] = "???";
    size_t first_size = sizeof(first), second_size = sizeof(second);
    int status = 9;
    ASSERT_DONE(call_sample_split(&sample, &status, &query, first, &first_size, second,
                                  &second_size, &fault));
    assert_int_equal(query.kind, 3);
    assert_int_equal(first_size, 3);
    assert_memory_equal(first, "\1\1\1?", 4);
    assert_int_equal(second_size, 2);
    assert_memory_equal(second, "\2\2?", 3);
}

static void windows_move_on(void **state)
{
    (void)state;
    const uint8_t in[] = "ABCDEFGH", *from = in;
    uint8_t out[5] = "....", *to = out;
    size_t left = 8, room = 3;
    int status = 9;
    ASSERT_DONE(call_sample_pump(&sample, &status, &from, &left, &to, &room, &fault));
    assert_ptr_equal(from, in + 3);
    assert_ptr_equal(to, out + 3);
    assert_int_equal(left, 5);
    assert_int_equal(room, 0);
    assert_memory_equal(out, "abc.", 4);
}

static void a_handle_lives_until_it_ends(void **state)
{
    (void)state;
    struct sample_tally first = {0}, second = {0}, none = {0};
    int number = 0;
    ASSERT_DONE(call_sample_counter_new(&sample, &first, 10, &fault));
    ASSERT_DONE(call_sample_counter_new(&sample, &second, 20, &fault));
    ASSERT_DONE(call_sample_counter_next(&sample, &number, &first, &fault));
    ASSERT_DONE(call_sample_counter_next(&sample, &number, &first, &fault));
    assert_int_equal(number, 11);
    ASSERT_DONE(call_sample_counter_free(&sample, &first, &fault));
    ASSERT_DONE(call_sample_counter_next(&sample, &number, &second, &fault));
    assert_int_equal(number, 20);
    ASSERT_DONE(call_sample_counter_free(&sample, &second, &fault));
    assert_int_equal(call_sample_counter_new(&sample, &none, -1, &fault), OG_NULL);
}

static void an_object_stays_where_it_is_and_keeps_its_secret(void **state)
{
    (void)state;
    uint8_t secret[] = {1, 2}, in[] = {10, 20, 30}, out[4] = {0};
    int status = 9;
    struct sample_flow stream = {.host = {.mode = 100, .key = {5}}};
    ASSERT_DONE(call_sample_start(&sample, &status, &stream, secret, 2, &fault));
    assert_int_equal(status, 0);
#ifndef SAMPLE_IS_LINKED
    secret[0] = 99; /* the library has its own copy */
#endif
    stream.host.next_in = in;
    stream.host.avail_in = 3;
    stream.host.next_out = out;
    stream.host.avail_out = 2;
    ASSERT_DONE(call_sample_step(&sample, &status, &stream, &fault));
    assert_int_equal(status, 1);
    assert_int_equal(stream.host.avail_in, 1);
    assert_ptr_equal(stream.host.next_out, out + 2);
    stream.host.avail_out = 2;
    ASSERT_DONE(call_sample_step(&sample, &status, &stream, &fault));
    assert_int_equal(status, 0);
    assert_memory_equal(out, ((uint8_t[]){111, 122, 131, 0}), 4);
    assert_int_equal(stream.host.total, 3);
    assert_int_equal(stream.host.key[0], 7); /* OG_GET of an array */
    ASSERT_DONE(call_sample_end(&sample, &status, &stream, &fault));
}

static void an_object_that_is_not_made_leaves_nothing(void **state)
{
    (void)state;
    uint8_t secret[] = {1};
    int status = 9;
    struct sample_flow stream = {.host = {.mode = -1}};
    ASSERT_DONE(call_sample_start(&sample, &status, &stream, secret, 1, &fault));
    assert_int_equal(status, -1);
#ifndef SAMPLE_IS_LINKED
    assert_true(call_sample_step(&sample, &status, &stream, &fault) != OG_OK);
#endif
}

static void only_named_fields_cross(void **state)
{
    (void)state;
    struct sample_stream stream = {.mode = 30, .key = {1, 1, 1, 2}};
    int status = 9;
    ASSERT_DONE(call_sample_measure(&sample, &status, &stream, &fault));
    assert_int_equal(stream.total, 33);
}

/* --- callbacks --- */

struct seen {
    int calls, with_bytes;
    double weight;
};

static int see(void *user, const char *name, const char **tags, const uint8_t *bytes, int size,
               enum sample_shade shade, double weight)
{
    struct seen *seen = user;
    assert_string_equal(name, "name");
    assert_string_equal(tags[1], "even");
    assert_null(tags[2]);
    assert_int_equal(shade, SAMPLE_LIGHT);
    seen->calls++;
    seen->weight += weight;
    if (bytes)
        seen->with_bytes += bytes[size - 1];
    return 100;
}

static void callbacks_get_what_they_can_use(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct sample_visit_call visitor = {0};
    int sum = 0;
    ASSERT_DONE(sample_visit_call_open(&sample, &visitor, see, &seen, &fault));
    ASSERT_DONE(call_sample_visit(&sample, &sum, &visitor, &seen, 4, &fault));
    assert_int_equal(sum, 4 * 100 + 0 + 1 + 2 + 3);
    assert_int_equal(seen.calls, 4);
    assert_int_equal(seen.with_bytes, 8);
    assert_true(seen.weight == 3.0);
    sample_visit_call_close(&sample, &visitor);
    ASSERT_DONE(call_sample_visit(&sample, &sum, NULL, NULL, 4, &fault));
    assert_int_equal(sum, -1);
}

/* --- what a lying library returns --- */

#ifndef SAMPLE_IS_LINKED

/* An array of arrays crosses, and nothing behind it. */
static void an_array_of_arrays_is_carried_and_no_more(void **state)
{
    (void)state;
    struct sample_grid grid = {.cells = {{1, 2, 3}, {4, 5, 6}}};
    int found = 0;
    for (size_t i = 0; i < 64; i++)
        grid.behind[i] = 7;
    ASSERT_DONE(call_sample_raise(&sample, &found, &grid, &fault));
    assert_int_equal(found, 0);
    assert_memory_equal(grid.cells, ((uint16_t[]){2, 3, 4, 5, 6, 7}), sizeof(grid.cells));
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(grid.behind[i], 7);
}

/* What the host's memory held before is not the library's to read. */
static void padding_is_not_shown(void **state)
{
    (void)state;
    struct sample_gap gaps[3];
    uint64_t sum = 0;
    int status = 9;
    memset(gaps, 255, sizeof(gaps));
    for (size_t i = 0; i < 3; i++) {
        gaps[i].first = 1;
        gaps[i].low = 5;
        gaps[i].high = 2;
        gaps[i].last = 4;
    }
    ASSERT_DONE(call_sample_gaps(&sample, &sum, gaps, 3, &fault));
    assert_int_equal(sum, 3 * (1 + 5 + 2 + 4));
    ASSERT_DONE(call_sample_gaps(&sample, &sum, NULL, 0, &fault));
    assert_int_equal(sum, 0);
    ASSERT_DONE(call_sample_grow(&sample, &status, gaps, &fault));
    assert_int_equal(gaps[0].last, 9);
    assert_int_equal(gaps[0].first, 1);
}

/* From here on; each test has a library of its own. */
static void misbehave(int how)
{
    ASSERT_DONE(call_sample_misbehave(&sample, how, &fault));
}

#define ASSERT_REFUSED(call) assert_int_equal((call), OG_CONTRACT)

/* The og disciplines say which value is none (OG_INVALID); a message is wrong as a whole. */
static void assert_invalid(enum og_error error)
{
    assert_true(error == OG_CONTRACT || error == OG_INVALID);
}

static void a_bool_that_is_none_is_refused(void **state)
{
    (void)state;
    bool truth, flags[3];
    int status;
    misbehave(1);
    ASSERT_REFUSED(call_sample_is_odd(&sample, &truth, 1, &fault));
    misbehave(1);
    assert_invalid(call_sample_flags(&sample, &status, flags, 3, &fault));
}

static void an_enum_that_is_none_is_refused(void **state)
{
    (void)state;
    enum sample_shade shade;
    misbehave(1);
    ASSERT_REFUSED(call_sample_shade_of(&sample, &shade, 1, &fault));
}

static void a_number_out_of_its_range_is_refused(void **state)
{
    (void)state;
    int digit, level, status;
    uint32_t total;
    misbehave(1);
    ASSERT_REFUSED(call_sample_digit(&sample, &digit, 1, &fault));
    misbehave(2);
    ASSERT_REFUSED(call_sample_digit(&sample, &digit, 1, &fault)); /* -1, which is not above 0u */
    misbehave(1);
    assert_invalid(call_sample_level(&sample, &status, &level, 1, &fault));
    misbehave(1);
    ASSERT_REFUSED(call_sample_total(&sample, &status, NULL, 0, &total, &fault));
}

static void a_struct_with_a_wrong_field_is_refused(void **state)
{
    (void)state;
    int status;
    struct sample_pixel pixel, pixels[3];
    misbehave(1);
    assert_invalid(call_sample_pixel_at(&sample, &pixel, 1, 1, &fault));
    misbehave(1);
    assert_invalid(call_sample_pixels(&sample, &status, pixels, 3, &fault));
}

static void a_length_beyond_the_room_is_refused(void **state)
{
    (void)state;
    char out[8];
    size_t size = sizeof(out);
    int status;
    misbehave(1);
    assert_true(call_sample_shout(&sample, &status, "hey", out, &size, &fault) != OG_OK);
    assert_int_equal(size, sizeof(out));
}

/* What is wrong stays wrong, whatever is right after it. */
static void one_lie_among_what_is_right_is_refused(void **state)
{
    (void)state;
    for (int how = 1; how <= 3; how++) {
        struct sample_query query = {.kind = 3};
        uint8_t first[4], second[3];
        size_t first_size = sizeof(first), second_size = sizeof(second);
        int status;
        misbehave(how);
        assert_true(call_sample_split(&sample, &status, &query, first, &first_size, second,
                                      &second_size, &fault) != OG_OK);
        assert_true(first_size <= sizeof(first) && second_size <= sizeof(second));
        ASSERT_DONE(instance_reset(&sample.instance, &fault));
    }
}

/* What a library that sets the count of its own output cannot do: fill what is behind it. */
static void a_count_that_grew_is_refused(void **state)
{
    (void)state;
    struct {
        uint8_t out[8], behind[512];
    } room;
    struct sample_query query = {.size = sizeof(room.out)};
    uint8_t first[2];
    int status = 9;
    memset(&room, '?', sizeof(room));
    misbehave(1);
    enum og_error error = call_sample_ask(&sample, &status, &query, first, room.out, &fault);
    assert_true(error == OG_CONTRACT || error == OG_FAULTED); /* a worker with sanitizers ends */
    for (size_t i = 0; i < sizeof(room.behind); i++)
        assert_int_equal(room.behind[i], '?');
}

static void a_field_out_of_its_range_is_refused(void **state)
{
    (void)state;
    struct sample_query query = {.size = 2};
    uint8_t first[2], out[2];
    int status = 9;
    misbehave(2);
    ASSERT_REFUSED(call_sample_ask(&sample, &status, &query, first, out, &fault));
}

static void a_narrow_result_is_no_more_than_its_type(void **state)
{
    (void)state;
    volatile uint8_t byte = 0;
    uint8_t result = 0;
    misbehave(1);
    ASSERT_DONE(call_sample_low_byte(&sample, &result, 7, &fault));
    byte = result;
    assert_int_equal((unsigned)result, (unsigned)byte);
    assert_int_equal(byte, 7);
}

static void a_window_that_grew_is_refused(void **state)
{
    (void)state;
    for (int how = 1; how <= 2; how++) {
        const uint8_t in[4] = "abc", *from = in;
        uint8_t out[4] = "", *to = out;
        size_t left = 4, room = 4;
        int status;
        misbehave(how);
        assert_true(call_sample_pump(&sample, &status, &from, &left, &to, &room, &fault) != OG_OK);
        assert_ptr_equal(from, in);
        assert_ptr_equal(to, out);
        assert_int_equal(left, 4);
        assert_int_equal(room, 4);
    }
}

static void an_objects_window_that_grew_is_refused(void **state)
{
    (void)state;
    for (int how = 1; how <= 3; how++) {
        uint8_t secret[] = {1}, in[3] = {0}, out[3];
        int status;
        struct sample_flow stream = {.host = {.mode = 1}};
        ASSERT_DONE(call_sample_start(&sample, &status, &stream, secret, 1, &fault));
        misbehave(how);
        stream.host.next_in = in;
        stream.host.avail_in = 3;
        stream.host.next_out = out;
        stream.host.avail_out = 3;
        assert_true(call_sample_step(&sample, &status, &stream, &fault) != OG_OK);
        assert_int_equal(stream.host.avail_in, 3);
        assert_int_equal(stream.host.avail_out, 3);
    }
}

static struct sample_flow *told;

/* What a call of the callback's own, with the same object, does to the host's window. */
static int use_up_window(int step)
{
    told->host.next_out += told->host.avail_out - 1;
    told->host.avail_out = (unsigned)step;
    return 0;
}

static void a_window_that_a_callback_has_moved_is_not_written_before_it(void **state)
{
    (void)state;
    uint8_t secret[] = {1}, out[4] = {0};
    int status = 9;
    struct sample_flow stream = {.host = {.mode = 1}};
    struct sample_step_call call = {0};
    told = &stream;
    ASSERT_DONE(call_sample_start(&sample, &status, &stream, secret, 1, &fault));
    ASSERT_DONE(sample_step_call_open(&sample, &call, use_up_window, NULL, &fault));
    stream.host.next_out = out;
    stream.host.avail_out = sizeof(out);
    ASSERT_REFUSED(call_sample_tell(&sample, &status, &stream, &call, &fault));
    assert_memory_equal(out, "\0\0\0\0", sizeof(out));
    sample_step_call_close(&sample, &call);
}

static size_t *length_told;

/* Uses the same length for a larger buffer, as a host may that has one for all of them. */
static int use_length_elsewhere(int step)
{
    *length_told = 256;
    return step;
}

/* What the library is called back for is a part of its call. */
static void a_length_that_a_callback_has_changed_is_no_more_room(void **state)
{
    (void)state;
    struct {
        uint8_t out[8], behind[512];
    } room;
    struct sample_step_call call = {0};
    size_t size = sizeof(room.out);
    int status = 9;
    length_told = &size;
    memset(&room, '?', sizeof(room));
    ASSERT_DONE(sample_step_call_open(&sample, &call, use_length_elsewhere, NULL, &fault));
    misbehave(1);
    enum og_error error = call_sample_fetch(&sample, &status, room.out, &size, &call, &fault);
    assert_true(error == OG_CONTRACT || error == OG_FAULTED); /* a worker with sanitizers ends */
    for (size_t i = 0; i < sizeof(room.behind); i++)
        assert_int_equal(room.behind[i], '?');
    sample_step_call_close(&sample, &call);
}

/* The library is not shown whose it is: nothing but the callback's own could come back. */
static void another_user_than_the_callbacks_is_refused(void **state)
{
    (void)state;
    struct seen seen = {0}, other = {0};
    struct sample_visit_call visitor = {0};
    int sum = 0;
    ASSERT_DONE(sample_visit_call_open(&sample, &visitor, see, &seen, &fault));
    assert_int_equal(call_sample_visit(&sample, &sum, &visitor, &other, 4, &fault),
                     OG_BAD_ARGUMENT);
    assert_int_equal(seen.calls + other.calls, 0);
    ASSERT_DONE(call_sample_visit(&sample, &sum, &visitor, NULL, 4, &fault));
    assert_int_equal(seen.calls, 4);
    ASSERT_DONE(call_sample_visit(&sample, &sum, NULL, &other, 4, &fault));
    sample_visit_call_close(&sample, &visitor);
}

/* --- what the header says of functions, and is not so --- */

static void what_does_not_return_returns(void **state)
{
    (void)state;
    misbehave(1);
    ASSERT_DONE(call_sample_stop(&sample, 1, &fault));
    misbehave(0);
}

#ifdef SAMPLE_FAULTS_ARE_TOLD
static void a_fault_in_what_changes_nothing_is_told(void **state)
{
    (void)state;
    int number = 9;
    ASSERT_DONE(call_sample_square(&sample, &number, 3, &fault));
    assert_int_equal(number, 9);
    misbehave(1);
    assert_int_not_equal(call_sample_square(&sample, &number, 3, &fault), OG_OK);
    /* Nobody looks at its result. */
    ASSERT_DONE(instance_reset(&sample.instance, &fault));
    misbehave(1);
    assert_int_not_equal(call_sample_square(&sample, &(int){0}, 3, &fault), OG_OK);
}
#endif

static int failed_with;

static void fail_and_return(int code)
{
    failed_with = code;
}

static void a_callback_that_does_not_return_returns(void **state)
{
    (void)state;
    struct sample_fail_call call = {0};
    int number = 9;
    ASSERT_DONE(sample_fail_call_open(&sample, &call, fail_and_return, NULL, &fault));
    ASSERT_DONE(call_sample_fail(&sample, &number, &call, 4, &fault));
    assert_int_equal(failed_with, 4);
    assert_int_equal(number, 5);
    sample_fail_call_close(&sample, &call);
}

static int grade(enum sample_shade shade)
{
    return (int)shade;
}

static void a_callback_that_is_refused_is_told_whatever_changes_nothing(void **state)
{
    (void)state;
    struct sample_grade_call call = {0};
    int number = 9;
    ASSERT_DONE(sample_grade_call_open(&sample, &call, grade, NULL, &fault));
    ASSERT_DONE(call_sample_grade(&sample, &number, &call, 4, &fault));
    assert_int_equal(number, 5);
    misbehave(1);
    assert_true(call_sample_grade(&sample, &number, &call, 4, &fault) != OG_OK);
    sample_grade_call_close(&sample, &call);
}

static void a_handle_that_is_null_is_refused_though_there_is_none(void **state)
{
    (void)state;
    struct sample_tally first = {0}, copy = {0};
    int number = 0;
    ASSERT_DONE(call_sample_counter_new(&sample, &first, 10, &fault));
    ASSERT_DONE(call_sample_counter_copy(&sample, &copy, &first, "", &fault));
    ASSERT_DONE(call_sample_counter_next(&sample, &number, &copy, &fault));
    assert_int_equal(number, 10);
    assert_int_equal(call_sample_counter_copy(&sample, &copy, &first, NULL, &fault), OG_NULL);
    misbehave(1);
    assert_int_equal(call_sample_counter_copy(&sample, &copy, &first, "", &fault), OG_NULL);
}

static int not_called(void *user, const char *name, const char **tags, const uint8_t *bytes,
                      int size, enum sample_shade shade, double weight)
{
    (void)user, (void)name, (void)tags, (void)bytes, (void)size, (void)shade;
    fail_msg("called with %f", weight);
    return 0;
}

static void a_callbacks_argument_that_is_none_ends_the_call(void **state)
{
    (void)state;
    for (int how = 1; how <= 4; how++) {
        struct sample_visit_call visitor = {0};
        int sum;
        ASSERT_DONE(sample_visit_call_open(&sample, &visitor, not_called, NULL, &fault));
        misbehave(how);
        assert_true(call_sample_visit(&sample, &sum, &visitor, NULL, 1, &fault) != OG_OK);
        sample_visit_call_close(&sample, &visitor);
        ASSERT_DONE(instance_reset(&sample.instance, &fault));
        ASSERT_DONE(call_sample_visit(&sample, &sum, NULL, NULL, 1, &fault));
    }
}

#endif

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_library, close_library)

static int run_sample_tests(const char *name)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_are_carried),
        TEST(enums_and_structs_are_returned),
        TEST(buffers_go_in_and_out),
        TEST(values_go_out_checked),
        TEST(texts_are_carried_and_null_stays_null),
        TEST(a_length_tells_room_and_then_size),
        TEST(a_count_of_a_field_tells_room_and_then_size),
        TEST(two_lengths_tell_rooms_and_then_sizes),
        TEST(windows_move_on),
        TEST(a_handle_lives_until_it_ends),
        TEST(an_object_stays_where_it_is_and_keeps_its_secret),
        TEST(an_object_that_is_not_made_leaves_nothing),
        TEST(only_named_fields_cross),
        TEST(callbacks_get_what_they_can_use),
#ifndef SAMPLE_IS_LINKED
        TEST(an_array_of_arrays_is_carried_and_no_more),
        TEST(padding_is_not_shown),
        TEST(a_bool_that_is_none_is_refused),
        TEST(an_enum_that_is_none_is_refused),
        TEST(a_number_out_of_its_range_is_refused),
        TEST(a_struct_with_a_wrong_field_is_refused),
        TEST(a_length_beyond_the_room_is_refused),
        TEST(one_lie_among_what_is_right_is_refused),
        TEST(a_count_that_grew_is_refused),
        TEST(a_field_out_of_its_range_is_refused),
        TEST(a_narrow_result_is_no_more_than_its_type),
        TEST(a_window_that_grew_is_refused),
        TEST(an_objects_window_that_grew_is_refused),
        TEST(a_window_that_a_callback_has_moved_is_not_written_before_it),
        TEST(a_length_that_a_callback_has_changed_is_no_more_room),
        TEST(another_user_than_the_callbacks_is_refused),
        TEST(what_does_not_return_returns),
#ifdef SAMPLE_FAULTS_ARE_TOLD
        TEST(a_fault_in_what_changes_nothing_is_told),
#endif
        TEST(a_callback_that_does_not_return_returns),
        TEST(a_callback_that_is_refused_is_told_whatever_changes_nothing),
        TEST(a_handle_that_is_null_is_refused_though_there_is_none),
        TEST(a_callbacks_argument_that_is_none_ends_the_call),
#endif
    };
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

#endif
