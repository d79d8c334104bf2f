/* Host copies of what a library hands to a callback: the copying discipline's, over any isolation.
 */
#ifndef COPYING_CALLBACK_COPY_H
#define COPYING_CALLBACK_COPY_H

#include <omniglot/error.h>
#include <omniglot/interface.h>
#include <stdlib.h>
#include <string.h>

/* A host copy of one, for as long as the callback runs. */
struct callback_copy {
    void *bytes;
};

static inline void callback_copy_free(struct callback_copy *copy)
{
    free(copy->bytes);
}

/* Copies `size` checked bytes and lets *values point to the copy. */
static inline enum og_error callback_copy_bytes(struct callback_copy *copy, const void **values,
                                                size_t size, struct og_fault *fault)
{
    copy->bytes = malloc(size + 1);
    if (!copy->bytes)
        return og_out_of_memory(fault);
    if (size)
        memcpy(copy->bytes, *values, size);
    *values = copy->bytes;
    return OG_OK;
}

/* The same for `count` objects; NULL stays NULL. */
static inline enum og_error callback_copy_array(struct callback_copy *copy, const void **values,
                                                size_t size, size_t count, struct og_fault *fault)
{
    return *values ? callback_copy_bytes(copy, values, OG_PRODUCT(size, count), fault) : OG_OK;
}

static inline enum og_error callback_copy_string(struct callback_copy *copy, const char **text,
                                                 struct og_fault *fault)
{
    return *text ? callback_copy_bytes(copy, (const void **)text, strlen(*text) + 1, fault) : OG_OK;
}

/* The pointers, and the texts behind them, in one block. */
static inline enum og_error callback_copy_strings(struct callback_copy *copy, const char ***texts,
                                                  struct og_fault *fault)
{
    size_t count = 0, size = 0;
    for (; (*texts)[count]; count++)
        size += strlen((*texts)[count]) + 1;
    char **copied = malloc((count + 1) * sizeof(*copied) + size);
    copy->bytes = copied;
    if (!copied)
        return og_out_of_memory(fault);
    char *next = (char *)(copied + count + 1);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen((*texts)[i]) + 1;
        copied[i] = memcpy(next, (*texts)[i], length);
        next += length;
    }
    copied[count] = NULL;
    *texts = (const char **)copied;
    return OG_OK;
}

#endif
