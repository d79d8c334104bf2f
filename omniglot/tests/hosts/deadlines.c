/* Hosts and deadlines: which time counts, and whom the clock disturbs. */
#include "omniglot/tests/hosts/hosts.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void ends_calls_that_take_too_long(void)
{
    open_it_with_deadline(500);
    for (int round = 0; round < 3; round++) {
        call_ends(OG_DEADLINE, HOSTED_SPIN, 0);
        CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
        CHECK(call(HOSTED_COUNT, 0) == 1);
    }
    close_it();
}

static void ends_a_library_that_sleeps(void)
{
    open_it_with_deadline(1000);
    for (int round = 0; round < 2; round++) {
        long start = now_ms();
        call_ends(OG_DEADLINE, HOSTED_SLEEP, 20000);
        CHECK(now_ms() - start < 10000);
        CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
        start = now_ms();
        CHECK(call(HOSTED_SLEEP, 100) == 0);
        CHECK(now_ms() - start >= 100);
    }
    close_it();
}

static atomic_int interrupted;

static void sleep_for(struct timespec time)
{
    interrupted += nanosleep(&time, NULL) && errno == EINTR;
}

/* 0.6 seconds. */
static int64_t sleep_for_long(int64_t number)
{
    sleep_for((struct timespec){0, 600000000});
    return number;
}

static void sleeps_in_a_callback_longer_than_the_deadline(void)
{
    open_it_with_deadline(200);
    CHECK(call_back(sleep_for_long, 2) == 3);
    CHECK(interrupted == 0);
    close_it();
}

static int64_t compute_for_long(int64_t number)
{
    volatile int64_t done = 0;
    for (int64_t rounds = rounds_for(800); done < rounds;)
        done = done + 1;
    return number;
}

static void computes_in_a_callback_longer_than_the_deadline(void)
{
    open_it_with_deadline(200);
    CHECK(call_back(compute_for_long, 1) == 1);
    close_it();
}

static unsigned deadline_ms;

static void sleep_in_handler(int signal)
{
    (void)signal;
    sleep_for((struct timespec){deadline_ms / 1000 + 1, 0});
}

/* A machine that is busy may not compute in the first deadline, but it does in a longer one. */
static void sleeps_in_a_handler_longer_than_the_deadline(void)
{
    struct timespec spec = {0, 20000000};
    const struct itimerspec once = {{0, 0}, spec};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    timer_t timer;
    enum og_error error = OG_DEADLINE;
    int64_t rounds = rounds_for(100), result = 0;
    signal(SIGUSR1, sleep_in_handler);
    CHECK(!timer_create(CLOCK_MONOTONIC, &event, &timer));
    for (deadline_ms = 500; error == OG_DEADLINE && deadline_ms <= 8000; deadline_ms *= 4) {
        open_it_with_deadline(deadline_ms);
        CHECK(!timer_settime(timer, 0, &once, NULL));
        error = hosts_system.call(the_library, HOSTED_COMPUTE, rounds, &result, &fault);
        close_it();
    }
    CHECK(error == OG_OK && result == rounds);
    CHECK(interrupted == 0);
}

/* --- beside each other --- */

static atomic_bool is_over;

static void *overrun_again_and_again(void *unused)
{
    struct hosts_library *other;
    struct og_fault its;
    int64_t result;
    CHECK(hosts_system.open(&other, 200, &its) == OG_OK);
    while (!is_over) {
        CHECK(hosts_system.call(other, HOSTED_SPIN, 0, &result, &its) == OG_DEADLINE);
        CHECK(hosts_system.reset(other, &its) == OG_OK);
    }
    CHECK(hosts_system.close(other, &its) == OG_OK);
    return unused;
}

static void is_not_disturbed_by_the_deadlines_of_others(void)
{
    pthread_t thread;
    open_it();
    CHECK(!pthread_create(&thread, NULL, overrun_again_and_again, NULL));
    CHECK(call_back(sleep_for_long, 2) == 3);
    int64_t rounds = rounds_for(300);
    CHECK(call(HOSTED_COMPUTE, rounds) == rounds);
    CHECK(sleep_for_long(1) == 1);
    CHECK(interrupted == 0);
    is_over = true;
    CHECK(!pthread_join(thread, NULL));
    close_it();
}

static int threads_now(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count - 2;
}

static void has_no_clock_without_deadlines(void)
{
    open_it();
    works();
    CHECK(threads_now() == 1);
    struct hosts_library *other;
    CHECK(hosts_system.open(&other, 1000, &fault) == OG_OK);
    CHECK(hosts_system.close(other, &fault) == OG_OK);
    CHECK(threads_now() == 1);
    close_it();
}

/* How often the process has been waited for and woken, all threads together. */
static long wakes(void)
{
    long sum = 0;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char path[300], line[256];
        snprintf(path, sizeof(path), "/proc/self/task/%s/status", entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
        while (file && fgets(line, sizeof(line), file))
            if (!strncmp(line, "voluntary_ctxt_switches:", 24))
                sum += atol(line + 24);
        if (file)
            fclose(file);
    }
    if (folder)
        closedir(folder);
    return sum;
}

/* The clock of og-mpk, a thread that there is while a domain has a deadline, sleeps while nobody
 * calls: it looks eight times in a deadline. */
static void has_a_clock_while_a_domain_has_a_deadline(void)
{
    const bool has_clock = hosts_system.is == OG_MPK_ONLY;
    open_it_with_deadline(1000);
    works();
    usleep(200000);
    long before = wakes();
    usleep(500000);
    long after = wakes();
    printf("# %ld times\n", after - before);
    CHECK(after - before < 50);
    CHECK(threads_now() == 1 + has_clock);
    works();
    call_ends(OG_DEADLINE, HOSTED_SPIN, 0);
    close_it();
}

const struct hosts_row hosts_deadlines[] = {
    ROW(ends_calls_that_take_too_long, TIMED),
    ROW(ends_a_library_that_sleeps, TIMED),
    ROW(sleeps_in_a_callback_longer_than_the_deadline, ALL),
    ROW(computes_in_a_callback_longer_than_the_deadline, ALL),
    ROW(sleeps_in_a_handler_longer_than_the_deadline, ALL & ~PROCESS_ONLY),
    ROW(is_not_disturbed_by_the_deadlines_of_others, TIMED),
    ROW(has_no_clock_without_deadlines, ALL),
    ROW(has_a_clock_while_a_domain_has_a_deadline, TIMED),
    {NULL, NULL, 0, 0},
};
