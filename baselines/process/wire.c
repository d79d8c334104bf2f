/* The parts of the serialization that are not on every call's path: growing a
 * message, byte strings, and errors. */
#include "baselines/process/wire.h"

#include <stdlib.h>

/* Byte strings from this size on are referred to instead of copied: about where
 * one more element for the kernel to gather costs less than the copy. */
#define REFERENCE_FROM 2048

static const uint64_t zero_word;

static size_t padding(size_t size)
{
    return -size & (WIRE_WORD - 1);
}

/* After an error there is no room, so that every later put ends in wire_writer_grow. */
static bool fail(struct wire_writer *writer, enum og_error error)
{
    if (!writer->error)
        writer->error = error;
    writer->used = writer->capacity = 0;
    writer->reserved = 0;
    writer->piece_count = 0;
    writer->referenced = 0;
    return false;
}

/* Room beyond the limit is no room, so that the checks of puts are for one number. */
static size_t bounded(const struct wire_writer *writer, size_t capacity)
{
    size_t most = writer->limit - writer->referenced;
    return capacity < most ? capacity : most;
}

void wire_writer_begin(struct wire_writer *writer, size_t header, void *window, size_t window_size,
                       size_t limit, bool by_reference)
{
    writer->base = window ? window : writer->heap;
    writer->used = 0;
    writer->limit = limit;
    writer->referenced = 0;
    writer->capacity = bounded(writer, window ? window_size : writer->heap_capacity);
    writer->reserved = 0;
    writer->error = OG_OK;
    writer->by_reference = by_reference;
    writer->piece_count = 0;
    if (writer->capacity >= header || wire_writer_grow(writer, header))
        writer->used = header;
}

void wire_writer_refuse(struct wire_writer *writer, enum og_error error)
{
    writer->error = OG_OK;
    fail(writer, error);
}

/* Makes the heap memory at least `capacity` bytes and the place where the message is. */
static bool move_to_heap(struct wire_writer *writer, size_t capacity)
{
    bool in_window = writer->base != writer->heap;
    if (writer->heap_capacity < capacity) {
        uint8_t *heap = realloc(writer->heap, capacity);
        if (!heap)
            return fail(writer, OG_NO_MEMORY);
        writer->heap = heap;
        writer->heap_capacity = capacity;
    }
    if (in_window && writer->used)
        memcpy(writer->heap, writer->base, writer->used);
    writer->base = writer->heap;
    writer->capacity = bounded(writer, writer->heap_capacity);
    return true;
}

void wire_writer_leave_window(struct wire_writer *writer)
{
    if (!writer->error && writer->base != writer->heap)
        move_to_heap(writer, writer->used);
}

bool wire_writer_grow(struct wire_writer *writer, size_t more)
{
    if (writer->error)
        return false;
    if (writer->reserved)
        return fail(writer, OG_BUSY);
    size_t needed, capacity;
    if (__builtin_add_overflow(writer->used, more, &needed) || writer->referenced > writer->limit ||
        needed > writer->limit - writer->referenced)
        return fail(writer, OG_OVERFLOW);
    if (needed <= writer->capacity)
        return true;
    if (__builtin_mul_overflow(needed, 2, &capacity))
        capacity = needed;
    return move_to_heap(writer, capacity < 4096 ? 4096 : capacity);
}

void wire_writer_free(struct wire_writer *writer)
{
    free(writer->heap);
    *writer = (struct wire_writer){0};
}

enum og_error wire_writer_error(const struct wire_writer *writer)
{
    if (writer->error)
        return writer->error;
    return writer->reserved ? OG_BUSY : OG_OK;
}

static void put_padding(struct wire_writer *writer, size_t size)
{
    memcpy(writer->base + writer->used, &zero_word, padding(size));
    writer->used += padding(size);
}

static bool put_reference(struct wire_writer *writer, const void *bytes, size_t size)
{
    /* A message in the window is copied exactly once in any case. */
    if (!writer->by_reference || writer->piece_count == WIRE_PIECES || size < REFERENCE_FROM ||
        writer->base != writer->heap)
        return false;
    size_t total;
    if (__builtin_add_overflow(writer->referenced, size, &total) || total > writer->limit ||
        writer->used > writer->limit - total) {
        fail(writer, OG_OVERFLOW);
        return true;
    }
    writer->pieces[writer->piece_count++] =
        (struct wire_piece){.bytes = bytes, .size = size, .at = writer->used};
    writer->referenced = total;
    writer->capacity = bounded(writer, writer->capacity);
    if (wire_writer_grow(writer, padding(size)))
        put_padding(writer, size);
    return true;
}

void wire_put_bytes(struct wire_writer *writer, const void *bytes, size_t size)
{
    wire_put_u64(writer, size);
    if (writer->error || !size)
        return;
    size_t padded;
    if (__builtin_add_overflow(size, padding(size), &padded)) {
        fail(writer, OG_OVERFLOW);
        return;
    }
    /* What outgrows the window goes by reference, not into a copy of this size. */
    if (padded > writer->capacity - writer->used && writer->by_reference &&
        writer->base != writer->heap && !move_to_heap(writer, writer->used + 4096))
        return;
    if (put_reference(writer, bytes, size) || !wire_writer_grow(writer, padded))
        return;
    memcpy(writer->base + writer->used, bytes, size);
    writer->used += size;
    put_padding(writer, size);
}

void *wire_reserve(struct wire_writer *writer, size_t capacity)
{
    size_t padded;
    if (__builtin_add_overflow(capacity, WIRE_WORD + padding(capacity), &padded)) {
        fail(writer, OG_OVERFLOW);
        return NULL;
    }
    if (!wire_writer_grow(writer, padded))
        return NULL;
    wire_put_u64(writer, capacity);
    writer->reserved = writer->used - WIRE_WORD;
    writer->unreserved_capacity = writer->capacity;
    uint8_t *room = writer->base + writer->used;
    /* Until the commit nothing fits, so that no put can land in the room. */
    writer->used += capacity + padding(capacity);
    writer->capacity = writer->used;
    return room;
}

void wire_commit(struct wire_writer *writer, size_t size)
{
    if (writer->error)
        return;
    uint64_t announced = size;
    size_t room = writer->reserved + WIRE_WORD;
    if (!writer->reserved || size > writer->used - room) {
        fail(writer, OG_BAD_ARGUMENT);
        return;
    }
    memcpy(writer->base + writer->reserved, &announced, WIRE_WORD);
    writer->used = room + size;
    put_padding(writer, size);
    writer->reserved = 0;
    writer->capacity = writer->unreserved_capacity;
}

void wire_reader_begin(struct wire_reader *reader, const void *bytes, size_t size,
                       struct wire_scratch *scratch)
{
    *reader = (struct wire_reader){.next = bytes, .left = size, .scratch = scratch};
}

void wire_scratch_free(struct wire_scratch *scratch)
{
    free(scratch->bytes);
    *scratch = (struct wire_scratch){0};
}

static void *fail_reading(struct wire_reader *reader, enum og_error error, const char *problem)
{
    if (!reader->error) {
        reader->error = error;
        reader->problem = problem;
    }
    reader->left = 0;
    return NULL;
}

void wire_reader_fail(struct wire_reader *reader, const char *problem)
{
    fail_reading(reader, OG_CONTRACT, problem);
}

/* Takes a byte string of at most `capacity` bytes; NULL after an error. */
static const uint8_t *take_bytes(struct wire_reader *reader, size_t capacity, size_t *size)
{
    uint64_t announced = wire_get_u64(reader);
    *size = 0;
    if (reader->error)
        return NULL;
    if (announced > reader->left || padding(announced) > reader->left - announced)
        return fail_reading(reader, OG_CONTRACT, "a byte string is longer than its message");
    if (announced > capacity)
        return fail_reading(reader, OG_CONTRACT, "a byte string is longer than its buffer");
    const uint8_t *bytes = reader->next;
    *size = announced;
    reader->next += announced + padding(announced);
    reader->left -= announced + padding(announced);
    return bytes;
}

const void *wire_get_bytes(struct wire_reader *reader, size_t *size)
{
    struct wire_scratch *scratch = reader->scratch;
    size_t most = reader->left;
    const uint8_t *bytes = take_bytes(reader, SIZE_MAX, size);
    if (!bytes || !scratch)
        return bytes;
    /* The first view makes room for all that can follow, so that none ever moves. */
    if (!reader->scratch_used && scratch->capacity < most) {
        free(scratch->bytes);
        scratch->bytes = malloc(most);
        scratch->capacity = scratch->bytes ? most : 0;
        if (!scratch->bytes) {
            *size = 0;
            return fail_reading(reader, OG_NO_MEMORY, "no memory for a view of a byte string");
        }
    }
    uint8_t *view = scratch->bytes + reader->scratch_used;
    memcpy(view, bytes, *size);
    reader->scratch_used += *size + padding(*size);
    return view;
}

bool wire_get_into(struct wire_reader *reader, void *destination, size_t size)
{
    size_t announced;
    const uint8_t *bytes = take_bytes(reader, size, &announced);
    if (!bytes)
        return false;
    if (announced != size) {
        wire_reader_fail(reader, "a byte string is not of the size it must have");
        return false;
    }
    if (size)
        memcpy(destination, bytes, size);
    return true;
}

bool wire_get_up_to(struct wire_reader *reader, void *destination, size_t capacity, size_t *size)
{
    const uint8_t *bytes = take_bytes(reader, capacity, size);
    if (bytes && *size)
        memcpy(destination, bytes, *size);
    return bytes != NULL;
}

enum og_error wire_finish(struct wire_reader *reader)
{
    if (!reader->error && reader->left)
        fail_reading(reader, OG_CONTRACT, "a message goes on after its last value");
    return reader->error;
}
