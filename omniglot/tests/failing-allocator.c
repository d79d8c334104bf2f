#include "failing-allocator.h"
#include "descriptors.h"
#include "sanitized.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- failing --- */

static atomic_size_t to_go; /* allocations, with the one that fails; 0: none does */
static _Atomic(const char *) failed;

void allocation_fail(size_t number)
{
    failed = NULL;
    to_go = number;
}

const char *allocation_failed(void)
{
    return failed;
}

void allocation_stop(void)
{
    to_go = 0;
}

void (*allocation_seen)(const char *function);
void (*release_seen)(void);

static bool fails(const char *function)
{
    if (allocation_seen)
        allocation_seen(function);
    if (!to_go || atomic_fetch_sub(&to_go, 1) != 1)
        return false;
    failed = function;
    errno = ENOMEM;
    return true;
}

/* --- what is held --- */

enum { BLOCKS = 4096 };

static struct block {
    const void *memory; /* NULL: none */
    const char *function;
    const void *caller;
} blocks[BLOCKS];
static size_t block_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *keep(void *memory, const char *function, const void *caller)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; memory && i < BLOCKS; i++) {
        if (!blocks[i].memory) {
            blocks[i] = (struct block){memory, function, caller};
            block_count++;
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    return memory;
}

/* Not ours: a library's, which gave it to the program. */
static void forget(const void *memory)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; memory && i < BLOCKS; i++) {
        if (blocks[i].memory == memory) {
            blocks[i].memory = NULL;
            block_count--;
            break;
        }
    }
    pthread_mutex_unlock(&lock);
}

void held_list(void)
{
    extern const char __executable_start[];
    for (size_t i = 0; i < BLOCKS; i++)
        if (blocks[i].memory)
            printf("# %s, called at 0x%tx of the program\n", blocks[i].function,
                   (const char *)blocks[i].caller - __executable_start);
}

/* --- the functions --- */

/* The linker has the program's calls of NAME come to __wrap_NAME, and __real_NAME be libc's. */
#define REAL(type, name, ...)                                                                      \
    type __real_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)
#define CALLER __builtin_return_address(0)

REAL(void *, malloc, size_t size)
{
    return fails("malloc") ? NULL : keep(__real_malloc(size), "malloc", CALLER);
}

REAL(void *, calloc, size_t count, size_t size)
{
    return fails("calloc") ? NULL : keep(__real_calloc(count, size), "calloc", CALLER);
}

REAL(void *, realloc, void *memory, size_t size)
{
    if (fails("realloc"))
        return NULL;
    void *moved = __real_realloc(memory, size);
    if (moved || !size)
        forget(memory);
    return keep(moved, "realloc", CALLER);
}

REAL(char *, strdup, const char *text)
{
    return fails("strdup") ? NULL : keep(__real_strdup(text), "strdup", CALLER);
}

REAL(char *, strndup, const char *text, size_t size)
{
    return fails("strndup") ? NULL : keep(__real_strndup(text, size), "strndup", CALLER);
}

REAL(void, free, void *memory)
{
    if (release_seen)
        release_seen();
    forget(memory);
    __real_free(memory);
}

int __wrap_asprintf(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **text, const char *format, ...)
{
    va_list arguments;
    *text = NULL; /* which libc leaves open */
    if (fails("asprintf"))
        return -1;
    va_start(arguments, format);
    int length = vasprintf(text, format, arguments);
    va_end(arguments);
    keep(*text, "asprintf", CALLER);
    return length;
}

REAL(FILE *, fopen, const char *path, const char *mode)
{
    return fails("fopen") ? NULL : keep(__real_fopen(path, mode), "fopen", CALLER);
}

/* The text is the program's to free, but is not followed: it moves while it is written. */
REAL(FILE *, open_memstream, char **text, size_t *size)
{
    return fails("open_memstream")
               ? NULL
               : keep(__real_open_memstream(text, size), "open_memstream", CALLER);
}

REAL(int, fclose, FILE *file)
{
    forget(file);
    return __real_fclose(file);
}

REAL(void *, mmap, void *wanted, size_t size, int protection, int flags, int file, off_t offset)
{
    return fails("mmap") ? MAP_FAILED : __real_mmap(wanted, size, protection, flags, file, offset);
}

REAL(int, memfd_create, const char *name, unsigned flags)
{
    return fails("memfd_create") ? -1 : __real_memfd_create(name, flags);
}

REAL(int, pthread_create, pthread_t *thread, const pthread_attr_t *attributes,
     void *(*start)(void *), void *argument)
{
    return fails("pthread_create") ? EAGAIN
                                   : __real_pthread_create(thread, attributes, start, argument);
}

REAL(int, pthread_key_create, pthread_key_t *key, void (*destroy)(void *))
{
    return fails("pthread_key_create") ? ENOMEM : __real_pthread_key_create(key, destroy);
}

/* For a key beyond the first 32 the C library needs memory. A sanitizer, which has an early one,
 * does without none. */
REAL(int, pthread_setspecific, pthread_key_t key, const void *value)
{
    return value && !SANITIZED && fails("pthread_setspecific")
               ? ENOMEM
               : __real_pthread_setspecific(key, value);
}

REAL(int, pthread_atfork, void (*before)(void), void (*after)(void), void (*child)(void))
{
    return fails("pthread_atfork") ? ENOMEM : __real_pthread_atfork(before, after, child);
}

/* --- looking --- */

/* Not with a sanitizer, which keeps what is freed, and books about it. */
static size_t count_mapped(void)
{
    size_t bytes = 0;
    char line[4352];
    FILE *maps = __real_fopen("/proc/self/maps", "re");
    while (maps && fgets(line, sizeof(line), maps)) {
        char *rest;
        uintptr_t start = strtoul(line, &rest, 16);
        if (!strstr(line, "[heap]") && !strstr(line, "[stack]"))
            bytes += strtoul(rest + 1, NULL, 16) - start;
    }
    if (maps)
        __real_fclose(maps);
    return bytes;
}

struct held held_now(void)
{
    return (struct held){block_count, SANITIZED ? 0 : count_mapped(), count_descriptors()};
}

static bool is_same(const char *what, size_t before, size_t now)
{
    if (before != now)
        printf("# left behind: %zd %s\n", (ssize_t)(now - before), what);
    return before == now;
}

bool held_is_same(const struct held *before, const struct held *now)
{
    bool blocks_same = is_same("blocks", before->blocks, now->blocks);
    bool mapped_same = is_same("bytes of mappings", before->mapped, now->mapped);
    if (!blocks_same)
        held_list();
    return is_same("descriptors", before->descriptors, now->descriptors) && blocks_same &&
           mapped_same;
}
