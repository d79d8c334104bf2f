/* libpng, by its simplified interface: reading PNG files from memory to RGBA pixels, and writing
 * pixels to such a file.
 *
 * The same source for every system; WORKLOAD_STUBS brings the calls in its discipline (png.og.h
 * says which). A case's size is that of the pixels, four bytes each. What is read is an image
 * generated and written before, through the same system, from 16 x 16 to 2048 x 2048 pixels, or
 * a file of inputs.list. `copied`: file and pixels are in host memory. `resident`: they are where
 * the library can reach them, and the result is used there. */
#include WORKLOAD_STUBS

#include "bench/harness/input.h"
#include "bench/harness/workload.h"
#include "bench/workload/case.h"

#include <stdlib.h>
#include <string.h>

/* A case's parameter: which of inputs.list, or one of these. */
enum { READ = 100, WRITE };

enum { PIXEL = 4, STACK_SIZE = 64 << 20 /* for the largest image, and its file */ };

#define INPUT(kind, package, path, sha256) {kind, package, path},
static const struct input inputs[] = {
#include "workloads/png/inputs.list"
};

/* How large the listed files are. */
static const struct {
    size_t size;
    unsigned width, height;
} listed[] = {{2464, 50, 82}, {7025, 256, 240}};

struct state {
    const struct workload_case *self;
    struct png png;
    unsigned width, height;
    unsigned char *pixels; /* self->size bytes */
    unsigned char *file;
    size_t file_capacity, file_size;
    unsigned char fold;
#if RESIDENT_PLACEMENT
    unsigned char resident *resident_pixels;
    unsigned char resident *resident_file;
#endif
};

/* ---- reading ---- */

static inline enum og_error check(const char *function, int done, unsigned problem,
                                  struct og_fault *fault)
{
    return done ? OG_OK : case_unexpected(fault, function, (int)problem);
}

/* After the file's head was read: is it the image that is expected? Sets the format to be read. */
static inline enum og_error check_head(const struct state *state, struct png_reading *image,
                                       struct og_fault *fault)
{
    if (image->host.width != state->width || image->host.height != state->height)
        return og_fail(fault, OG_CONTRACT, "png_image_begin_read_from_memory", 0,
                       "the image has another size than the file's");
    image->host.format = PNG_FORMAT_RGBA;
    return OG_OK;
}

/* Frees the image; an error before it is the one to tell of. */
static inline enum og_error end_reading(struct state *state, struct png_reading *image,
                                        enum og_error error, struct og_fault *fault)
{
    struct og_fault other;
    enum og_error at_end = call_png_image_free(&state->png, image, error ? &other : fault);
    return error ? error : at_end;
}

static enum og_error read_image(struct state *state, struct og_fault *fault)
{
    struct png_reading image = {.host = {.version = PNG_IMAGE_VERSION}};
    int done = 0;
    enum og_error error = call_png_image_begin_read_from_memory(
        &state->png, &done, &image, state->file, state->file_size, fault);
    if (!error)
        error = check("png_image_begin_read_from_memory", done, image.host.warning_or_error, fault);
    if (error)
        return error;
    error = check_head(state, &image, fault);
    if (!error)
        error = call_png_image_finish_read(&state->png, &done, &image, state->pixels,
                                           (png_int_32)(state->width * PIXEL), fault);
    if (!error)
        error = check("png_image_finish_read", done, image.host.warning_or_error, fault);
    return end_reading(state, &image, error, fault);
}

/* ---- writing ---- */

static inline png_image new_image(const struct state *state)
{
    return (png_image){.version = PNG_IMAGE_VERSION,
                       .width = state->width,
                       .height = state->height,
                       .format = PNG_FORMAT_RGBA,
                       .flags = PNG_IMAGE_FLAG_FAST};
}

static enum og_error write_image(struct state *state, struct og_fault *fault)
{
    png_image image = new_image(state);
    png_alloc_size_t size = state->file_capacity;
    int done = 0;
    enum og_error error =
        call_png_image_write_to_memory(&state->png, &done, &image, state->file, &size, 0,
                                       state->pixels, (png_int_32)(state->width * PIXEL), fault);
    state->file_size = size;
    return error ? error : check("png_image_write_to_memory", done, image.warning_or_error, fault);
}

CASE_RUN_COPIED(read_image)
CASE_RUN_COPIED(write_image)

/* ---- data where the library can reach it ---- */

#if RESIDENT_PLACEMENT

static enum og_error resident_read_image(struct state *state, instance_scope *scope,
                                         struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    struct png_reading image = {.host = {.version = PNG_IMAGE_VERSION}};
    int done = 0;
    enum og_error error = invoke_png_image_begin_read_from_memory(
        &state->png, scope, &done, &image, state->resident_file, state->file_size, fault);
    if (!error)
        error = check("png_image_begin_read_from_memory", done, image.host.warning_or_error, fault);
    if (error)
        return error;
    error = check_head(state, &image, fault);
    if (!error)
        error =
            invoke_png_image_finish_read(&state->png, scope, &done, &image, state->resident_pixels,
                                         (png_int_32)(state->width * PIXEL), fault);
    if (!error)
        error = check("png_image_finish_read", done, image.host.warning_or_error, fault);
    error = end_reading(state, &image, error, fault);
    return error ? error
                 : resident_fold(scope, &state->fold, state->resident_pixels, state->self->size,
                                 fault);
}

static enum og_error resident_write_image(struct state *state, instance_scope *scope,
                                          struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    png_image image = new_image(state);
    png_alloc_size_t size = state->file_capacity;
    int done = 0;
    enum og_error error = invoke_png_image_write_to_memory(
        &state->png, scope, &done, &image, state->resident_file, &size, 0, state->resident_pixels,
        (png_int_32)(state->width * PIXEL), fault);
    state->file_size = size;
    if (!error)
        error = check("png_image_write_to_memory", done, image.warning_or_error, fault);
    return error ? error : resident_fold(scope, &state->fold, state->resident_file, size, fault);
}

CASE_RUN_RESIDENT(resident_read_image, png)
CASE_RUN_RESIDENT(resident_write_image, png)

static enum og_error place(struct state *state, struct og_fault *fault)
{
    instance_scope scope;
    struct instance *instance = &state->png.instance;
    enum og_error error =
        resident_alloc(instance, &state->resident_pixels, state->self->size, CASE_ALIGNMENT, fault);
    if (!error)
        error = resident_alloc(instance, &state->resident_file, state->file_capacity,
                               CASE_ALIGNMENT, fault);
    if (error)
        return error;
    instance_enter(instance, &scope);
    error = resident_fill(&scope, state->resident_pixels, state->pixels, state->self->size, fault);
    if (!error)
        error = resident_fill(&scope, state->resident_file, state->file, state->file_size, fault);
    instance_leave(&scope);
    return error;
}

static void unplace(struct state *state)
{
    resident_free(&state->png.instance, state->resident_pixels);
    resident_free(&state->png.instance, state->resident_file);
}

/* Copies what a run made to the host. */
static enum og_error collect(struct state *state, struct og_fault *fault)
{
    instance_scope scope;
    if (state->self->placement != PLACEMENT_RESIDENT)
        return OG_OK;
    instance_enter(&state->png.instance, &scope);
    enum og_error error =
        state->self->parameter == WRITE
            ? resident_copy_out(&scope, state->file, state->resident_file, state->file_size, fault)
            : resident_copy_out(&scope, state->pixels, state->resident_pixels, state->self->size,
                                fault);
    instance_leave(&scope);
    return error;
}

#else

static enum og_error place(struct state *state, struct og_fault *fault)
{
    (void)state;
    return og_fail(fault, OG_UNSUPPORTED, NULL, 0, "nothing is resident in this system");
}

static void unplace(struct state *state)
{
    (void)state;
}

static enum og_error collect(struct state *state, struct og_fault *fault)
{
    (void)state;
    (void)fault;
    return OG_OK;
}

#endif

/* ---- cases ---- */

static bool output(void *opaque, struct case_output *output, struct case_error *error)
{
    struct state *state = opaque;
    struct og_fault fault;
    bool is_writing = state->self->parameter == WRITE;
    if (is_writing)
        memset(state->file, 0, state->file_capacity);
    else
        memset(state->pixels, 0, state->self->size);
    if (!state->self->run(state, 1, NULL, error))
        return false;
    if (collect(state, &fault))
        return case_fail(error, &fault);
    *output = is_writing ? (struct case_output){state->file, state->file_size}
                         : (struct case_output){state->pixels, state->self->size};
    return true;
}

static void finish(void *opaque)
{
    struct state *state = opaque;
    if (!state)
        return;
    unplace(state);
    png_close(&state->png);
    free(state->pixels);
    free(state->file);
    free(state);
}

/* Gradients with a little detail, a quarter of it transparent: nothing that compresses away. */
static void draw(const struct state *state)
{
    unsigned char *pixel = state->pixels;
    for (unsigned y = 0; y < state->height; y++)
        for (unsigned x = 0; x < state->width; x++, pixel += PIXEL) {
            pixel[0] = (unsigned char)(255 * x / state->width);
            pixel[1] = (unsigned char)(255 * y / state->height);
            pixel[2] = (unsigned char)((x * x + y) >> 4);
            pixel[3] = x % 32 < 16 && y % 32 < 16 ? 128 : 255;
        }
}

/* Makes the pixels and the file that there is before the first run. */
static enum og_error make_input(struct state *state, struct case_error *error,
                                struct og_fault *fault)
{
    uint32_t which = state->self->parameter;
    state->pixels = case_allocate(state->self->size, fault);
    state->file = case_allocate(state->file_capacity, fault);
    if (!state->pixels || !state->file)
        return OG_NO_MEMORY;
    if (which < READ && !input_read_whole(inputs, sizeof(inputs) / sizeof(inputs[0]),
                                          inputs[which].kind, state->file, state->file_size, error))
        return OG_NOT_FOUND;
    if (which < READ)
        return OG_OK;
    draw(state);
    return write_image(state, fault);
}

static void measure(struct state *state)
{
    uint32_t which = state->self->parameter;
    if (which < READ) {
        state->width = listed[which].width;
        state->height = listed[which].height;
        state->file_size = state->file_capacity = listed[which].size;
        return;
    }
    while (state->width * (size_t)state->width * PIXEL < state->self->size)
        state->width++;
    state->height = state->width;
    state->file_capacity = state->self->size + state->self->size / 64 + 1024;
}

static enum og_error make(struct state *state, const struct workload_case *self,
                          struct case_error *error, struct og_fault *fault)
{
    state->self = self;
    measure(state);
    enum og_error failed = png_open(&state->png, CASE_OPTIONS(.stack_size = STACK_SIZE), fault);
    if (!failed)
        failed = make_input(state, error, fault);
    if (!failed && self->placement == PLACEMENT_RESIDENT)
        failed = place(state, fault);
    return failed;
}

CASE_PREPARE(make)

#define CASE(name, which, placed, runs, bytes)                                                     \
    {                                                                                              \
        .operation = name, .placement = placed, .size = bytes, .parameter = which,                 \
        .prepare = prepare, .run = runs, .output = output, .finish = finish,                       \
    }

#define SQUARE(name, which, placed, runs, side)                                                    \
    CASE(name, which, placed, runs, (size_t)(side) * (side)*PIXEL)

#define EVERY_IMAGE(placed, reads, writes)                                                         \
    SQUARE("read", READ, placed, reads, 16), SQUARE("read", READ, placed, reads, 64),              \
        SQUARE("read", READ, placed, reads, 256), SQUARE("read", READ, placed, reads, 1024),       \
        SQUARE("read", READ, placed, reads, 2048),                                                 \
        CASE("read-marker", 0, placed, reads, 50 * 82 * PIXEL),                                    \
        CASE("read-icons", 1, placed, reads, 256 * 240 * PIXEL),                                   \
        SQUARE("write", WRITE, placed, writes, 16), SQUARE("write", WRITE, placed, writes, 256)

static const struct workload_case cases[] = {
    EVERY_IMAGE(PLACEMENT_COPIED, run_read_image, run_write_image),
#if RESIDENT_PLACEMENT
    EVERY_IMAGE(PLACEMENT_RESIDENT, run_resident_read_image, run_resident_write_image),
#endif
};

const struct workload_table WORKLOAD_TABLE;
const struct workload_table WORKLOAD_TABLE = {
    .workload = "png",
    .system = WORKLOAD_SYSTEM_NAME,
    .cases = cases,
    .count = sizeof(cases) / sizeof(cases[0]),
};
