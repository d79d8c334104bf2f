/* What hollow domains have loaded: a library, and the loader and C library by which the runtime
 * loads it and makes room in it. It takes the place of image.c. */
#include "hollow.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static hollow_function count, call, call_twice, grow, map, wait_for_ever, sleep_briefly, fail, poke;

static const struct {
    const char *name;
    hollow_function *function;
} functions[] = {
    {"count", count},
    {"call", call},
    {"call_twice", call_twice},
    {"grow", grow},
    {"map", map},
    {"wait_for_ever", wait_for_ever},
    {"sleep_briefly", sleep_briefly},
    {"fail", fail},
    {"poke", poke},
};
enum { FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };
enum { THREAD_ID = 720, MAIN_THREAD = 2, THREAD_SIZE = 1024 };

/* In the domain's memory: what a function's address names, variables, the first thread's. */
struct loaded {
    hollow_function *functions[FUNCTIONS];
    long counter;
    unsigned char thread[THREAD_SIZE] __attribute__((aligned(64)));
};
static struct loaded *libraries[MPK_DOMAINS]; /* by the domain's number, of who opens it */

static struct loaded *own(void)
{
    return libraries[hollow_domain()->index];
}

hollow_function *hollow_at(const struct mpk_domain *domain, uintptr_t address)
{
    const struct mpk_arena *arena = &domain->arena;
    if (!og_is_within(address, 1, arena->start, arena->start + arena->size))
        return (hollow_function *)address; /* the loader's, below */
    return *(hollow_function **)address;
}

/* --- the library --- */

static long count(long a, long b, long c, long d, long e, long f)
{
    (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
    return ++own()->counter;
}

static long call(long callback, long argument, long c, long d, long e, long f)
{
    (void)c, (void)d, (void)e, (void)f;
    if (!callback) /* a reset has closed it */
        hollow_fault();
    return ((long (*)(long))callback)(argument) + 1;
}

static long call_twice(long callback, long argument, long c, long d, long e, long f)
{
    return call(callback, argument, c, d, e, f) + call(callback, argument, c, d, e, f);
}

/* The heap, by so many pages, or back. */
static long grow(long pages, long b, long c, long d, long e, long f)
{
    (void)b, (void)c, (void)d, (void)e, (void)f;
    long brk = hollow_system_call(SYS_brk, 0, 0, 0, 0);
    long now = hollow_system_call(SYS_brk, brk + pages * MPK_PAGE, 0, 0, 0);
    if (pages > 0 && now > brk)
        memset((void *)brk, 1, (size_t)(now - brk));
    return now - brk;
}

/* Maps so many pages, uses them, and gives them back. */
static long map(long pages, long b, long c, long d, long e, long f)
{
    (void)b, (void)c, (void)d, (void)e, (void)f;
    long size = pages * MPK_PAGE;
    long start =
        hollow_system_call(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    if (start < 0 && start > -MPK_PAGE)
        return start;
    *(long *)start = pages;
    hollow_system_call(SYS_mprotect, start, MPK_PAGE, PROT_NONE, 0);
    hollow_system_call(SYS_mprotect, start, MPK_PAGE, PROT_READ | PROT_WRITE, 0);
    return hollow_system_call(SYS_munmap, start, size, 0, 0);
}

static long wait_for_ever(long a, long b, long c, long d, long e, long f)
{
    (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
    for (;;)
        hollow_interrupt();
}

static long sleep_briefly(long nanoseconds, long b, long c, long d, long e, long f)
{
    (void)b, (void)c, (void)d, (void)e, (void)f;
    struct timespec *time = (struct timespec *)(own()->thread + THREAD_SIZE - sizeof(*time));
    *time = (struct timespec){0, nanoseconds};
    return hollow_system_call(SYS_nanosleep, (long)time, 0, 0, 0);
}

static long fail(long a, long b, long c, long d, long e, long f)
{
    (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
    hollow_fault();
    return 0;
}

static long poke(long place, long value, long c, long d, long e, long f)
{
    (void)c, (void)d, (void)e, (void)f;
    return *(long *)place = value;
}

/* --- the loader, and the C library --- */

uintptr_t hollow_find(const struct mpk_domain *domain, const char *name)
{
    for (size_t i = 0; i < FUNCTIONS; i++)
        if (!strcmp(functions[i].name, name))
            return (uintptr_t)&libraries[domain->index]->functions[i];
    return 0;
}

static uintptr_t open_library(const char *name)
{
    (void)name;
    return 1;
}

static uintptr_t find_symbol(uintptr_t handle, const char *name)
{
    (void)handle;
    return hollow_find(hollow_domain(), name);
}

static uintptr_t close_library(uintptr_t handle)
{
    (void)handle;
    return 0;
}

static uintptr_t say_nothing(void)
{
    return 0;
}

/* Whole pages, the first of which says how many they are. */
static uintptr_t allocate(uintptr_t *place, size_t alignment, size_t size)
{
    size_t all = (size + 2 * MPK_PAGE - 1) & -(size_t)MPK_PAGE;
    long start = hollow_system_call(SYS_mmap, 0, (long)all, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS);
    (void)alignment;
    if (start < 0 && start > -MPK_PAGE)
        return ENOMEM;
    *(size_t *)start = all;
    *place = (uintptr_t)start + MPK_PAGE;
    return 0;
}

static uintptr_t release(uintptr_t memory)
{
    uintptr_t start = memory - MPK_PAGE;
    if (memory)
        hollow_system_call(SYS_munmap, (long)start, *(long *)start, 0, 0);
    return 0;
}

static uintptr_t allocate_thread(void)
{
    uintptr_t memory = 0;
    return allocate(&memory, 64, THREAD_SIZE) ? 0 : memory;
}

static const struct mpk_boot boot = {
    .dlopen = (uintptr_t)open_library,
    .dlsym = (uintptr_t)find_symbol,
    .dlclose = (uintptr_t)close_library,
    .dlerror = (uintptr_t)say_nothing,
    .posix_memalign = (uintptr_t)allocate,
    .free = (uintptr_t)release,
    .allocate_tls = (uintptr_t)allocate_thread,
    .deallocate_tls = (uintptr_t)release,
    .ctype_init = (uintptr_t)say_nothing,
};

enum og_error mpk_image_start(struct mpk_context *context, struct og_fault *fault)
{
    struct mpk_domain *domain = context->domain;
    const int id = MAIN_THREAD;
    struct loaded *loaded = NULL;
    pthread_mutex_lock(&domain->lock);
    enum og_error error = mpk_seats_open(domain, fault);
    if (!error)
        loaded = (void *)mpk_arena_map(&domain->arena, 0, sizeof(*loaded));
    pthread_mutex_unlock(&domain->lock);
    if (!loaded)
        return error ? error : og_out_of_memory(fault);
    for (size_t i = 0; i < FUNCTIONS; i++)
        loaded->functions[i] = functions[i].function;
    memcpy(loaded->thread + THREAD_ID, &id, sizeof(id));
    libraries[domain->index] = loaded;
    domain->boot = boot;
    domain->booted = true;
    context->foreign_rsp = context->seat->rsp;
    context->foreign_fs = context->seat->fs = (uintptr_t)loaded->thread;
    context->needs_tls = false;
    return OG_OK;
}
