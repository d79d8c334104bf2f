/* What the generated workers of the process discipline build on: memory for outputs that are
 * not written into the answer itself, and texts. A worker serves one call at a time. */
#ifndef PROCESS_WORKER_STUBS_H
#define PROCESS_WORKER_STUBS_H

#include "baselines/process/worker.h"
#include <omniglot/interface.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct worker_block {
    struct worker_block *next;
    max_align_t bytes[];
};

static struct worker_block *worker_blocks;

/* Frees what earlier calls took. */
static inline void worker_release(void)
{
    while (worker_blocks) {
        struct worker_block *next = worker_blocks->next;
        free(worker_blocks);
        worker_blocks = next;
    }
}

/* Memory until worker_release, zeroed: what the library leaves of it goes to the host. NULL if
 * there is none. */
static inline void *worker_take(size_t size)
{
    struct worker_block *block = calloc(1, OG_SUM(sizeof(*block), size));
    if (!block)
        return NULL;
    block->next = worker_blocks;
    worker_blocks = block;
    return block->bytes;
}

/* A copy of `size` bytes, which may be NULL if they are none. */
static inline void *worker_copy(const void *bytes, size_t size)
{
    void *copy = worker_take(size);
    if (copy && size)
        memcpy(copy, bytes, size);
    return copy;
}

/* The function, of which the compiler now knows nothing but the type that it is cast to. By its
 * name it would be called by what the header says of it, that it does not return, changes nothing
 * or returns no NULL, through whatever cast: that is for the library to say. */
static inline void (*worker_unbelieved(void (*function)(void)))(void)
{
    __asm__("" : "+r"(function));
    return function;
}

/* Does a NUL end the `size` bytes? */
static inline bool worker_is_text(const void *text, size_t size)
{
    return text && size && !((const char *)text)[size - 1];
}

/* Puts the texts of an array that NULL ends. More than a callback can carry are announced, and
 * refused by the host. */
static inline void worker_put_strings(struct wire_writer *writer, const char *const *texts)
{
    uint64_t count = 0;
    while (texts && texts[count])
        count++;
    wire_put_u64(writer, count);
    for (uint64_t i = 0; i < count && i <= OG_STRINGS_MAX; i++)
        wire_put_bytes(writer, texts[i], strlen(texts[i]) + 1);
}

#endif
