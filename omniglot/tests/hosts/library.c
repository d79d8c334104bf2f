#include "library.h"

#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef __wasm__
#include <dlfcn.h>
#include <iconv.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#endif

static int64_t count(void)
{
    static int64_t counter;
    return ++counter;
}

static int64_t allocate(size_t size)
{
    unsigned char *memory = malloc(size);
    if (!memory)
        return -ENOMEM;
    memset(memory, 1, size);
    int64_t written = 0;
    for (size_t i = 0; i < size; i += 64)
        written += memory[i] ? 64 : 0;
    free(memory);
    return written;
}

static int64_t compute(int64_t rounds)
{
    volatile int64_t done = 0;
    while (done < rounds)
        done = done + 1;
    return done;
}

static int64_t spin(void)
{
    volatile int64_t done = 0;
    for (;;)
        done = done + 1;
    return done;
}

static int64_t recurse(int64_t bytes)
{
    enum { FRAME = 1024 };
    volatile unsigned char frame[FRAME];
    frame[0] = 1;
    return bytes <= FRAME ? bytes : recurse(bytes - FRAME) + FRAME * frame[0];
}

struct record {
    int key, place;
};

static int compare(const void *a, const void *b)
{
    return ((const struct record *)a)->key - ((const struct record *)b)->key;
}

static int64_t sort(int64_t size)
{
    struct record *records = calloc((size_t)size, sizeof(*records));
    bool stable = records != NULL;
    for (int i = 0; stable && i < size; i++)
        records[i] = (struct record){i * 7919 % 16, i};
    if (records)
        qsort(records, (size_t)size, sizeof(*records), compare);
    for (int64_t i = 1; stable && i < size; i++)
        stable = records[i - 1].key < records[i].key ||
                 (records[i - 1].key == records[i].key && records[i - 1].place < records[i].place);
    free(records);
    return stable;
}

static int64_t print(void)
{
    int64_t printed = printf("out\n");
    fflush(stdout);
    return printed + fprintf(stderr, "warning\n");
}

static int64_t mutter(void)
{
    return printf("and so on");
}

static int64_t write_bytes(size_t size)
{
    unsigned char *bytes = malloc(size);
    size_t written = 0;
    for (size_t i = 0; bytes && i < size; i++)
        bytes[i] = (unsigned char)i;
    if (bytes)
        written = fwrite(bytes, 1, size, stdout);
    fflush(stdout);
    free(bytes);
    return (int64_t)written;
}

static int64_t log_lines(int64_t lines)
{
    int64_t done = 0;
    while (done != lines)
        fprintf(stderr, "line %lld\n", (long long)++done);
    return done;
}

/* In processes that ask for it. */
__attribute__((constructor)) static void greet(void)
{
    if (getenv("HOSTED_GREETS"))
        printf("hello\n");
}

__attribute__((destructor)) static void part(void)
{
    if (getenv("HOSTED_GREETS"))
        printf("goodbye");
}

#ifndef __wasm__

static int64_t local_hour(void)
{
    const time_t midnight = 1700006400 / 86400 * 86400; /* in November */
    struct tm local;
    tzset();
    return localtime_r(&midnight, &local) ? local.tm_hour : -1;
}

static int64_t convert(void)
{
    iconv_t converter = iconv_open("UTF-8", "KOI8-R");
    if (converter == (iconv_t)-1)
        return errno;
    char in[] = "\xc1", out[8] = "";
    char *from = in, *to = out;
    size_t left = 1, room = sizeof(out);
    size_t done = iconv(converter, &from, &left, &to, &room);
    iconv_close(converter);
    return done == 0 && !strcmp(out, "а") ? 0 : EILSEQ;
}

static int64_t load(void)
{
    void *other = dlopen("libz.so.1", RTLD_NOW);
    if (other)
        dlclose(other);
    return !other;
}

static void *run(void *unused)
{
    return unused;
}

static int64_t start_thread(void)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run, NULL);
    if (!error)
        pthread_join(thread, NULL);
    return error;
}

enum { PAGE = 4096 };

static int64_t guard(bool is_overrun)
{
    char *pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages + PAGE, PAGE, PROT_NONE))
        return errno;
    if (is_overrun)
        *(volatile char *)(pages + PAGE) = 1;
    return munmap(pages, 3 * PAGE) ? errno : 0;
}

static int64_t lock(void)
{
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return errno;
    int64_t error = mlock(page, PAGE) ? errno : 0;
    munmap(page, PAGE);
    return error;
}

static int64_t sleep_for(int64_t milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (nanosleep(&time, &time))
        if (errno != EINTR)
            return errno;
    return 0;
}

static int64_t ask(long number)
{
    long result = syscall(number);
    return result < 0 ? -errno : result;
}

static int64_t do_what_a_system_can(uint32_t task, int64_t argument)
{
    switch (task) {
    case HOSTED_HOUR:
        return local_hour();
    case HOSTED_CONVERT:
        return convert();
    case HOSTED_LOAD:
        return load();
    case HOSTED_THREAD:
        return start_thread();
    case HOSTED_GUARD:
    case HOSTED_OVERRUN:
        return guard(task == HOSTED_OVERRUN);
    case HOSTED_LOCK:
        return lock();
    case HOSTED_SLEEP:
        return sleep_for(argument);
    case HOSTED_PROCESSES:
        return ask(SYS_getppid);
    case HOSTED_FORK:
        return ask(SYS_fork);
    default:
        return -EINVAL;
    }
}

#else

static int64_t do_what_a_system_can(uint32_t task, int64_t argument)
{
    (void)task, (void)argument;
    return -ENOSYS;
}

#endif

int64_t hosted_do(uint32_t task, int64_t argument)
{
    switch (task) {
    case HOSTED_COUNT:
        return count();
    case HOSTED_ALLOCATE:
        return allocate((size_t)argument);
    case HOSTED_COMPUTE:
        return compute(argument);
    case HOSTED_SPIN:
        return spin();
    case HOSTED_FAULT:
        *(volatile int *)(uintptr_t)(argument ? argument : -8) = 1;
        return 0;
    case HOSTED_RECURSE:
        return recurse(argument);
    case HOSTED_SORT:
        return sort(argument);
    case HOSTED_PRINT:
        return print();
    case HOSTED_COMPLAIN:
        return fprintf(stderr, "warning\n");
    case HOSTED_MUTTER:
        return mutter();
    case HOSTED_WRITE:
        return write_bytes((size_t)argument);
    case HOSTED_LOG:
        return log_lines(argument);
    case HOSTED_LOCALE:
        return setlocale(LC_ALL, "") && strcmp(setlocale(LC_ALL, NULL), "C");
    case HOSTED_GETENV:
        return getenv("HOSTED") != NULL;
    default:
        return do_what_a_system_can(task, argument);
    }
}

int64_t hosted_call_back(int64_t (*callback)(int64_t number), int64_t times)
{
    int64_t sum = 0;
    for (int64_t i = 1; i <= times; i++)
        sum += callback(i);
    return sum;
}
