/* What generated process stubs build on: the library's instance is a worker process, to which
 * arguments travel as messages and from which results come back. There is no memory
 * that both sides can use, so nothing is resident. */
#ifndef PROCESS_STUBS_H
#define PROCESS_STUBS_H

#include "baselines/process/process.h"
#include "baselines/scopeless.h"
#include <omniglot/interface.h>
#include <omniglot/stubs/checks.h>

struct instance {
    struct process_sandbox *sandbox;
};

/* Starts the worker that the options name, or og-worker-`name`. Errors as process_open's. */
static inline enum og_error instance_open(struct instance *instance, const char *name,
                                          const char *soname, const struct process_options *options,
                                          struct og_fault *fault)
{
    struct process_options named = options ? *options : (struct process_options){.library = name};
    (void)soname; /* the worker is linked to it */
    if (!named.library && !named.worker)
        named.library = name;
    return process_open(&instance->sandbox, &named, fault);
}

/* Ends the worker; one that was never started is fine. Nothing can refuse. */
static inline enum og_error instance_close(struct instance *instance, struct og_fault *fault)
{
    (void)fault;
    process_close(instance->sandbox);
    instance->sandbox = NULL;
    return OG_OK;
}

/* Replaces the worker by a fresh one. */
static inline enum og_error instance_reset(struct instance *instance, struct og_fault *fault)
{
    return process_reset(instance->sandbox, fault);
}

/* The handle as it goes to the worker: 0, which no worker knows, if its worker is gone. */
static inline uint64_t process_handle(struct process_sandbox *sandbox, uint64_t handle,
                                      uint64_t generation)
{
    return generation == process_generation(sandbox) ? handle : 0;
}

/* Puts `count` elements of `size` bytes without the padding that is between their fields. `solid`:
 * the bits of one that are fields'. */
static inline void process_put_solid(struct wire_writer *writer, const void *values, size_t count,
                                     size_t size, const unsigned char *solid)
{
    const unsigned char *bytes = values;
    size_t total = OG_PRODUCT(count, size);
    unsigned char *room = wire_reserve(writer, total);
    for (size_t i = 0; room && i < total; i++)
        room[i] = bytes[i] & solid[i % size];
    if (room)
        wire_commit(writer, total);
}

/* An integer of `type`, put as a word; the reader fails if it is none of that type. */
#define process_get_integer(reader, type)                                                          \
    __extension__({                                                                                \
        uint64_t og_word = wire_get_u64(reader);                                                   \
        if ((uint64_t)(type)og_word != og_word)                                                    \
            wire_reader_fail((reader), "an integer is out of its type's range");                   \
        (type) og_word;                                                                            \
    })

static inline bool process_get_bool(struct wire_reader *reader)
{
    uint64_t word = wire_get_u64(reader);
    if (word > 1)
        wire_reader_fail(reader, "a bool is neither 0 nor 1");
    return word == 1;
}

/* Fails the reader if more is left, or was filled, than there was. */
#define process_check_left(reader, left, before)                                                   \
    do {                                                                                           \
        if ((uintmax_t)(left) > (uintmax_t)(before))                                               \
            wire_reader_fail((reader), "more is left, or filled, than there was");                 \
    } while (0)

/* ---- arguments of callbacks ---- */

/* A view of a byte string; NULL, and *size 0, where it is `optional` and was sent as NULL. */
static inline const void *process_get_array(struct wire_reader *reader, bool optional, size_t *size)
{
    bool is_there = !optional || process_get_bool(reader);
    const void *bytes = wire_get_bytes(reader, size);
    return is_there ? bytes : NULL;
}

/* A view of a text, its NUL with it. "" after an error. */
static inline const char *process_get_string(struct wire_reader *reader, bool optional)
{
    size_t size;
    bool is_there = !optional || process_get_bool(reader);
    const char *text = wire_get_bytes(reader, &size);
    if (!is_there)
        return NULL;
    if (text && size && !text[size - 1])
        return text;
    wire_reader_fail(reader, "a text without a NUL at its end");
    return "";
}

/* Up to OG_STRINGS_MAX texts, and the NULL after them. */
static inline void process_get_strings(struct wire_reader *reader, const char **texts)
{
    uint64_t count = wire_get_u64(reader);
    if (count > OG_STRINGS_MAX) {
        wire_reader_fail(reader, "more texts than a callback can carry");
        count = 0;
    }
    for (uint64_t i = 0; i < count; i++)
        texts[i] = process_get_string(reader, false);
    texts[count] = NULL;
}

#endif
