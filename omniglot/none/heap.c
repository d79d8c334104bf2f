/* The foreign heap: memkind (a jemalloc that can be told where to allocate).
 *
 * memkind does not unmap the address space of a destroyed heap's bookkeeping (2 MiB for
 * each of its arenas, a few per heap), though it gives the memory back: an open or a reset
 * costs that much address space, of the 128 TiB there are, and no memory. */
#include "none.h"

#include <memkind.h>

enum og_error none_heap_open(struct none_heap *heap, uintptr_t start, size_t size,
                             struct og_fault *fault)
{
    heap->start = start;
    heap->size = size;
    heap->kind = NULL;
    int status = memkind_create_fixed((void *)start, size, &heap->kind);
    if (status == MEMKIND_SUCCESS)
        return OG_OK;
    char message[MEMKIND_ERROR_MESSAGE_SIZE];
    memkind_error_message(status, message, sizeof(message));
    return og_fail(fault, OG_NO_MEMORY, "memkind", start, message);
}

void none_heap_close(struct none_heap *heap)
{
    if (heap->kind)
        memkind_destroy_kind(heap->kind);
    heap->kind = NULL;
}

void *none_heap_alloc(struct none_heap *heap, size_t alignment, size_t size)
{
    void *memory = NULL;
    if (!heap->kind)
        return NULL; /* a reset failed half-way */
    if (alignment <= _Alignof(max_align_t))
        return memkind_malloc(heap->kind, size);
    return memkind_posix_memalign(heap->kind, &memory, alignment, size) ? NULL : memory;
}

bool none_heap_owns(const struct none_heap *heap, uintptr_t address)
{
    return og_is_within(address, 1, heap->start, heap->start + heap->size);
}

void none_heap_free(struct none_heap *heap, void *memory)
{
    if (heap->kind)
        memkind_free(heap->kind, memory);
}
