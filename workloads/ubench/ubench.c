/* ubench: what the parts of a sandbox cost by themselves: calls by their arguments, the
 * callback, memory used in place, and the life of a domain. The systems' stubs give the
 * parts; here is what is done with them, the same for all. */
#include "bench/harness/random.h"
#include "bench/harness/workload.h"

#include WORKLOAD_STUBS
#include "bench/workload/case.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096 };

struct state {
    const struct workload_case *self;
    char path[PATH_MAX];
    struct ubench ubench;
    struct ubench_host_function callback;
    uint64_t folded; /* what all operations so far computed */
#if RESIDENT_PLACEMENT
    unsigned char resident *memory;
#endif
    uint8_t *content; /* the host's: what `memory` holds, or what is written there */
    uint8_t *output;
};

static inline uint64_t fold(uint64_t folded, uint64_t value)
{
    return (folded << 1 | folded >> 63) ^ value;
}

static inline uint64_t fold_double(uint64_t folded, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return fold(folded, bits);
}

static inline uint64_t fold_pair(uint64_t folded, struct ubench_pair pair)
{
    return fold(fold(folded, pair.first), pair.second);
}

static inline uint64_t fold_six(uint64_t folded, const struct ubench_six *six)
{
    for (size_t i = 0; i < sizeof(six->values) / sizeof(six->values[0]); i++)
        folded = fold(folded, six->values[i]);
    return folded;
}

/* The function run_NAME: `operation`, an expression that gives an error or OG_OK, for each i
 * below `iterations`, with what it brought added to `folded`, between `begin` and `end`. The
 * names it can use: state, ubench, size, i, folded, fault. */
#define RUN_BETWEEN(name, begin, end, declaration, operation, folding)                             \
    static bool run_##name(void *opaque, uint64_t iterations, uint64_t *elapsed,                   \
                           struct case_error *error)                                               \
    {                                                                                              \
        struct state *state = opaque;                                                              \
        struct ubench *ubench = &state->ubench;                                                    \
        const size_t size = state->self->size;                                                     \
        uint64_t folded = state->folded;                                                           \
        struct og_fault fault;                                                                     \
        instance_scope scope;                                                                      \
        uint64_t i;                                                                                \
        (void)size;                                                                                \
        (void)elapsed;                                                                             \
        begin;                                                                                     \
        for (i = 0; i < iterations; i++) {                                                         \
            declaration;                                                                           \
            if (operation)                                                                         \
                break;                                                                             \
            folded = folding;                                                                      \
        }                                                                                          \
        end;                                                                                       \
        state->folded = folded;                                                                    \
        return i == iterations || case_fail(error, &fault);                                        \
    }

/* Between them a domain's functions can be called and its memory written. */
#define RUN(name, declaration, operation, folding)                                                 \
    RUN_BETWEEN(name, instance_enter(&ubench->instance, &scope), instance_leave(&scope),           \
                declaration, operation, folding)

/* --- calls --- */

RUN(int_0, uint64_t result, invoke_ubench_int_0(ubench, &scope, &result, &fault),
    fold(folded, result))
RUN(int_1, uint64_t result, invoke_ubench_int_1(ubench, &scope, &result, i, &fault),
    fold(folded, result))
RUN(int_3, uint64_t result, invoke_ubench_int_3(ubench, &scope, &result, i, 3, 5, &fault),
    fold(folded, result))
RUN(int_6, uint64_t result,
    invoke_ubench_int_6(ubench, &scope, &result, i, 3, 5, 7, 11, 13, &fault), fold(folded, result))
RUN(int_7, uint64_t result,
    invoke_ubench_int_7(ubench, &scope, &result, i, 3, 5, 7, 11, 13, 17, &fault),
    fold(folded, result))
RUN(int_10, uint64_t result,
    invoke_ubench_int_10(ubench, &scope, &result, i, 3, 5, 7, 11, 13, 17, 19, 23, 29, &fault),
    fold(folded, result))
RUN(int_25, uint64_t result,
    invoke_ubench_int_25(ubench, &scope, &result, i, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41,
                         43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, &fault),
    fold(folded, result))
RUN(double_8, double result,
    invoke_ubench_double_8(ubench, &scope, &result, 0.5, 1.25, 3.75, 7.5, 11.25, 13.5, 17.75,
                           19.125, &fault),
    fold_double(folded, result))
RUN(mixed, uint64_t result,
    invoke_ubench_mixed(ubench, &scope, &result, -3, 0.5, (const void *)(uintptr_t)0x5a5a0, i,
                        1.25f, -7, 3.75, 11, 13, 7.5, 17, 19, &fault),
    fold(folded, result))
RUN(struct_registers, struct ubench_pair result,
    invoke_ubench_struct_registers(ubench, &scope, &result, i, 3, &fault),
    fold_pair(folded, result))
RUN(struct_memory, struct ubench_six result,
    invoke_ubench_struct_memory(ubench, &scope, &result, i, 3, &fault), fold_six(folded, &result))
RUN(callback, uint64_t result,
    invoke_ubench_call_back(ubench, &scope, &result, &state->callback, i, &fault),
    fold(folded, result))

static uint64_t called_back(uint64_t value)
{
    return 3 * value + 1;
}

/* The library that og-bench is linked with, and the same code in a file that it is not linked
 * with, so that opening it loads it. */
#define LIBRARY          "libogubench.so"
#define UNLINKED_LIBRARY "libogubench-unlinked.so"

/* Writes where the library file `name` is: in the folder lib beside the program's. */
static bool find_library(char path[PATH_MAX], const char *name, struct case_error *error)
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    const char *wrong =
        length < 0 ? "cannot be found, since /proc/self/exe cannot be read: mount /proc" : NULL;
    for (int level = 0; level < 2 && !wrong; level++) {
        while (length > 0 && path[--length] != '/')
            ;
        path[length] = 0;
    }
    size_t room = wrong ? 0 : PATH_MAX - (size_t)length;
    if (!wrong && (size_t)snprintf(path + length, room, "/lib/%s", name) >= room)
        wrong = "its path is too long: move the build to a shorter one";
    else if (!wrong && access(path, R_OK))
        wrong = "not in the folder lib beside og-bench's: build it with make";
    if (wrong)
        snprintf(error->message, sizeof(error->message), "%s: %s", name, wrong);
    return !wrong;
}

static void free_state(struct state *state)
{
    if (!state)
        return;
    free(state->content);
    free(state->output);
    free(state);
}

/* A state for `size` bytes of content. All that hold content begin a page, so that no system
 * copies between happier addresses than another. */
static struct state *new_state(const struct workload_case *self, const char *library, size_t size,
                               struct case_error *error)
{
    size_t pages = (size + PAGE - 1) & ~(size_t)(PAGE - 1);
    struct state *state = calloc(1, sizeof(*state));
    if (!state || !(state->output = malloc(sizeof(state->folded) + size)) ||
        (pages && !(state->content = aligned_alloc(PAGE, pages)))) {
        snprintf(error->message, sizeof(error->message), "out of memory");
        free_state(state);
        return NULL;
    }
    if (pages)
        memset(state->content, 0, pages);
    state->self = self;
    if (find_library(state->path, library, error))
        return state;
    free_state(state);
    return NULL;
}

static void finish_calls(void *opaque)
{
    struct state *state = opaque;
    if (!state)
        return;
    ubench_host_function_close(&state->ubench, &state->callback);
    ubench_close(&state->ubench);
    free_state(state);
}

static void *prepare_calls(const struct workload_case *self, struct case_error *error)
{
    struct og_fault fault;
    struct state *state = new_state(self, LIBRARY, 0, error);
    if (!state)
        return NULL;
    enum og_error wrong = ubench_open_from(&state->ubench, state->path, CASE_OPTIONS(), &fault);
    if (!wrong)
        wrong =
            ubench_host_function_open(&state->ubench, &state->callback, called_back, NULL, &fault);
    if (!wrong)
        return state;
    case_fail(error, &fault);
    finish_calls(state);
    return NULL;
}

/* What a few operations from the start compute. */
static bool output_folded(void *opaque, struct case_output *output, struct case_error *error)
{
    enum { OPERATIONS = 5 };
    struct state *state = opaque;
    state->folded = 0;
    if (!state->self->run(state, OPERATIONS, NULL, error))
        return false;
    memcpy(state->output, &state->folded, sizeof(state->folded));
    *output = (struct case_output){state->output, sizeof(state->folded)};
    return true;
}

#if RESIDENT_PLACEMENT
/* --- memory that host and library share: upgrading pointers into it, validating values where
 * they are, writing --- */

/* What the library is taken to have left in memory; a case's parameter. */
enum content { NOTHING, BOOL, ENUM, RANGE, POINTER, RECORD, STRING, UTF8, BYTES };

enum { WEIGHTS = 4 };

/* Hides from the compiler that memory is where, and has what, it was an operation ago. */
static inline void resident *reached(const struct state *state)
{
    void resident *memory = state->memory;
    __asm__ volatile("" : "+r"(memory) : : "memory");
    return memory;
}

/* Between them values can be validated and read where they are. */
#define BEGIN_READING                                                                              \
    instance_enter(&ubench->instance, &scope);                                                     \
    resident_read_begin(&scope)
#define END_READING                                                                                \
    resident_read_end(&scope);                                                                     \
    instance_leave(&scope)
#define RUN_READING(name, declaration, operation, folding)                                         \
    RUN_BETWEEN(name, BEGIN_READING, END_READING, declaration, operation, folding)

static inline uint64_t fold_record(uint64_t folded, const struct ubench_record *record,
                                   uintptr_t memory)
{
    folded = fold(folded, (uint64_t)record->shape);
    folded = fold(folded, (uint64_t)record->layer);
    folded = fold(folded, record->visible);
    folded = fold(folded, record->weight_count);
    folded = fold(folded, (uintptr_t)record->weights - memory);
    return fold_double(fold_double(folded, record->position.x), record->position.y);
}

RUN(upgrade, uintptr_t reference,
    resident_upgrade(&scope, resident_address(reached(state)), &reference, &fault),
    fold(folded, reference - resident_address(state->memory)))
RUN(write, uint8_t resident *memory = reached(state),
    resident_fill(&scope, memory, state->content, size, &fault), folded + 1)
RUN_READING(validate_bool, const bool *value,
            resident_validate_bool(&scope, reached(state), &value, &fault), fold(folded, *value))
RUN_READING(validate_enum, const enum ubench_shape *value,
            validate_enum_ubench_shape(&scope, reached(state), &value, &fault),
            fold(folded, *value))
RUN_READING(validate_range, const int32_t *value,
            resident_validate_range(&scope, reached(state), UBENCH_LAYER_LOW, UBENCH_LAYER_HIGH,
                                    &value, &fault),
            fold(folded, (uint64_t)*value))
RUN_READING(validate_pointer, uintptr_t pointer,
            resident_validate_pointer(&scope, reached(state), &pointer, &fault),
            fold(folded, pointer - resident_address(state->memory)))
RUN_READING(validate_struct, const struct ubench_record *record,
            validate_struct_ubench_record(&scope, reached(state), &record, &fault),
            fold_record(folded, record, resident_address(state->memory)))
RUN_READING(validate_string, size_t length,
            resident_validate_string(&scope, reached(state), size, &length, &fault),
            fold(folded, length))
RUN_READING(validate_utf8, const char *text,
            resident_validate_utf8(&scope, reached(state), size, &text, &fault),
            fold(fold(folded, (uint8_t)text[0]), (uint8_t)text[size - 1]))
RUN_READING(validate_array, const uint8_t *bytes,
            resident_validate_array(&scope, reached(state), size, &bytes, &fault),
            fold(fold(folded, bytes[0]), bytes[size - 1]))

/* Where in the content is what it points to: behind it, aligned. */
static size_t weights_offset(const struct workload_case *self)
{
    return (self->size + _Alignof(uint64_t) - 1) & ~(_Alignof(uint64_t) - 1);
}

/* As many bytes as the content takes, with what it points to. */
static size_t content_size(const struct workload_case *self)
{
    if (self->parameter == POINTER || self->parameter == RECORD)
        return weights_offset(self) + WEIGHTS * sizeof(uint64_t);
    return self->size;
}

/* Text of characters of one, two, three and four bytes in turn, to exactly `size`. */
static void make_utf8(uint8_t *bytes, size_t size)
{
    static const char *const characters[] = {"o", "\xc3\xb6", "\xe2\x82\xac", "\xf0\x9f\x90\x99"};
    size_t used = 0;
    for (size_t i = 0; used < size; i++) {
        const char *character = characters[i % 4];
        size_t length = strlen(character);
        if (length > size - used)
            character = "o", length = 1;
        memcpy(bytes + used, character, length);
        used += length;
    }
}

/* Makes the content for memory that begins at `address`. */
static void make_content(const struct workload_case *self, uint8_t *bytes, uintptr_t address)
{
    struct random random = {1};
    const bool truth = true;
    const enum ubench_shape shape = UBENCH_OTHER;
    const int32_t layer = -77;
    const uint64_t *weights = (const uint64_t *)(address + weights_offset(self));
    const struct ubench_record record = {.shape = UBENCH_TRIANGLE,
                                         .layer = layer,
                                         .visible = true,
                                         .weight_count = WEIGHTS,
                                         .weights = weights,
                                         .position = {0.5, -1.25}};
    switch ((enum content)self->parameter) {
    case NOTHING:
        break;
    case BOOL:
        memcpy(bytes, &truth, sizeof(truth));
        break;
    case ENUM:
        memcpy(bytes, &shape, sizeof(shape));
        break;
    case RANGE:
        memcpy(bytes, &layer, sizeof(layer));
        break;
    case POINTER:
        memcpy(bytes, &weights, sizeof(weights));
        break;
    case RECORD:
        memcpy(bytes, &record.shape, sizeof(record));
        break;
    case STRING:
        memset(bytes, 'o', self->size - 1);
        break;
    case UTF8:
        make_utf8(bytes, self->size);
        break;
    case BYTES:
        random_fill(&random, bytes, self->size);
        break;
    }
}

static void finish_memory(void *opaque)
{
    struct state *state = opaque;
    if (!state)
        return;
    resident_free(&state->ubench.instance, state->memory);
    ubench_close(&state->ubench);
    free_state(state);
}

static void *prepare_memory(const struct workload_case *self, struct case_error *error)
{
    struct og_fault fault;
    const size_t size = content_size(self);
    struct state *state = new_state(self, LIBRARY, size, error);
    if (!state)
        return NULL;
    enum og_error wrong = ubench_open_from(&state->ubench, state->path, CASE_OPTIONS(), &fault);
    if (!wrong)
        wrong = resident_alloc(&state->ubench.instance, &state->memory, size, PAGE, &fault);
    if (!wrong)
        make_content(self, state->content, resident_address(state->memory));
    /* What `write` writes is not to be there before it does. */
    if (!wrong && self->run != run_write) {
        instance_scope scope;
        instance_enter(&state->ubench.instance, &scope);
        wrong = resident_fill(&scope, state->memory, state->content, size, &fault);
        instance_leave(&scope);
    }
    if (!wrong)
        return state;
    case_fail(error, &fault);
    finish_memory(state);
    return NULL;
}

/* What a few operations compute, then what is in memory, if that is no address. */
static bool output_memory(void *opaque, struct case_output *output, struct case_error *error)
{
    struct state *state = opaque;
    const struct workload_case *self = state->self;
    struct og_fault fault;
    instance_scope scope;
    if (!output_folded(state, output, error))
        return false;
    if (self->parameter != STRING && self->parameter != UTF8 && self->parameter != BYTES)
        return true;
    instance_enter(&state->ubench.instance, &scope);
    enum og_error wrong = resident_copy_out(&scope, state->output + sizeof(state->folded),
                                            state->memory, self->size, &fault);
    instance_leave(&scope);
    output->size += self->size;
    return !wrong || case_fail(error, &fault);
}

#endif

/* --- the life of a domain: the library loaded, used, put back, unloaded --- */

/* One whole life, that calls the library once. *opened, *answered and *closed get how long
 * opening took, opening and the first call, and closing. */
static enum og_error live(struct state *state, uint64_t *opened, uint64_t *answered,
                          uint64_t *closed, struct og_fault *fault)
{
    struct ubench ubench = {0};
    uint64_t count = 0;
    uint64_t start = workload_clock();
    enum og_error error =
        instance_open(&ubench.instance, "ubench", state->path, CASE_OPTIONS(), fault);
    *opened = workload_clock() - start;
    if (!error)
        error = call_ubench_count(&ubench, &count, fault);
    uint64_t now = workload_clock();
    *answered = now - start;
    /* An error of the call is the one to tell of. */
    enum og_error at_close = instance_close(&ubench.instance, error ? NULL : fault);
    *closed = workload_clock() - now;
    state->folded = fold(state->folded, count);
    return error ? error : at_close;
}

#define RUN_LIFE(name, part)                                                                       \
    static bool run_##name(void *state, uint64_t iterations, uint64_t *elapsed,                    \
                           struct case_error *error)                                               \
    {                                                                                              \
        struct og_fault fault;                                                                     \
        uint64_t opened, answered, closed, total = 0;                                              \
        for (uint64_t i = 0; i < iterations; i++) {                                                \
            if (live(state, &opened, &answered, &closed, &fault))                                  \
                return case_fail(error, &fault);                                                   \
            total += part;                                                                         \
        }                                                                                          \
        if (elapsed)                                                                               \
            *elapsed = total;                                                                      \
        return true;                                                                               \
    }

RUN_LIFE(open, opened)
RUN_LIFE(start, answered)
RUN_LIFE(close, closed)

/* Each time the library has something to be put back: its count, which then is 1 again. */
static bool run_reset(void *opaque, uint64_t iterations, uint64_t *elapsed,
                      struct case_error *error)
{
    struct state *state = opaque;
    struct ubench ubench = {0};
    struct og_fault fault;
    uint64_t total = 0;
    enum og_error wrong =
        instance_open(&ubench.instance, "ubench", state->path, CASE_OPTIONS(), &fault);
    for (uint64_t i = 0; i < iterations && !wrong; i++) {
        uint64_t count = 0;
        wrong = call_ubench_count(&ubench, &count, &fault);
        state->folded = fold(state->folded, count);
        if (wrong)
            break;
        uint64_t start = workload_clock();
        wrong = instance_reset(&ubench.instance, &fault);
        total += workload_clock() - start;
    }
    enum og_error at_close = instance_close(&ubench.instance, wrong ? NULL : &fault);
    if (elapsed)
        *elapsed = total;
    return (!wrong && !at_close) || case_fail(error, &fault);
}

static void *prepare_life(const struct workload_case *self, struct case_error *error)
{
    return new_state(self, UNLINKED_LIBRARY, 0, error);
}

static void finish_life(void *state)
{
    free_state(state);
}

/* --- the cases --- */

#define CALL(name, function)                                                                       \
    {                                                                                              \
        .operation = name, .placement = PLACEMENT_COPIED, .prepare = prepare_calls,                \
        .run = function, .output = output_folded, .finish = finish_calls                           \
    }

#define IN_PLACE(name, function, what, bytes)                                                      \
    {                                                                                              \
        .operation = name, .placement = PLACEMENT_RESIDENT, .size = bytes, .parameter = what,      \
        .prepare = prepare_memory, .run = function, .output = output_memory,                       \
        .finish = finish_memory                                                                    \
    }

#define IN_PLACE_SIZES(name, function, what)                                                       \
    IN_PLACE(name, function, what, 1), IN_PLACE(name, function, what, 8),                          \
        IN_PLACE(name, function, what, 64), IN_PLACE(name, function, what, 512),                   \
        IN_PLACE(name, function, what, 4096), IN_PLACE(name, function, what, 65536)

#define LIFE(name, function)                                                                       \
    {                                                                                              \
        .operation = name, .placement = PLACEMENT_COPIED, .prepare = prepare_life,                 \
        .run = function, .output = output_folded, .finish = finish_life, .self_timed = true        \
    }

static const struct workload_case cases[] = {
    CALL("invoke-int-0", run_int_0),
    CALL("invoke-int-1", run_int_1),
    CALL("invoke-int-3", run_int_3),
    CALL("invoke-int-6", run_int_6),
    CALL("invoke-int-7", run_int_7),
    CALL("invoke-int-10", run_int_10),
    CALL("invoke-int-25", run_int_25),
    CALL("invoke-double-8", run_double_8),
    CALL("invoke-mixed", run_mixed),
    CALL("invoke-struct-registers", run_struct_registers),
    CALL("invoke-struct-memory", run_struct_memory),
    CALL("callback", run_callback),
    LIFE("domain-open", run_open),
    LIFE("domain-reset", run_reset),
    LIFE("domain-close", run_close),
    LIFE("process-start", run_start),
/* Values of another process cannot be used in place: systems that share no memory with the
 * library have no such case. */
#if RESIDENT_PLACEMENT
    IN_PLACE("upgrade", run_upgrade, NOTHING, sizeof(uint64_t)),
    IN_PLACE("validate-bool", run_validate_bool, BOOL, sizeof(bool)),
    IN_PLACE("validate-enum", run_validate_enum, ENUM, sizeof(enum ubench_shape)),
    IN_PLACE("validate-range", run_validate_range, RANGE, sizeof(int32_t)),
    IN_PLACE("validate-pointer", run_validate_pointer, POINTER, sizeof(uint64_t *)),
    IN_PLACE("validate-struct", run_validate_struct, RECORD, sizeof(struct ubench_record)),
    IN_PLACE_SIZES("validate-string", run_validate_string, STRING),
    IN_PLACE_SIZES("validate-utf8", run_validate_utf8, UTF8),
    IN_PLACE_SIZES("validate-array", run_validate_array, BYTES),
    IN_PLACE_SIZES("write", run_write, BYTES),
#endif
};

const struct workload_table WORKLOAD_TABLE;
const struct workload_table WORKLOAD_TABLE = {"ubench", WORKLOAD_SYSTEM_NAME, cases,
                                              sizeof(cases) / sizeof(cases[0])};
