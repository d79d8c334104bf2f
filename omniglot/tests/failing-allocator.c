#include "failing-allocator.h"

#include <dirent.h>
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
#include <sys/wait.h>
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

static bool fails(const char *function)
{
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

REAL(int, pthread_atfork, void (*before)(void), void (*after)(void), void (*child)(void))
{
    return fails("pthread_atfork") ? ENOMEM : __real_pthread_atfork(before, after, child);
}

/* --- looking --- */

static size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

/* A sanitizer keeps what is freed, and books about it. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

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

/* --- each in turn --- */

/* Is this how work ends whose allocation has failed? */
static bool is_clear(const char *what, size_t number, enum og_error error,
                     const struct og_fault *fault)
{
    bool clear = !error || (error == OG_NO_MEMORY && fault->error == error && fault->message[0]);
    if (!clear)
        printf("# %s, with allocation %zu (%s) failing: %s %s: %s\n", what, number, failed,
               og_error_name(error), fault->symbol, fault->message);
    return clear;
}

static bool is_done(const char *what, size_t number, allocating_work *work)
{
    struct og_fault fault = {0};
    enum og_error error = work(&fault);
    if (error)
        printf("# %s, after allocation %zu (%s) has failed: %s %s: %s\n", what, number,
               failed ? failed : "none", og_error_name(error), fault.symbol, fault.message);
    return !error;
}

static bool fail_each(const char *what, allocating_work *work)
{
    bool good = is_done(what, 0, work);
    struct held before = held_now();
    size_t done_without = 0;
    size_t number = 1;
    for (bool works = good; works; number++) {
        struct og_fault fault = {0};
        allocation_fail(number);
        enum og_error error = work(&fault);
        to_go = 0;
        if (!failed)
            break;
        done_without += !error;
        good &= is_clear(what, number, error, &fault);
        struct held after = held_now();
        bool same = held_is_same(&before, &after);
        works = is_done(what, number, work);
        after = held_now();
        same &= held_is_same(&before, &after);
        if (!same)
            printf("# ... %s, allocation %zu (%s)\n", what, number, failed);
        good &= works && same;
        before = after;
    }
    printf("# %s: %zu allocations, %zu of which it can do without\n", what, number - 1,
           done_without);
    return good;
}

bool each_allocation_fails(const char *what, allocating_work *work)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        bool good = fail_each(what, work);
        fflush(stdout);
        _exit(good ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    if (WIFSIGNALED(status))
        printf("# %s: ended by signal %d\n", what, WTERMSIG(status));
    return !status;
}

/* What a child tells. */
struct told {
    bool has_failed, did_without;
    struct held held;
};

/* In a process in which the work has not been done yet. */
static bool fail_first(const char *what, allocating_work *work, size_t number, struct told *told)
{
    struct og_fault fault = {0};
    allocation_fail(number);
    enum og_error error = work(&fault);
    to_go = 0;
    told->has_failed = failed != NULL;
    told->did_without = !error;
    bool good = is_clear(what, number, error, &fault) && is_done(what, number, work);
    told->held = held_now();
    return good;
}

static bool fail_first_apart(const char *what, allocating_work *work, size_t number,
                             struct told *told)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        bool good = fail_first(what, work, number, told);
        fflush(stdout);
        _exit(good ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    if (WIFSIGNALED(status))
        printf("# %s, with allocation %zu failing: ended by signal %d\n", what, number,
               WTERMSIG(status));
    return !status;
}

bool each_first_allocation_fails(const char *what, allocating_work *work, size_t books)
{
    struct told *told =
        __real_mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    size_t number = 0, done_without = 0;
    bool good = told != MAP_FAILED && fail_first_apart(what, work, 0, told);
    struct held usual = good ? told->held : (struct held){0};
    for (bool more = good; more; more = told->has_failed) {
        *told = (struct told){0};
        bool clean = fail_first_apart(what, work, ++number, told);
        done_without += told->has_failed && told->did_without;
        if (told->held.mapped > usual.mapped && told->held.mapped - usual.mapped <= books)
            told->held.mapped = usual.mapped;
        if (clean && !held_is_same(&usual, &told->held)) {
            printf("# ... %s the first time, allocation %zu\n", what, number);
            clean = false;
        }
        good &= clean;
    }
    printf("# %s the first time: %zu allocations, %zu of which it can do without\n", what,
           number - 1, done_without);
    if (told != MAP_FAILED)
        munmap(told, sizeof(*told));
    return good;
}
