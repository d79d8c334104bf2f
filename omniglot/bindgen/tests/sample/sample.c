/* libogsample: see sample.h. It computes the plainest thing, and lies when told to. */
#include "omniglot/bindgen/tests/sample/sample.h"
#include "omniglot/bindgen/tests/sample/misbehaving.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

int misbehaving;

void sample_misbehave(int how)
{
    misbehaving = how;
}

int sample_version(void)
{
    return 3;
}

int sample_add(int a, int b)
{
    return a + b;
}

uint64_t sample_mix(int8_t a, uint16_t b, float c, double d, const void *cookie)
{
    return (uint64_t)(a + 1000 * b + (int)(4 * c) + (int)(8 * d)) + (uintptr_t)cookie;
}

enum sample_shade sample_shade_of(int level)
{
    return misbehaving ? (enum sample_shade)2 : level > 50 ? SAMPLE_LIGHT : SAMPLE_DARK;
}

int sample_digit(int number)
{
    return misbehaving == 2 ? -1 : misbehaving ? 10 : number % 10;
}

struct sample_point sample_point_at(double x, double y)
{
    return (struct sample_point){x, y};
}

struct sample_pixel sample_pixel_at(int x, int y)
{
    struct sample_pixel pixel = {.shade = x > y ? SAMPLE_LIGHT : SAMPLE_DARK,
                                 .solid = true,
                                 .levels = {1, 2, 3},
                                 .depth = misbehaving ? 101 : 100,
                                 .at = {x, y}};
    return pixel;
}

uint64_t sample_sum(const uint8_t *bytes, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += bytes[i];
    return sum;
}

void sample_fill(uint16_t *values, size_t count, uint16_t value)
{
    for (size_t i = 0; i < count; i++)
        values[i] = value;
}

int sample_double(int32_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] *= 2;
    return misbehaving ? -1 : 0;
}

int sample_count_words(const char *text)
{
    int words = 0;
    for (int inside = 0; text && *text; text++) {
        words += !inside && *text != ' ';
        inside = *text != ' ';
    }
    return text ? words : -1;
}

int sample_shout(const char *text, char *out, size_t *out_size)
{
    size_t size = strlen(text);
    if (size > *out_size)
        return -1;
    for (size_t i = 0; i < size; i++)
        out[i] = (char)toupper((unsigned char)text[i]);
    *out_size = misbehaving ? *out_size + 1 : size;
    return 0;
}

int sample_flags(bool *flags, size_t count)
{
    unsigned char *bytes = (unsigned char *)flags;
    for (size_t i = 0; i < count; i++)
        bytes[i] = (unsigned char)(i % 2);
    if (misbehaving && count)
        bytes[count - 1] = 2;
    return 0;
}

int sample_pixels(struct sample_pixel *pixels, size_t count)
{
    memset(pixels, 0, count * sizeof(*pixels));
    for (size_t i = 0; i < count; i++)
        pixels[i].shade = SAMPLE_LIGHT;
    if (misbehaving && count)
        pixels[count - 1].depth = -1;
    return 0;
}

int sample_level(int *level, int number)
{
    *level = misbehaving ? -1 : number % 10;
    return 0;
}

int sample_total(const uint32_t *numbers, size_t count, uint32_t *total)
{
    uint32_t sum = 0;
    for (size_t i = 0; numbers && i < count; i++)
        sum += numbers[i];
    if (total)
        *total = sum;
    return misbehaving ? 7 : 0;
}

int sample_is_absent(const void *nothing, int (*never)(void))
{
    return !nothing && !never;
}

int sample_pump(const uint8_t **from, size_t *left, uint8_t **to, size_t *room)
{
    while (*left && *room) {
        *(*to)++ = *(*from)++ ^ 0x20;
        --*left, --*room;
    }
    if (misbehaving == 1)
        *left += 100;
    if (misbehaving == 2)
        *room += 100;
    return 0;
}

int sample_ask(struct sample_query *query, uint8_t *first, uint8_t *out)
{
    memset(first, 1, 2);
    memset(out, 2, query->size / 2);
    query->size = misbehaving == 1 ? 256 : query->size / 2;
    query->kind = misbehaving == 2 ? 4 : query->kind;
    return 0;
}

int sample_split(struct sample_query *query, uint8_t *first, size_t *first_size, uint8_t *second,
                 size_t *second_size)
{
    memset(first, 1, *first_size - 1);
    memset(second, 2, *second_size - 1);
    *first_size += misbehaving == 1 ? 1 : (size_t)-1;
    *second_size += misbehaving == 2 ? 1 : (size_t)-1;
    query->kind = misbehaving == 3 ? 4 : query->kind;
    return 0;
}

int sample_raise(struct sample_grid *grid)
{
    int found = 0;
    for (int i = 0; i < 6; i++)
        grid->cells[i / 3][i % 3]++;
    for (int i = 0; i < 64; i++) {
        found += grid->behind[i];
        grid->behind[i] = 9;
    }
    return found;
}

static unsigned padding_of(const struct sample_gap *gap)
{
    const unsigned char *bytes = (const unsigned char *)gap;
    unsigned found = (bytes[1] & 0xe0) != 0;
    for (size_t i = 2; i < 8; i++)
        found += bytes[i] != 0;
    return found;
}

uint64_t sample_gaps(const struct sample_gap *gaps, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum +=
            gaps[i].first + gaps[i].low + gaps[i].high + gaps[i].last + 1000 * padding_of(&gaps[i]);
    return sum;
}

int sample_grow(struct sample_gap *gap)
{
    gap->last += 1000 * padding_of(gap) + gap->low;
    return 0;
}

struct sample_counter {
    int next;
};

struct sample_counter *sample_counter_new(int first)
{
    struct sample_counter *counter = first < 0 ? NULL : malloc(sizeof(*counter));
    if (counter)
        counter->next = first;
    return counter;
}

int sample_counter_next(struct sample_counter *counter)
{
    return counter->next++;
}

void sample_counter_free(struct sample_counter *counter)
{
    free(counter);
}

int sample_start(struct sample_stream *stream, const uint8_t *secret, size_t size)
{
    stream->secret = secret;
    stream->secret_size = size;
    stream->self = stream;
    return stream->mode < 0 ? -1 : 0;
}

/* Writes input, keyed, to output; the stream has to be where it was started. */
int sample_step(struct sample_stream *stream)
{
    if (stream->self != stream || !stream->secret_size)
        return 9;
    while (stream->avail_in && stream->avail_out) {
        uint8_t secret = stream->secret[stream->total % stream->secret_size];
        *stream->next_out++ = (uint8_t)(*stream->next_in++ + stream->mode + secret);
        stream->avail_in--, stream->avail_out--, stream->total++;
    }
    stream->key[0]++;
    if (misbehaving == 1)
        stream->avail_in += 100;
    if (misbehaving == 2)
        stream->avail_out += 100;
    return misbehaving == 3 ? 9 : stream->avail_in != 0;
}

int sample_end(struct sample_stream *stream)
{
    return stream->self == stream ? 0 : 9;
}

int sample_measure(struct sample_stream *stream)
{
    stream->total = (uint64_t)stream->mode + stream->key[0] + stream->key[3];
    return misbehaving ? 9 : 0;
}

int sample_fetch(uint8_t *out, size_t *size, int (*tell)(int step))
{
    size_t room = *size;
    memset(out, 3, room);
    tell(1);
    *size = misbehaving == 1 ? 256 : room;
    return 0;
}

int sample_tell(struct sample_stream *stream, int (*tell)(int step))
{
    memset(stream->next_out, 7, 2);
    stream->next_out += 2;
    stream->avail_out -= 2;
    return tell(1);
}

int sample_visit(sample_visitor *visitor, void *user, int times)
{
    static const char *tags[] = {"odd", "even", NULL};
    const uint8_t bytes[] = {1, 2, 3, 4}; /* on the stack, as a character of text often is */
    int sum = 0;
    if (!visitor)
        return -1;
    for (int i = 0; i < times; i++) {
        enum sample_shade shade = misbehaving == 1 ? (enum sample_shade)2 : SAMPLE_LIGHT;
        const uint8_t *array = i % 2 ? NULL : bytes;
        /* A bad pointer, and a count of bytes that no memory has. */
        if (misbehaving == 3)
            array = (const uint8_t *)(UINTPTR_MAX - 15);
        int size = misbehaving == 4 ? -1 : misbehaving == 2 ? 10 : 4;
        if (misbehaving == 4)
            array = bytes;
        sum += visitor(user, "name", tags, array, size, shade, 0.5 * i) + i;
    }
    return sum;
}
