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
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <threads.h>
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

/* --- waiting for nobody --- */

static struct timespec from_now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    time.tv_nsec += HOSTED_WAIT_MS * 1000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

static int error_of(int result)
{
    return result ? errno : 0;
}

static int wait_on_condition(clockid_t clock)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    const struct timespec end = from_now(clock);
    int error;
    pthread_mutex_lock(&lock);
    do /* as the callers of such functions do: they may wake for no reason */
        error = clock == CLOCK_REALTIME ? pthread_cond_timedwait(&condition, &lock, &end)
                                        : pthread_cond_clockwait(&condition, &lock, clock, &end);
    while (!error);
    pthread_mutex_unlock(&lock);
    return error;
}

static int wait_on_c11_condition(void)
{
    mtx_t lock;
    cnd_t condition;
    const struct timespec end = from_now(CLOCK_REALTIME);
    int error;
    mtx_init(&lock, mtx_plain);
    cnd_init(&condition);
    mtx_lock(&lock);
    do
        error = cnd_timedwait(&condition, &lock, &end);
    while (error == thrd_success);
    mtx_unlock(&lock);
    return error == thrd_timedout ? ETIMEDOUT : EINVAL;
}

/* For a lock that it has itself. */
static int wait_for_lock(bool for_ever)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    const struct timespec end = from_now(CLOCK_REALTIME);
    pthread_mutex_lock(&lock);
    return for_ever ? pthread_mutex_lock(&lock) : pthread_mutex_timedlock(&lock, &end);
}

static int wait_for_semaphore(bool for_ever)
{
    sem_t semaphore;
    const struct timespec end = from_now(CLOCK_REALTIME);
    sem_init(&semaphore, 0, 0);
    return error_of(for_ever ? sem_wait(&semaphore) : sem_timedwait(&semaphore, &end));
}

static int wait_for_signal(enum hosted_wait way, const struct timespec *time)
{
    sigset_t set, none;
    int signal = 0;
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    if (way == HOSTED_SIGTIMEDWAIT)
        return sigtimedwait(&set, NULL, time) < 0 ? errno : 0;
    return way == HOSTED_SIGWAIT ? sigwait(&set, &signal) : error_of(sigsuspend(&none));
}

static int wait_for_nobody(enum hosted_wait way)
{
    struct timespec time = {0, HOSTED_WAIT_MS * 1000000};
    struct timespec end = from_now(CLOCK_REALTIME);
    struct timeval interval = {0, HOSTED_WAIT_MS * 1000};
    static uint32_t word;
    switch (way) {
    case HOSTED_CONDITION:
        return wait_on_condition(CLOCK_REALTIME);
    case HOSTED_CONDITION_BY:
        return wait_on_condition(CLOCK_MONOTONIC);
    case HOSTED_LOCK_TIMED:
    case HOSTED_LOCK_TWICE:
        return wait_for_lock(way == HOSTED_LOCK_TWICE);
    case HOSTED_SEMAPHORE:
    case HOSTED_SEM_WAIT:
        return wait_for_semaphore(way == HOSTED_SEM_WAIT);
    case HOSTED_C11_CONDITION:
        return wait_on_c11_condition();
    case HOSTED_FUTEX:
        if (!syscall(SYS_futex, &word, FUTEX_WAIT, 1, &time, NULL, 0) || errno != EAGAIN)
            return EINVAL; /* it is another value */
        return error_of((int)syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &time, NULL, 0));
    case HOSTED_C11_SLEEP:
        return thrd_sleep(&time, NULL);
    case HOSTED_USLEEP:
        return error_of(usleep(HOSTED_WAIT_MS * 1000));
    case HOSTED_SLEEP_UNTIL:
        return clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &end, NULL);
    case HOSTED_POLL:
        return error_of(poll(NULL, 0, HOSTED_WAIT_MS));
    case HOSTED_PPOLL:
        return error_of(ppoll(NULL, 0, &time, NULL));
    case HOSTED_SELECT:
        return error_of(select(0, NULL, NULL, NULL, &interval));
    case HOSTED_PSELECT:
        return error_of(pselect(0, NULL, NULL, NULL, &time, NULL));
    case HOSTED_POLL_FOR_EVER:
        return error_of(poll(NULL, 0, -1));
    case HOSTED_SELECT_FOR_EVER:
        return error_of(select(0, NULL, NULL, NULL, NULL));
    case HOSTED_PAUSE:
        return error_of(pause());
    default:
        return wait_for_signal(way, &time);
    }
}

/* --- what it may not --- */

static int64_t make_process(enum hosted_process way)
{
    extern char **environ;
    char name[] = "/bin/true", *const arguments[] = {name, NULL};
    pid_t child = -1;
    switch (way) {
    case HOSTED_FORK_CALL:
        child = (pid_t)syscall(SYS_fork);
        break;
    case HOSTED_C_FORK:
        child = fork();
        break;
    case HOSTED_VFORK:
        child = vfork();
        break;
    case HOSTED_SPAWN:
        errno = posix_spawn(&child, name, NULL, NULL, arguments, environ);
        child = errno ? -1 : child;
        break;
    case HOSTED_SYSTEM:
        return system(name);
    }
    if (child == 0)
        _exit(0);
    return child < 0 ? -errno : child;
}

static int64_t write_once(size_t size, int parts)
{
    unsigned char *bytes = malloc(size);
    struct iovec part[3];
    for (size_t i = 0; bytes && i < size; i++)
        bytes[i] = (unsigned char)i;
    for (int i = 0; i < 3; i++)
        part[i] = (struct iovec){bytes, size};
    ssize_t done = parts == 1 ? write(1, bytes, size) : writev(1, part, parts);
    free(bytes);
    return done < 0 ? -errno : done;
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
        return make_process((enum hosted_process)argument);
    case HOSTED_WAIT:
        return wait_for_nobody((enum hosted_wait)argument);
    case HOSTED_AT_ONCE:
    case HOSTED_IN_PARTS:
        return write_once((size_t)argument, task == HOSTED_AT_ONCE ? 1 : 3);
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
