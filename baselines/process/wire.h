/* How arguments and results are serialized between the host and its worker: a
 * sequence of 8-byte words in the machine's own byte order, in the manner of XDR.
 * A number is one word; a byte string is its size in one word, then the bytes,
 * then zeros up to the next word. Nothing carries a type: both sides know the
 * function.
 *
 * Errors stick: after one failed put or get the rest do nothing, and the one
 * check at the end sees it. One thread at a time per writer or reader. */
#ifndef PROCESS_WIRE_H
#define PROCESS_WIRE_H

#include <omniglot/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WIRE_WORD   sizeof(uint64_t)
#define WIRE_PIECES 8

/* A word where a message keeps it: read once, and from memory of any type. */
typedef uint64_t __attribute__((may_alias)) wire_word;

/* A large byte string that a message refers to where it lies, not to be copied
 * before it is sent; it goes in before byte `at` of the writer's own bytes. */
struct wire_piece {
    const void *bytes;
    size_t size;
    size_t at;
};

/* Builds one message. It writes into a window (the shared ring itself) when it
 * was given one and the message fits, into its own heap memory otherwise. */
struct wire_writer {
    uint8_t *base; /* the window or `heap` */
    size_t used;
    size_t capacity;
    uint8_t *heap; /* kept from message to message */
    size_t heap_capacity;
    size_t limit;               /* the longest message, bytes */
    size_t referenced;          /* bytes in pieces */
    size_t reserved;            /* where the size of an open reservation goes, or 0 */
    size_t unreserved_capacity; /* the capacity to return to when it is committed */
    enum og_error error;
    bool by_reference; /* the caller's bytes stay in place until the message is sent */
    unsigned piece_count;
    struct wire_piece pieces[WIRE_PIECES];
};

/* Takes one message apart. Its bytes may be in memory that the other side can
 * still write: every byte is then fetched exactly once, and views are made from
 * private copies. */
struct wire_reader {
    const uint8_t *next; /* word-aligned */
    size_t left;
    struct wire_scratch
        *scratch; /* where views of shared bytes are copied; NULL: bytes are private */
    size_t scratch_used;
    enum og_error error;
    const char *problem; /* what was wrong, for people */
};

/* Private memory for views of shared bytes; kept from message to message. */
struct wire_scratch {
    uint8_t *bytes;
    size_t capacity;
};

/* ---- writing ---- */

/* Starts a message whose first `header` bytes the transport fills in later.
 * `window` may be NULL; `limit` bounds the whole message. Heap memory of an
 * earlier message is reused; start from a zeroed writer. `by_reference`: see
 * wire_put_bytes. */
void wire_writer_begin(struct wire_writer *writer, size_t header, void *window, size_t window_size,
                       size_t limit, bool by_reference);

/* Starts a message that is never sent: every put does nothing, the error is `error`. */
void wire_writer_refuse(struct wire_writer *writer, enum og_error error);

/* Moves the message out of its window, so that the window can carry another one. */
void wire_writer_leave_window(struct wire_writer *writer);

/* Frees the writer's heap memory; a zeroed writer is fine. */
void wire_writer_free(struct wire_writer *writer);

/* OG_OK; OG_OVERFLOW: longer than the limit; OG_NO_MEMORY; OG_BUSY: a
 * reservation is open; or what the writer was refused with. */
enum og_error wire_writer_error(const struct wire_writer *writer);

/* Makes room for `more` bytes; false and the error set when there is none. */
bool wire_writer_grow(struct wire_writer *writer, size_t more);

static inline void wire_put_u64(struct wire_writer *writer, uint64_t value)
{
    if (writer->capacity - writer->used < WIRE_WORD && !wire_writer_grow(writer, WIRE_WORD))
        return;
    memcpy(writer->base + writer->used, &value, WIRE_WORD);
    writer->used += WIRE_WORD;
}

static inline void wire_put_u32(struct wire_writer *writer, uint32_t value)
{
    wire_put_u64(writer, value);
}

static inline void wire_put_u8(struct wire_writer *writer, uint8_t value)
{
    wire_put_u64(writer, value);
}

static inline void wire_put_i64(struct wire_writer *writer, int64_t value)
{
    wire_put_u64(writer, (uint64_t)value);
}

static inline void wire_put_f64(struct wire_writer *writer, double value)
{
    uint64_t word;
    memcpy(&word, &value, sizeof word);
    wire_put_u64(writer, word);
}

/* Appends a byte string; `bytes` may be NULL when `size` is 0. In the writer of
 * process_call_begin a large string is only referred to: it must stay in place
 * and unchanged until process_call_finish. Any other writer copies it here. */
void wire_put_bytes(struct wire_writer *writer, const void *bytes, size_t size);

/* Appends a byte string in place: returns word-aligned room for `capacity` bytes
 * that a library can write its output to, or NULL (the error is set). Nothing
 * else can be put until wire_commit tells how many bytes the string has. The
 * room holds whatever was there before; fill the part that is committed. */
void *wire_reserve(struct wire_writer *writer, size_t capacity);
void wire_commit(struct wire_writer *writer, size_t size);

/* ---- reading ---- */

/* Reads `size` bytes, word-aligned, at `bytes`. `scratch` is NULL when they are
 * private to this side, else memory for views, owned by the caller. */
void wire_reader_begin(struct wire_reader *reader, const void *bytes, size_t size,
                       struct wire_scratch *scratch);

/* Frees the scratch memory, and with it every view made from it. */
void wire_scratch_free(struct wire_scratch *scratch);

/* Makes the reader fail with OG_CONTRACT for the reason given (a literal), unless
 * it has failed before: for a decoder's own rules. */
void wire_reader_fail(struct wire_reader *reader, const char *problem);

static inline uint64_t wire_get_u64(struct wire_reader *reader)
{
    if (reader->left < WIRE_WORD) {
        wire_reader_fail(reader, "a message ends before its last value");
        return 0;
    }
    uint64_t value = *(const volatile wire_word *)(const void *)reader->next;
    reader->next += WIRE_WORD;
    reader->left -= WIRE_WORD;
    return value;
}

/* Numbers that were put narrower than a word; wider ones fail the reader, give 0. */
static inline uint32_t wire_get_u32(struct wire_reader *reader)
{
    uint64_t value = wire_get_u64(reader);
    if (value > UINT32_MAX) {
        wire_reader_fail(reader, "a 32-bit value is out of range");
        return 0;
    }
    return (uint32_t)value;
}

static inline uint8_t wire_get_u8(struct wire_reader *reader)
{
    uint64_t value = wire_get_u64(reader);
    if (value > UINT8_MAX) {
        wire_reader_fail(reader, "an 8-bit value is out of range");
        return 0;
    }
    return (uint8_t)value;
}

static inline int64_t wire_get_i64(struct wire_reader *reader)
{
    return (int64_t)wire_get_u64(reader);
}

static inline int32_t wire_get_i32(struct wire_reader *reader)
{
    int64_t value = wire_get_i64(reader);
    if (value != (int32_t)value) {
        wire_reader_fail(reader, "a signed 32-bit value is out of range");
        return 0;
    }
    return (int32_t)value;
}

static inline int16_t wire_get_i16(struct wire_reader *reader)
{
    int64_t value = wire_get_i64(reader);
    if (value != (int16_t)value) {
        wire_reader_fail(reader, "a signed 16-bit value is out of range");
        return 0;
    }
    return (int16_t)value;
}

static inline double wire_get_f64(struct wire_reader *reader)
{
    uint64_t word = wire_get_u64(reader);
    double value;
    memcpy(&value, &word, sizeof value);
    return value;
}

/* A view of a byte string, word-aligned, *size bytes long; NULL after an error.
 * It stays valid until the next call through the same sandbox (host) or until
 * the handler or callback returns (worker, host callback). Where the bytes are
 * shared the view is a copy: wire_get_into saves that copy. */
const void *wire_get_bytes(struct wire_reader *reader, size_t *size);

/* Copies a byte string that must be exactly `size` bytes long; false after an error. */
bool wire_get_into(struct wire_reader *reader, void *destination, size_t size);

/* Copies a byte string of at most `capacity` bytes, *size of them; false after an error. */
bool wire_get_up_to(struct wire_reader *reader, void *destination, size_t capacity, size_t *size);

/* OG_OK when every byte was read and nothing failed; else OG_CONTRACT (truncated,
 * trailing bytes, a value out of range) or OG_NO_MEMORY (no room for a view).
 * Hosts rather call process_results_finish, which also ends the worker. */
enum og_error wire_finish(struct wire_reader *reader);

#endif
