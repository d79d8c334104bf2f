/* A list of blocks, freed at once at the end. */
#include "omniglot/bindgen/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct block {
    struct block *next;
    max_align_t bytes[];
};

static struct block *blocks;

void memory_is_used_up(void)
{
    fprintf(stderr, "og-bindgen: out of memory\n");
    exit(2);
}

void *memory_take(size_t size)
{
    struct block *block = calloc(1, sizeof(*block) + size);
    if (!block)
        memory_is_used_up();
    block->next = blocks;
    blocks = block;
    return block->bytes;
}

const char *memory_format(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return "";
    char *text = memory_take((size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

const char *memory_copy(const char *text, size_t length)
{
    char *copy = memory_take(length + 1);
    memcpy(copy, text, length);
    return copy;
}

void memory_free(void)
{
    while (blocks) {
        struct block *next = blocks->next;
        free(blocks);
        blocks = next;
    }
}
