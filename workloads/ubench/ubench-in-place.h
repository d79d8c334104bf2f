/* The operations on memory that host and library share: upgrading pointers into it,
 * validating values where they are, writing. A part of ubench.c, left out where nothing is
 * shared. The stubs' discipline says what `resident` memory is. */
#ifndef WORKLOADS_UBENCH_UBENCH_IN_PLACE_H
#define WORKLOADS_UBENCH_UBENCH_IN_PLACE_H

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
    instance_enter(&ubench->instance, &ubench->scope);                                             \
    resident_read_begin(&ubench->scope)
#define END_READING                                                                                \
    resident_read_end(&ubench->scope);                                                             \
    instance_leave(&ubench->scope)
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
    upgrade_pointer(&ubench->scope, resident_address(reached(state)), &reference, &fault),
    fold(folded, reference - resident_address(state->memory)))
RUN(write, uint8_t resident *memory = reached(state),
    resident_fill(&ubench->scope, memory, state->content, size, &fault), folded + 1)
RUN_READING(validate_bool, const bool *value,
            validate_bool(&ubench->scope, reached(state), &value, &fault), fold(folded, *value))
RUN_READING(validate_enum, const enum ubench_shape *value,
            validate_shape(&ubench->scope, reached(state), &value, &fault), fold(folded, *value))
RUN_READING(validate_range, const int32_t *value,
            validate_layer(&ubench->scope, reached(state), &value, &fault),
            fold(folded, (uint64_t)*value))
RUN_READING(validate_pointer, uintptr_t pointer,
            validate_weights(&ubench->scope, reached(state), &pointer, &fault),
            fold(folded, pointer - resident_address(state->memory)))
RUN_READING(validate_struct, const struct ubench_record *record,
            validate_record(&ubench->scope, reached(state), &record, &fault),
            fold_record(folded, record, resident_address(state->memory)))
RUN_READING(validate_string, size_t length,
            validate_string(&ubench->scope, reached(state), size, &length, &fault),
            fold(folded, length))
RUN_READING(validate_utf8, const char *text,
            validate_utf8(&ubench->scope, reached(state), size, &text, &fault),
            fold(fold(folded, (uint8_t)text[0]), (uint8_t)text[size - 1]))
RUN_READING(validate_array, const uint8_t *bytes,
            validate_bytes(&ubench->scope, reached(state), size, &bytes, &fault),
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
    enum og_error wrong = ubench_open(&state->ubench, state->path, &fault);
    if (!wrong)
        wrong = resident_alloc(&state->ubench.instance, &state->memory, size, PAGE, &fault);
    if (!wrong)
        make_content(self, state->content, resident_address(state->memory));
    /* What `write` writes is not to be there before it does. */
    if (!wrong && self->run != run_write) {
        instance_enter(&state->ubench.instance, &state->ubench.scope);
        wrong = resident_fill(&state->ubench.scope, state->memory, state->content, size, &fault);
        instance_leave(&state->ubench.scope);
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
    if (!output_folded(state, output, error))
        return false;
    if (self->parameter != STRING && self->parameter != UTF8 && self->parameter != BYTES)
        return true;
    instance_enter(&state->ubench.instance, &state->ubench.scope);
    enum og_error wrong =
        resident_copy_out(&state->ubench.scope, state->output + sizeof(state->folded),
                          state->memory, self->size, &fault);
    instance_leave(&state->ubench.scope);
    output->size += self->size;
    return !wrong || case_fail(error, &fault);
}

#endif
