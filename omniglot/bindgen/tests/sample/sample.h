/* libogsample: one function for each thing that an interface file can say. */
#ifndef BINDGEN_TESTS_SAMPLE_H
#define BINDGEN_TESTS_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From here on every function breaks its interface in the way that it can. */
void sample_misbehave(int how);

enum sample_shade { SAMPLE_DARK = 1, SAMPLE_LIGHT = 4 };

struct sample_point {
    double x, y;
};

struct sample_pixel {
    enum sample_shade shade;
    bool solid;
    uint8_t levels[3];
    int32_t depth; /* 0 to 100 */
    struct sample_point at;
};

int sample_version(void);
int sample_add(int a, int b);
uint64_t sample_mix(int8_t a, uint16_t b, float c, double d, const void *cookie);
bool sample_is_odd(unsigned number);
uint8_t sample_low_byte(unsigned number);
enum sample_shade sample_shade_of(int level);
int sample_digit(int number);
struct sample_point sample_point_at(double x, double y);
struct sample_pixel sample_pixel_at(int x, int y);

uint64_t sample_sum(const uint8_t *bytes, size_t count);
void sample_fill(uint16_t *values, size_t count, uint16_t value);
int sample_double(int32_t *values, size_t count);
int sample_count_words(const char *text);
int sample_shout(const char *text, char *out, size_t *out_size);
int sample_flags(bool *flags, size_t count);
int sample_pixels(struct sample_pixel *pixels, size_t count);
int sample_level(int *level, int number);
int sample_total(const uint32_t *numbers, size_t count, uint32_t *total);
int sample_is_absent(const void *nothing, int (*never)(void));
int sample_pump(const uint8_t **from, size_t *left, uint8_t **to, size_t *room);

struct sample_query {
    uint32_t size;
    uint32_t kind; /* 0 to 3 */
};

/* Fills as much of `out` as `query` then says. */
int sample_ask(struct sample_query *query, uint8_t *first, uint8_t *out);
/* Fills both, but for their last byte. */
int sample_split(struct sample_query *query, uint8_t *first, size_t *first_size, uint8_t *second,
                 size_t *second_size);

struct sample_grid {
    uint16_t cells[2][3];
    uint16_t behind[64];
};

/* Adds to each cell. Returns the sum of what is behind them, and puts something else there. */
int sample_raise(struct sample_grid *grid);

/* Not all of it is fields. */
struct sample_gap {
    uint8_t first;
    unsigned low : 3, high : 2;
    uint64_t last;
};

/* The sum of the fields, and 1000 for each byte of padding that is not zero. */
uint64_t sample_gaps(const struct sample_gap *gaps, size_t count);
int sample_grow(struct sample_gap *gap);

struct sample_counter;
struct sample_counter *sample_counter_new(int first);
int sample_counter_next(struct sample_counter *counter);
void sample_counter_free(struct sample_counter *counter);

/* What is said of these here holds as long as they do not misbehave. */
void sample_stop(int code) __attribute__((noreturn, nothrow));
int sample_fail(void (*handler)(int code) __attribute__((noreturn)), int code);
int sample_square(int number) __attribute__((const, nothrow, leaf, deprecated));
int sample_grade(int (*grade)(enum sample_shade shade), int number) __attribute__((const));
struct sample_counter *sample_counter_copy(const struct sample_counter *counter, const char *name)
    __attribute__((malloc, returns_nonnull, nonnull, warn_unused_result));

struct sample_stream {
    const uint8_t *next_in;
    unsigned avail_in;
    uint8_t *next_out;
    unsigned avail_out;
    uint64_t total;
    int mode;
    uint8_t key[4];
    const uint8_t *secret; /* read until the end */
    size_t secret_size;
    struct sample_stream *self;
};

int sample_start(struct sample_stream *stream, const uint8_t *secret, size_t size);
int sample_step(struct sample_stream *stream);
int sample_end(struct sample_stream *stream);
int sample_measure(struct sample_stream *stream);

/* Calls `tell` before it says how much it has filled. */
int sample_fetch(uint8_t *out, size_t *size, int (*tell)(int step));
int sample_tell(struct sample_stream *stream, int (*tell)(int step));

typedef int sample_visitor(void *user, const char *name, const char **tags, const uint8_t *bytes,
                           int size, enum sample_shade shade, double weight);
int sample_visit(sample_visitor *visitor, void *user, int times);

#endif
