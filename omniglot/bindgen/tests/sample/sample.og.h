/* Every annotation there is, on libogsample. */
#include "omniglot/bindgen/tests/sample/sample.h"
#include <omniglot/interface.h>

OG_LIBRARY(sample, "libogsample.so");

void sample_misbehave(int how);

/* --- values --- */

int sample_version(void) OG_BY_NAME;
int sample_add(int a, int b);
uint64_t sample_mix(int8_t a, uint16_t b, float c, double d, const void *cookie OG_OPAQUE);
bool sample_is_odd(unsigned number);
uint8_t sample_low_byte(unsigned number);
enum sample_shade sample_shade_of(int level);
int sample_digit(int number) OG_RANGE(0u, 9);
struct sample_point sample_point_at(double x, double y);
struct sample_pixel sample_pixel_at(int x, int y);
OG_FIELD(struct sample_pixel, depth, OG_RANGE(0, 100));
OG_VALIDATE(struct sample_pixel);

/* --- buffers --- */

uint64_t sample_sum(const uint8_t *bytes OG_IN(count), size_t count);
void sample_fill(uint16_t *values OG_OUT(count), size_t count, uint16_t value);
int sample_double(int32_t *values OG_INOUT(count), size_t count) OG_RETURNS(0, -1) OG_SUCCESS(0);
int sample_count_words(const char *text OG_STRING OG_OPTIONAL);
int sample_shout(const char *text OG_STRING, char *out OG_OUT(*out_size),
                 size_t *out_size OG_LENGTH_OF(out)) OG_RETURNS(0, -1) OG_SUCCESS(0);
int sample_flags(bool *flags OG_OUT(count), size_t count) OG_RETURNS(0);
int sample_pixels(struct sample_pixel *pixels OG_OUT(count), size_t count) OG_RETURNS(0);
int sample_level(int *level OG_OUT(1) OG_RANGE(0, 9), int number) OG_RETURNS(0);
int sample_total(const uint32_t *numbers OG_IN(count) OG_OPTIONAL, size_t count,
                 uint32_t *total OG_OUT(1) OG_OPTIONAL) OG_RETURNS(0);
int sample_is_absent(const void *nothing OG_ABSENT, int (*never)(void) OG_ABSENT);
int sample_pump(const uint8_t **from OG_IN_WINDOW(left), size_t *left,
                uint8_t **to OG_OUT_WINDOW(room), size_t *room) OG_RETURNS(0);

int sample_ask(struct sample_query *query OG_FIELDS OG_SET(size, kind) OG_GET(size, kind),
               uint8_t *first OG_OUT(2), uint8_t *out OG_OUT(query->size)) OG_RETURNS(0);
OG_FIELD(struct sample_query, kind, OG_RANGE(0, 3));
int sample_split(struct sample_query *query OG_FIELDS OG_SET(kind) OG_GET(kind),
                 uint8_t *first OG_OUT(*first_size), size_t *first_size OG_LENGTH_OF(first),
                 uint8_t *second OG_OUT(*second_size), size_t *second_size OG_LENGTH_OF(second))
    OG_RETURNS(0, -1) OG_SUCCESS(0);
int sample_raise(struct sample_grid *grid OG_FIELDS OG_SET(cells) OG_GET(cells));
uint64_t sample_gaps(const struct sample_gap *gaps OG_IN(count) OG_OPTIONAL, size_t count);
int sample_grow(struct sample_gap *gap OG_INOUT(1)) OG_RETURNS(0);

/* --- handles and objects --- */

struct sample_counter *sample_counter_new(int first) OG_RETURNS_HANDLE(tally);
int sample_counter_next(struct sample_counter *counter OG_HANDLE(tally));
void sample_counter_free(struct sample_counter *counter OG_HANDLE_END(tally));

/* --- what the header says beyond types --- */

void sample_stop(int code);
int sample_square(int number);
void fail_call(int code) OG_CALLED_BACK;
int sample_fail(void (*handler)(int code) __attribute__((noreturn)) OG_CALLBACK(fail_call),
                int code);
int grade_call(enum sample_shade shade) OG_CALLED_BACK;
int sample_grade(int (*grade)(enum sample_shade shade) OG_CALLBACK(grade_call), int number);
struct sample_counter *sample_counter_copy(const struct sample_counter *counter OG_HANDLE(tally),
                                           const char *name OG_STRING OG_OPTIONAL)
    OG_RETURNS_HANDLE(tally);

int sample_start(struct sample_stream *stream OG_OBJECT_NEW(flow) OG_SET(mode, key),
                 const uint8_t *secret OG_IN(size) OG_KEPT(stream), size_t size) OG_RETURNS(0, -1)
    OG_SUCCESS(0);
int sample_step(struct sample_stream *stream OG_OBJECT(flow) OG_IN_WINDOW_FIELDS(next_in, avail_in)
                    OG_OUT_WINDOW_FIELDS(next_out, avail_out) OG_SET(mode) OG_GET(total, key))
    OG_RETURNS(0, 1);
int sample_end(struct sample_stream *stream OG_OBJECT_END(flow)) OG_RETURNS(0);
int sample_measure(struct sample_stream *stream OG_FIELDS OG_SET(mode, key) OG_GET(total))
    OG_RETURNS(0);

/* --- callbacks --- */

int visit_call(void *user OG_USER, const char *name OG_STRING, const char **tags OG_STRINGS,
               const uint8_t *bytes OG_IN(size) OG_OPTIONAL, int size OG_RANGE(0, 9),
               enum sample_shade shade, double weight) OG_CALLED_BACK;
int sample_visit(sample_visitor *call OG_CALLBACK(visit_call), void *data OG_USER, int times);

int step_call(int step) OG_CALLED_BACK;
int sample_fetch(uint8_t *out OG_OUT(*size), size_t *size OG_LENGTH_OF(out),
                 int (*tell)(int step) OG_CALLBACK(step_call)) OG_RETURNS(0);
int sample_tell(struct sample_stream *stream OG_OBJECT(flow)
                    OG_OUT_WINDOW_FIELDS(next_out, avail_out),
                int (*tell)(int step) OG_CALLBACK(step_call)) OG_RETURNS(0);
