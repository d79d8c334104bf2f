/* The C library's allocator. No handler of the host's comes on top of its lock: one that forks
 * would wait for that lock for ever, since glibc's fork takes it in a process that has, or once
 * had, a second thread, and the runtime makes threads. Nothing else in omniglot/mpk calls the
 * allocator (tests/allocates-in-one-place). */
#include "mpk.h"

#include <stdlib.h>
#include <string.h>

void *mpk_allocate(size_t count, size_t size)
{
    uint64_t mask = mpk_mask_block_handlers();
    void *memory = calloc(count, size);
    mpk_mask_set(mask);
    return memory;
}

void *mpk_resize(void *memory, size_t size)
{
    uint64_t mask = mpk_mask_block_handlers();
    void *resized = realloc(memory, size);
    mpk_mask_set(mask);
    return resized;
}

void mpk_release(void *memory)
{
    if (!memory)
        return;
    uint64_t mask = mpk_mask_block_handlers();
    free(memory);
    mpk_mask_set(mask);
}

char *mpk_copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = mpk_allocate(1, size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}
