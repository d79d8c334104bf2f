/* malloc and its family, as the libraries of a domain see them.
 *
 * A library that calls malloc must get memory of its domain, or nothing it returns could
 * be upgraded. It does not say which domain it is in, so each domain has a set of
 * functions of its own, bound into its libraries in place of libc's. What libc itself
 * allocated for the library (strdup, constructors) is told apart by its address. */
#include "none.h"
#include "slots.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct none_heap *heaps[NONE_DOMAINS];
static pthread_mutex_t heaps_lock = PTHREAD_MUTEX_INITIALIZER;

static void *allocate(unsigned slot, size_t alignment, size_t size)
{
    void *memory = none_heap_alloc(heaps[slot], alignment, size ? size : 1);
    if (!memory)
        errno = ENOMEM;
    return memory;
}

static void *allocate_zeroed(unsigned slot, size_t count, size_t size)
{
    size_t bytes;
    void *memory = NULL;
    if (!__builtin_mul_overflow(count, size, &bytes))
        memory = none_heap_alloc_zeroed(heaps[slot], bytes ? bytes : 1);
    if (!memory)
        errno = ENOMEM;
    return memory;
}

static void release(unsigned slot, void *memory)
{
    /* The last words of a library that outlives its domain; its heap is gone. */
    if (!heaps[slot])
        return;
    if (none_heap_owns(heaps[slot], (uintptr_t)memory))
        none_heap_free(heaps[slot], memory);
    else
        free(memory);
}

static void *reallocate(unsigned slot, void *memory, size_t size)
{
    if (!memory)
        return allocate(slot, 1, size);
    if (!none_heap_owns(heaps[slot], (uintptr_t)memory))
        return realloc(memory, size);
    if (!size) {
        none_heap_free(heaps[slot], memory);
        return NULL;
    }
    void *moved = none_heap_realloc(heaps[slot], memory, size);
    if (!moved)
        errno = ENOMEM;
    return moved;
}

static void *reallocate_array(unsigned slot, void *memory, size_t count, size_t size)
{
    size_t bytes;
    if (!__builtin_mul_overflow(count, size, &bytes))
        return reallocate(slot, memory, bytes);
    errno = ENOMEM;
    return NULL;
}

static size_t usable_size(unsigned slot, void *memory)
{
    return none_heap_owns(heaps[slot], (uintptr_t)memory)
               ? none_heap_usable_size(heaps[slot], memory)
               : malloc_usable_size(memory);
}

static int is_alignment(size_t alignment)
{
    return alignment >= sizeof(void *) && (alignment & (alignment - 1)) == 0;
}

static int allocate_aligned(unsigned slot, void **memory, size_t alignment, size_t size)
{
    if (!is_alignment(alignment))
        return EINVAL;
    void *allocated = none_heap_alloc(heaps[slot], alignment, size ? size : 1);
    if (!allocated)
        return ENOMEM;
    *memory = allocated;
    return 0;
}

static char *duplicate(unsigned slot, const char *text, size_t maximum)
{
    size_t length = strnlen(text, maximum);
    char *copy = allocate(slot, 1, length + 1);
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

struct family {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*reallocarray)(void *, size_t, size_t);
    void (*free)(void *);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    size_t (*malloc_usable_size)(void *);
    char *(*strdup)(const char *);
    char *(*strndup)(const char *, size_t);
};

/* The functions of slot n. */
#define FUNCTIONS(n)                                                                               \
    static void *malloc_##n(size_t size)                                                           \
    {                                                                                              \
        return allocate(n, 1, size);                                                               \
    }                                                                                              \
    static void *calloc_##n(size_t count, size_t size)                                             \
    {                                                                                              \
        return allocate_zeroed(n, count, size);                                                    \
    }                                                                                              \
    static void *realloc_##n(void *memory, size_t size)                                            \
    {                                                                                              \
        return reallocate(n, memory, size);                                                        \
    }                                                                                              \
    static void *reallocarray_##n(void *memory, size_t count, size_t size)                         \
    {                                                                                              \
        return reallocate_array(n, memory, count, size);                                           \
    }                                                                                              \
    static void free_##n(void *memory)                                                             \
    {                                                                                              \
        release(n, memory);                                                                        \
    }                                                                                              \
    static int posix_memalign_##n(void **memory, size_t alignment, size_t size)                    \
    {                                                                                              \
        return allocate_aligned(n, memory, alignment, size);                                       \
    }                                                                                              \
    static void *aligned_alloc_##n(size_t alignment, size_t size)                                  \
    {                                                                                              \
        return allocate(n, alignment, size);                                                       \
    }                                                                                              \
    static size_t usable_size_##n(void *memory)                                                    \
    {                                                                                              \
        return usable_size(n, memory);                                                             \
    }                                                                                              \
    static char *strdup_##n(const char *text)                                                      \
    {                                                                                              \
        return duplicate(n, text, SIZE_MAX);                                                       \
    }                                                                                              \
    static char *strndup_##n(const char *text, size_t maximum)                                     \
    {                                                                                              \
        return duplicate(n, text, maximum);                                                        \
    }

#define FAMILY(n)                                                                                  \
    {malloc_##n,         calloc_##n,        realloc_##n,     reallocarray_##n, free_##n,           \
     posix_memalign_##n, aligned_alloc_##n, usable_size_##n, strdup_##n,       strndup_##n},

/* Slots are numbered in octal: 000 to 077. */
NONE_SIXTY_FOUR(FUNCTIONS)

static const struct family families[NONE_DOMAINS] = {NONE_SIXTY_FOUR(FAMILY)};

enum og_error none_allocation_open(struct none_heap *heap, unsigned *slot, struct og_fault *fault)
{
    enum og_error error = OG_NO_MEMORY;
    pthread_mutex_lock(&heaps_lock);
    for (unsigned i = 0; i < NONE_DOMAINS && error; i++) {
        if (!heaps[i]) {
            heaps[i] = heap;
            *slot = i;
            error = OG_OK;
        }
    }
    pthread_mutex_unlock(&heaps_lock);
    _Static_assert(NONE_DOMAINS == 64, "the message says so");
    if (error)
        return og_fail(fault, error, NULL, 0, "64 domains without isolation are open: close one");
    return OG_OK;
}

void none_allocation_close(unsigned slot)
{
    pthread_mutex_lock(&heaps_lock);
    heaps[slot] = NULL;
    pthread_mutex_unlock(&heaps_lock);
}

void *none_allocation_function(unsigned slot, const char *symbol)
{
    const struct family *family = &families[slot];
    const struct {
        const char *name;
        void *function;
    } functions[] = {
        {"malloc", (void *)family->malloc},
        {"calloc", (void *)family->calloc},
        {"realloc", (void *)family->realloc},
        {"reallocarray", (void *)family->reallocarray},
        {"free", (void *)family->free},
        {"cfree", (void *)family->free},
        {"posix_memalign", (void *)family->posix_memalign},
        {"aligned_alloc", (void *)family->aligned_alloc},
        {"memalign", (void *)family->aligned_alloc},
        {"malloc_usable_size", (void *)family->malloc_usable_size},
        {"strdup", (void *)family->strdup},
        {"__strdup", (void *)family->strdup},
        {"strndup", (void *)family->strndup},
        {"__strndup", (void *)family->strndup},
    };
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        if (!strcmp(symbol, functions[i].name))
            return functions[i].function;
    return NULL;
}

void none_allocations_fork(enum none_fork when)
{
    if (when == NONE_BEFORE_FORK)
        pthread_mutex_lock(&heaps_lock);
    else
        pthread_mutex_unlock(&heaps_lock);
}
