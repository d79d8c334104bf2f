/* Done in the worker and, to see that it is right, in the test itself. */
#include "baselines/process/tests/ordinary.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* 0 if that is so, else what the last call that failed says. */
static int unless(bool so)
{
    return so ? 0 : errno ? errno : -1;
}

/* ---- computing ---- */

struct numbered {
    uint32_t key, place;
};

static int by_key(const void *a, const void *b)
{
    uint32_t x = ((const struct numbered *)a)->key, y = ((const struct numbered *)b)->key;
    return (x > y) - (x < y);
}

/* The C library sorts by merging where there is memory for it: what compares equal stays in its
 * order. Programs should not rely on it, and do. */
static int sorts_a_mebibyte(void)
{
    size_t count = (1 << 20) / sizeof(struct numbered);
    struct numbered *all = malloc(count * sizeof *all);
    if (!all)
        return ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        all[i] = (struct numbered){.key = i * 2654435761u >> 24, .place = i};
    qsort(all, count, sizeof *all, by_key);
    bool sorted = true;
    for (size_t i = 1; i < count; i++)
        sorted = sorted && (all[i - 1].key < all[i].key ||
                            (all[i - 1].key == all[i].key && all[i - 1].place < all[i].place));
    free(all);
    errno = 0;
    return unless(sorted);
}

static int draws_random_bytes(void)
{
    uint8_t bytes[16], none[16] = {0};
    return unless(getrandom(bytes, sizeof bytes, 0) == sizeof bytes &&
                  getentropy(bytes, sizeof bytes) == 0 && memcmp(bytes, none, sizeof none) != 0);
}

static int locks_memory(void)
{
    static char page[4096];
    int error = mlock(page, sizeof page) == 0 ? 0 : errno;
    munlock(page, sizeof page);
    return error;
}

/* ---- printing ---- */

static int warns_on_standard_error(void)
{
    return unless(fprintf(stderr, "# %s\n", "a warning") > 0);
}

static int says_perror(void)
{
    errno = 0;
    perror("# nothing, which");
    return unless(!ferror(stderr));
}

static int prints_on_standard_output(void)
{
    return unless(printf("# %s\n", "a line") > 0 && fflush(stdout) == 0);
}

static int prints_in_parts(void)
{
    struct iovec parts[2] = {{.iov_base = "# ", .iov_len = 2}, {.iov_base = "\n", .iov_len = 1}};
    return unless(writev(STDERR_FILENO, parts, 2) == 3);
}

/* ---- time ---- */

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int sleeps(void)
{
    uint64_t before = now_us();
    struct timespec two = {.tv_nsec = 2000000};
    bool slept = usleep(2000) == 0 && nanosleep(&two, NULL) == 0 &&
                 clock_nanosleep(CLOCK_REALTIME, 0, &two, NULL) == 0;
    return unless(slept && now_us() - before >= 6000);
}

static int sleeps_by_waiting_for_nothing(void)
{
    uint64_t before = now_us();
    struct timeval two = {.tv_usec = 2000};
    struct timespec three = {.tv_nsec = 3000000};
    bool slept = poll(NULL, 0, 2) == 0 && select(0, NULL, NULL, NULL, &two) == 0 &&
                 ppoll(NULL, 0, &three, NULL) == 0 &&
                 pselect(0, NULL, NULL, NULL, &three, NULL) == 0;
    return unless(slept && now_us() - before >= 10000);
}

static int waits_for_a_time(void)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 2000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&lock);
    int error = pthread_cond_timedwait(&never, &lock, &until);
    pthread_mutex_unlock(&lock);
    return error == ETIMEDOUT ? 0 : error ? error : -1;
}

static int reads_clocks(void)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
                                       CLOCK_THREAD_CPUTIME_ID};
    struct timespec time_then;
    struct timeval seconds;
    struct tms used;
    struct rusage usage;
    bool all = true;
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++)
        all = all && clock_gettime(clocks[i], &time_then) == 0 &&
              clock_getres(clocks[i], &time_then) == 0;
    return unless(all && time(NULL) > 0 && gettimeofday(&seconds, NULL) == 0 &&
                  clock() != (clock_t)-1 && times(&used) != (clock_t)-1 &&
                  getrusage(RUSAGE_SELF, &usage) == 0);
}

static int tells_local_time(void)
{
    char text[64];
    time_t now = time(NULL);
    struct tm *parts = localtime(&now);
    return unless(parts && strftime(text, sizeof text, "%c %Z", parts) > 0 && mktime(parts) == now);
}

/* ---- what the machine is ---- */

static int asks_for_limits(void)
{
    struct rlimit limit;
    return unless(sysconf(_SC_PHYS_PAGES) > 0 && sysconf(_SC_AVPHYS_PAGES) > 0 &&
                  sysconf(_SC_PAGESIZE) == 4096 && sysconf(_SC_NPROCESSORS_ONLN) > 0 &&
                  sysconf(_SC_CLK_TCK) == 100 && sysconf(_SC_OPEN_MAX) >= 0 &&
                  getrlimit(RLIMIT_STACK, &limit) == 0);
}

static int asks_who_it_is(void)
{
    return unless(getpid() > 0 && getppid() >= 0 && (int)getuid() >= 0 && getuid() == geteuid() &&
                  getgid() == getegid());
}

static int asks_for_the_systems_name(void)
{
    struct utsname name;
    return unless(uname(&name) == 0 && strcmp(name.sysname, "Linux") == 0);
}

/* ---- files ---- */

static int reads_a_file(void)
{
    FILE *file = fopen("/etc/passwd", "r");
    if (!file)
        return errno;
    fclose(file);
    return 0;
}

static int looks_for_a_file(void)
{
    struct stat status;
    char path[256];
    int by_stat = stat("/etc/passwd", &status) == 0 ? 0 : errno;
    int by_access = access("/etc/passwd", R_OK) == 0 ? 0 : errno;
    int by_folder = getcwd(path, sizeof path) ? 0 : errno;
    return by_stat == by_access && by_stat == by_folder ? by_stat : -1;
}

static int sets_the_locale(void)
{
    return unless(setlocale(LC_ALL, "") && setlocale(LC_ALL, "C"));
}

static int sets_a_locale_of_a_file(void)
{
    bool set = setlocale(LC_ALL, "C.UTF-8");
    int error = set ? 0 : errno;
    setlocale(LC_ALL, "C");
    return error;
}

static int converts(const char *from)
{
    iconv_t conversion = iconv_open("UTF-8", from);
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): how iconv_open says it */
    if (conversion == (iconv_t)-1)
        return errno;
    char in[] = "text", out[16], *next_in = in, *next_out = out;
    size_t left_in = 4, left_out = sizeof out;
    bool same = iconv(conversion, &next_in, &left_in, &next_out, &left_out) == 0 && left_in == 0 &&
                memcmp(out, "text", 4) == 0;
    iconv_close(conversion);
    return unless(same);
}

static int converts_from_ascii(void)
{
    return converts("ASCII");
}

/* Whose code is in a file of its own. */
static int converts_from_latin(void)
{
    return converts("ISO-8859-1");
}

static int asks_whether_it_has_a_terminal(void)
{
    return isatty(STDOUT_FILENO) || errno == ENOTTY || errno == EINVAL ? 0 : errno;
}

static int reads_standard_input_to_its_end(void)
{
    char byte;
    int flags = fcntl(STDIN_FILENO, F_GETFL);
    return unless(flags >= 0 && fcntl(STDIN_FILENO, F_GETFD) >= 0 &&
                  read(STDIN_FILENO, &byte, 0) == 0);
}

static int closes_what_is_not_open(void)
{
    return close(-1) != 0 && errno == EBADF && close(1000) != 0 && errno == EBADF ? 0 : -1;
}

/* ---- threads and signals ---- */

static void *nothing(void *unused)
{
    return unused;
}

static int makes_a_thread(void)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, nothing, NULL);
    return error ? error : pthread_join(thread, NULL);
}

static int handles_a_signal(void)
{
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    int error = before == SIG_ERR ? errno : 0;
    if (!error)
        signal(SIGPIPE, before);
    return error;
}

static int blocks_signals(void)
{
    sigset_t all, before;
    sigfillset(&all);
    int error = pthread_sigmask(SIG_BLOCK, &all, &before);
    return error ? error : pthread_sigmask(SIG_SETMASK, &before, NULL);
}

const struct ordinary ordinary[] = {
    {"sorts a mebibyte", sorts_a_mebibyte, 0},
    {"draws random bytes", draws_random_bytes, 0},
    {"locks memory", locks_memory, EPERM},
    {"warns on standard error", warns_on_standard_error, 0},
    {"says perror", says_perror, 0},
    {"prints on standard output", prints_on_standard_output, 0},
    {"prints in parts", prints_in_parts, 0},
    {"sleeps", sleeps, 0},
    {"sleeps by waiting for nothing", sleeps_by_waiting_for_nothing, 0},
    {"waits for a time", waits_for_a_time, 0},
    {"reads clocks", reads_clocks, 0},
    {"tells local time", tells_local_time, 0},
    {"asks for limits", asks_for_limits, 0},
    {"asks who it is", asks_who_it_is, 0},
    {"asks for the system's name", asks_for_the_systems_name, 0},
    {"reads a file", reads_a_file, ENOENT},
    {"looks for a file", looks_for_a_file, ENOENT},
    {"sets the locale", sets_the_locale, 0},
    {"sets a locale of a file", sets_a_locale_of_a_file, ENOENT},
    {"converts from ASCII", converts_from_ascii, 0},
    {"converts from Latin-1", converts_from_latin, EINVAL},
    {"asks whether it has a terminal", asks_whether_it_has_a_terminal, 0},
    {"reads standard input", reads_standard_input_to_its_end, 0},
    {"closes what is not open", closes_what_is_not_open, 0},
    {"makes a thread", makes_a_thread, EAGAIN},
    {"handles a signal", handles_a_signal, EPERM},
    {"blocks signals", blocks_signals, 0},
};
const size_t ordinary_count = sizeof ordinary / sizeof ordinary[0];
