#include "omniglot/tests/hosts/hosts.h"

#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static const struct hosts_row *const tables[] = {hosts_signals,   hosts_deadlines, hosts_threads,
                                                 hosts_processes, hosts_world,     hosts_output,
                                                 hosts_settings,  hosts_denials};
enum { TABLES = sizeof(tables) / sizeof(tables[0]), FAILED = 99 };

struct og_fault fault;
struct hosts_library *the_library;
const char *hosts_folder;

/* --- one row --- */

_Noreturn void hosts_fail(void)
{
    fflush(stdout);
    _exit(FAILED);
}

static _Noreturn void run_here(const struct hosts_row *row)
{
    row->run();
    fflush(stdout);
    _exit(0);
}

/* From the start: what the C library asks of the kernel for each thread is asked while it starts.
 */
static _Noreturn void run_anew(const struct hosts_row *row)
{
    setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1);
    if (hosts_folder)
        execl("/proc/self/exe", "hosts", hosts_folder, "--row", row->name, NULL);
    execl("/proc/self/exe", "hosts", "--row", row->name, NULL);
    perror("# execl");
    _exit(FAILED);
}

long now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* The wait status; -1: it took too long. It has a group of its own, which ends with it. */
static int run_alone(const struct hosts_row *row)
{
    const char *seconds = getenv("OG_TEST_SECONDS");
    const long end = now_ms() + 1000L * (seconds ? atol(seconds) : row->flags & LONG ? 180 : 60);
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        if (row->flags & NO_RSEQ)
            run_anew(row);
        run_here(row);
    }
    if (child < 0)
        return FAILED << 8;
    while (waitpid(child, &status, WNOHANG) == 0 && now_ms() < end)
        usleep(2000);
    bool is_late = kill(child, 0) == 0;
    kill(-child, SIGKILL);
    if (is_late) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        return -1;
    }
    return status;
}

static bool report(unsigned number, const struct hosts_row *row, int status)
{
    printf("%s %u - %s\n", status ? "not ok" : "ok", number, row->name);
    if (status == -1)
        printf("# hangs\n");
    else if (WIFSIGNALED(status))
        printf("# killed: %s\n", strsignal(WTERMSIG(status)));
    else if (status && WEXITSTATUS(status) != FAILED)
        printf("# ended with status %d\n", WEXITSTATUS(status));
    fflush(stdout);
    return !status;
}

/* --- the table --- */

static bool is_the_guest(void)
{
    return getpid() == 1 || !access("/run-in", F_OK); /* what pku-guest leaves there */
}

static bool applies(const struct hosts_row *row)
{
    return row->systems & hosts_system.is && (!(row->flags & IN_GUEST) || is_the_guest());
}

int hosts_run(int argc, char **argv)
{
    if (argc > 1 && strchr(argv[1], '/')) {
        hosts_folder = argv[1];
        argc--, argv++;
    }
    const char *option = argc > 1 ? argv[1] : NULL;
    bool lists = option && !strcmp(option, "--list"), runs = option && !strcmp(option, "--row");
    const char *pattern = lists ? NULL : runs ? argv[2] : option;
    unsigned count = 0, failed = 0;
    setvbuf(stdout, NULL, _IOLBF, 0); /* what children say comes before their row */
    for (size_t i = 0; i < TABLES; i++) {
        for (const struct hosts_row *row = tables[i]; row->name; row++) {
            if (pattern && fnmatch(pattern, row->name, 0))
                continue;
            if (lists)
                printf("%s\n", row->name);
            else if (runs)
                run_here(row);
            else if (applies(row))
                failed += !report(++count, row, run_alone(row));
        }
    }
    if (!lists)
        printf("1..%u\n", count);
    if (!lists && !count)
        printf("Bail out! no row that applies here is named '%s'\n", pattern ? pattern : "*");
    return failed || (!lists && !count);
}

/* --- for rows --- */

void open_it_with_deadline(unsigned milliseconds)
{
    enum og_error error = hosts_system.open(&the_library, milliseconds, &fault);
    if (error)
        printf("# %s: %s\n", og_error_name(error), fault.message);
    CHECK(error == OG_OK);
}

void open_it(void)
{
    open_it_with_deadline(0);
}

void close_it(void)
{
    CHECK(hosts_system.close(the_library, &fault) == OG_OK);
    the_library = NULL;
}

int64_t call(enum hosted_task task, int64_t argument)
{
    int64_t result = 0;
    enum og_error error = hosts_system.call(the_library, task, argument, &result, &fault);
    if (error)
        printf("# %s: %s\n", og_error_name(error), fault.message);
    CHECK(error == OG_OK);
    return result;
}

void call_ends(enum og_error wanted, enum hosted_task task, int64_t argument)
{
    int64_t result = 0;
    enum og_error error = hosts_system.call(the_library, task, argument, &result, &fault);
    if (error != wanted)
        printf("# %s instead of %s: %s\n", og_error_name(error), og_error_name(wanted),
               error ? fault.message : "");
    CHECK(error == wanted);
}

int64_t call_back(int64_t (*callback)(int64_t), int64_t count)
{
    int64_t result = 0;
    enum og_error error = hosts_system.call_back(the_library, callback, count, &result, &fault);
    if (error)
        printf("# %s: %s\n", og_error_name(error), fault.message);
    CHECK(error == OG_OK);
    return result;
}

void fault_and_reset(void)
{
    call_ends(OG_FAULTED, HOSTED_FAULT, 0);
    CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    CHECK(call(HOSTED_COUNT, 0) == 1);
}

static int64_t twice(int64_t number)
{
    return 2 * number;
}

void works(void)
{
    CHECK(call(HOSTED_COUNT, 0) >= 1);
    CHECK(call(HOSTED_ALLOCATE, 1 << 20) == 1 << 20);
    CHECK(call_back(twice, 4) == 20);
}

int status_of(void (*run)(void))
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        run();
        fflush(stdout);
        _exit(0);
    }
    CHECK(child > 0);
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

bool ended_well(int status)
{
    if (WIFSIGNALED(status))
        printf("# a child was killed: %s\n", strsignal(WTERMSIG(status)));
    else if (status)
        printf("# a child ended with status %d\n", WEXITSTATUS(status));
    return !status;
}

bool was_killed_by(int status, int signal)
{
    bool was = WIFSIGNALED(status) && WTERMSIG(status) == signal;
    if (!was)
        printf("# not killed: status %#x\n", (unsigned)status);
    return was;
}

void in_thread(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    CHECK(!pthread_create(&thread, NULL, run, argument));
    CHECK(!pthread_join(thread, NULL));
}

int64_t rounds_for(unsigned milliseconds)
{
    int64_t rounds = 1 << 16;
    for (;;) {
        long start = now_ms();
        volatile int64_t done = 0;
        while (done < rounds)
            done = done + 1;
        long took = now_ms() - start;
        if (took >= 20)
            return rounds * milliseconds / took;
        rounds *= 2;
    }
}

bool says(const char *words)
{
    bool has = strstr(fault.message, words) != NULL;
    if (!has)
        printf("# says: %s\n", fault.message);
    return has;
}
