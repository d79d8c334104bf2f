#define _WASI_EMULATED_PROCESS_CLOCKS
#include "baselines/copying/wasm/tests/ordinary/ordinary.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <locale.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static int unless(bool so)
{
    return so ? 0 : errno ? errno : -1;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int sort(void)
{
    enum { COUNT = 1 << 18 };
    uint32_t *all = malloc(COUNT * sizeof *all);
    bool sorted = all != NULL;
    for (uint32_t i = 0; sorted && i < COUNT; i++)
        all[i] = i * 2654435761u;
    if (all)
        qsort(all, COUNT, sizeof *all, by_number);
    for (uint32_t i = 1; sorted && i < COUNT; i++)
        sorted = all[i - 1] <= all[i];
    free(all);
    return unless(sorted);
}

static uint64_t now_us(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int sleep_a_while(void)
{
    uint64_t before = now_us();
    struct timespec two = {.tv_nsec = 2000000}, until = {0};
    bool slept = usleep(2000) == 0 && nanosleep(&two, NULL) == 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 2000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    slept = slept && clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL) == 0;
    return unless(slept && now_us() - before >= 5500);
}

static int wait_for_nothing(void)
{
    uint64_t before = now_us();
    return unless(poll(NULL, 0, 2) == 0 && now_us() - before >= 2000);
}

static int read_clocks(void)
{
    struct timespec time_then;
    struct timeval seconds;
    return unless(time(NULL) > 0 && gettimeofday(&seconds, NULL) == 0 && clock() != (clock_t)-1 &&
                  clock_gettime(CLOCK_REALTIME, &time_then) == 0 &&
                  clock_getres(CLOCK_MONOTONIC, &time_then) == 0);
}

static int local_time(void)
{
    char text[64];
    time_t now = time(NULL);
    struct tm *parts = localtime(&now);
    return unless(parts && strftime(text, sizeof text, "%c %Z", parts) > 0 && mktime(parts) == now);
}

static int convert(void)
{
    iconv_t conversion = iconv_open("UTF-8", "ISO-8859-1");
    if (conversion == (iconv_t)-1)
        return errno;
    char in[] = "e", out[4], *next_in = in, *next_out = out;
    size_t left_in = 1, left_out = sizeof out;
    iconv(conversion, &next_in, &left_in, &next_out, &left_out);
    iconv_close(conversion);
    return unless(left_in == 0 && left_out == 3);
}

static int read_file(void)
{
    struct stat status;
    FILE *file = fopen("/etc/passwd", "r");
    int error = file ? 0 : errno;
    if (file)
        fclose(file);
    return stat("/etc/passwd", &status) == (error ? -1 : 0) ? error : -1;
}

static int make_file(void)
{
    int file = open("made-by-a-module", O_WRONLY | O_CREAT, 0600);
    int error = file < 0 ? errno : 0;
    return mkdir("made-by-a-module", 0700) != 0 ? error : -1;
}

int ordinary_do(uint32_t which)
{
    uint8_t bytes[16];
    struct utsname name;
    errno = 0;
    switch ((enum ordinary_thing)which) {
    case ORDINARY_SORT:
        return sort();
    case ORDINARY_WARN:
        return unless(fprintf(stderr, "# %s\n", "a warning") > 0 && !ferror(stderr));
    case ORDINARY_PERROR:
        perror("# nothing, which");
        return unless(!ferror(stderr));
    case ORDINARY_PRINT:
        return unless(printf("# %s %f\n", "a line of", 1.0) > 0 && fflush(stdout) == 0);
    case ORDINARY_SLEEP:
        return sleep_a_while();
    case ORDINARY_WAIT_FOR_NOTHING:
        return wait_for_nothing();
    case ORDINARY_YIELD:
        return unless(sched_yield() == 0);
    case ORDINARY_RANDOM:
        return unless(getentropy(bytes, sizeof bytes) == 0);
    case ORDINARY_CLOCKS:
        return read_clocks();
    case ORDINARY_LOCAL_TIME:
        return local_time();
    case ORDINARY_LIMITS:
        return unless(sysconf(_SC_PAGESIZE) > 0 && sysconf(_SC_NPROCESSORS_ONLN) > 0);
    case ORDINARY_NAME:
        return unless(uname(&name) == 0);
    case ORDINARY_LOCALE:
        return unless(setlocale(LC_ALL, "") && setlocale(LC_ALL, "C"));
    case ORDINARY_CONVERT:
        return convert();
    case ORDINARY_READ_INPUT:
        return unless(getchar() == EOF && !ferror(stdin));
    case ORDINARY_TERMINAL:
        return unless(!isatty(1) && errno == ENOTTY);
    case ORDINARY_READ_FILE:
        return read_file();
    case ORDINARY_MAKE_FILE:
        return make_file();
    case ORDINARY_COUNT:
        break;
    }
    return -1;
}

#define WASI(name)                                                                                 \
    __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) int asked_##name
WASI(fd_write)(uint32_t, uint32_t, uint32_t, uint32_t);
WASI(fd_read)(uint32_t, uint32_t, uint32_t, uint32_t);
WASI(fd_fdstat_get)(uint32_t, uint32_t);
WASI(fd_filestat_get)(uint32_t, uint32_t);
WASI(poll_oneoff)(uint32_t, uint32_t, uint32_t, uint32_t);
WASI(clock_time_get)(uint32_t, uint64_t, uint32_t);

int ordinary_ask_outside(uint32_t which)
{
    static uint32_t bytes[16] = {0xfffffff0, 32}, answer;
    const uint32_t outside = 0xfffffffc, inside = (uint32_t)(uintptr_t)bytes,
                   done = (uint32_t)(uintptr_t)&answer;
    switch (which) {
    case 0:
        return asked_fd_write(1, outside, 1, done);
    case 1:
        return asked_fd_write(1, inside, 1, done); /* what is to be written is outside */
    case 2:
        return asked_fd_write(1, inside, 0x20000001, done);
    case 3:
        return asked_fd_write(1, inside, 0, outside);
    case 4:
        return asked_fd_read(0, inside, 1, outside);
    case 5:
        return asked_fd_fdstat_get(1, outside);
    case 6:
        return asked_fd_filestat_get(1, outside);
    case 7:
        return asked_poll_oneoff(outside, inside, 1, done);
    case 8:
        return asked_poll_oneoff(inside, outside, 1, done);
    case 9:
        return asked_poll_oneoff(inside, inside, 1, outside);
    case 10:
        return asked_poll_oneoff(inside, inside, 0x05555556, done);
    case 11:
        return asked_clock_time_get(0, 0, outside);
    }
    return 0;
}
