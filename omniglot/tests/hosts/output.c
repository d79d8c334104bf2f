/* What the library prints, and hosts that hear it. */
#include "omniglot/tests/hosts/hosts.h"

#include <fenv.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

/* What was heard, of both streams. */
static char heard[1 << 20];
static size_t heard_size, pieces;

static void hear(void *user, enum og_stream stream, char *text, size_t size)
{
    CHECK(size > 0 && size <= 4096 && !text[size]);
    CHECK(stream == OG_STANDARD_OUTPUT || stream == OG_STANDARD_ERROR);
    CHECK(heard_size + size < sizeof(heard));
    if (user)
        heard[heard_size++] = stream == OG_STANDARD_OUTPUT ? '1' : '2';
    memcpy(heard + heard_size, text, size);
    heard_size += size;
    heard[heard_size] = '\0';
    memset(text, 'x', size); /* it is the host's own */
    pieces++;
}

static void open_as(const struct og_options *options)
{
    enum og_error error = hosts_system.open_as(&the_library, options, &fault);
    if (error)
        printf("# %s: %s\n", og_error_name(error), fault.message);
    CHECK(error == OG_OK);
}

static void open_to_be_heard(og_output_function *output, unsigned deadline_ms)
{
    open_as(&(struct og_options){.output = output, .deadline_ms = deadline_ms});
}

/* What comes to the process's own streams while it runs. */
static char *printed_by(void (*run)(void))
{
    static char text[4096];
    int ends[2], kept[3];
    fflush(stdout);
    CHECK(!pipe(ends));
    for (int i = 1; i < 3; i++) {
        kept[i] = dup(i);
        CHECK(dup2(ends[1], i) == i);
    }
    close(ends[1]);
    run();
    fflush(stdout);
    for (int i = 1; i < 3; i++) {
        CHECK(dup2(kept[i], i) == i);
        close(kept[i]);
    }
    ssize_t got = 0, more;
    while ((more = read(ends[0], text + got, sizeof(text) - 1 - (size_t)got)) > 0)
        got += more;
    text[got] = '\0';
    close(ends[0]);
    return text;
}

static void print_twice(void)
{
    CHECK(call(HOSTED_PRINT, 0) == 12);
    CHECK(call(HOSTED_COMPLAIN, 0) == 8);
}

#define PRINTED_TWICE "out\nwarning\nwarning\n"

/* Nobody sees it, and it goes on; without isolation the library has the program's streams. */
static void the_library_prints(void)
{
    open_it();
    CHECK(!strcmp(printed_by(print_twice), hosts_system.is == OG_NONE_ONLY ? PRINTED_TWICE : ""));
    works();
    close_it();
}

static void hears_what_the_library_prints(void)
{
    open_as(&(struct og_options){.output = hear, .output_user = heard});
    const char *seen = printed_by(print_twice);
    bool is_raw = hosts_system.is == OG_NONE_ONLY;
    CHECK(!strcmp(seen, is_raw ? PRINTED_TWICE : ""));
    CHECK(!strcmp(heard, is_raw ? "" : "1out\n2warning\n2warning\n"));
    works();
    close_it();
}

/* What is no line comes when the library flushes, or the domain closes; a reset drops it. */
static void hears_constructors_and_destructors(void)
{
    const char *const environment[] = {"HOSTED_GREETS=1", NULL};
    open_as(&(struct og_options){.output = hear, .environment = environment});
    CHECK(!strcmp(heard, "hello\n"));
    CHECK(call(HOSTED_MUTTER, 0) == 9);
    CHECK(!strcmp(heard, "hello\n"));
    CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    CHECK(call(HOSTED_MUTTER, 0) == 9);
    close_it();
    CHECK(!strcmp(heard, "hello\nand so ongoodbye"));
}

static void hears_whatever_bytes_there_are(void)
{
    enum { SIZE = 100000 };
    open_to_be_heard(hear, 0);
    CHECK(call(HOSTED_WRITE, SIZE) == SIZE);
    CHECK(heard_size == SIZE && pieces >= SIZE / 4096);
    for (size_t i = 0; i < SIZE; i++)
        CHECK((unsigned char)heard[i] == i % 256);
    og_output_make_printable(heard, SIZE);
    for (size_t i = 0; i < SIZE; i++) {
        char byte = (char)(i % 256);
        bool stays = (byte >= ' ' && byte < 127) || byte == '\n' || byte == '\t';
        CHECK(heard[i] == (stays ? byte : '?'));
    }
    close_it();
}

/* A caller of write may take less than it wrote for an error: it is told that all was written, and
 * the host hears it piece by piece. */
static void hears_all_of_a_long_write(void)
{
    open_as(&(struct og_options){.output = hear, .callback_limit = 4});
    CHECK(call(HOSTED_AT_ONCE, 10000) == 10000);
    CHECK(heard_size == 10000 && pieces == 3);
    for (size_t i = 0; i < heard_size; i++)
        CHECK((unsigned char)heard[i] == i % 256);
    heard_size = pieces = 0;
    CHECK(call(HOSTED_IN_PARTS, 5000) == 15000);
    CHECK(heard_size == 15000 && pieces == 4);
    for (size_t i = 0; i < heard_size; i++)
        CHECK((unsigned char)heard[i] == i % 5000 % 256);
    call_ends(OG_FAULTED, HOSTED_AT_ONCE, 5 * 4096);
    CHECK(says("callback_limit") && pieces == 8);
    CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    heard_size = pieces = 0;
    CHECK(call(HOSTED_AT_ONCE, 4096) == 4096); /* from its start */
    CHECK(heard_size == 4096 && pieces == 1);
    works();
    close_it();
}

/* --- on the host's time --- */

static bool was_interrupted;

static void take_time(void *user, enum og_stream stream, char *text, size_t size)
{
    const struct timespec time = {0, 300000000};
    was_interrupted |= nanosleep(&time, NULL) != 0;
    hear(user, stream, text, size);
}

static void takes_its_time_to_hear(void)
{
    open_to_be_heard(take_time, 100);
    CHECK(call(HOSTED_LOG, 3) == 3);
    CHECK(!strcmp(heard, "line 1\nline 2\nline 3\n") && !was_interrupted);
    close_it();
}

static void count(void *user, enum og_stream stream, char *text, size_t size)
{
    (void)user, (void)stream, (void)text;
    pieces += size > 0;
}

static void ends_a_library_that_prints_for_ever(void)
{
    open_to_be_heard(count, 1000);
    long start = now_ms();
    call_ends(OG_DEADLINE, HOSTED_LOG, -1);
    printf("# %zu lines in %ld ms\n", pieces, now_ms() - start);
    CHECK(pieces > 10);
    CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    works();
    close_it();
    open_as(&(struct og_options){.output = count, .callback_limit = 20});
    pieces = 0;
    CHECK(call(HOSTED_LOG, 20) == 20);
    CHECK(call(HOSTED_LOG, 20) == 20);
    call_ends(OG_FAULTED, HOSTED_LOG, -1);
    CHECK(says("callback_limit") && pieces == 60);
    CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    CHECK(call(HOSTED_LOG, 20) == 20);
    close_it();
}

/* --- what it does meanwhile --- */

static struct hosts_library *another;

static void call_in(void *user, enum og_stream stream, char *text, size_t size)
{
    int64_t result = 0;
    struct og_fault why;
    CHECK(hosts_system.call(the_library, HOSTED_COUNT, 0, &result, &why) == OG_SCOPE);
    CHECK(hosts_system.reset(the_library, &why) == OG_BUSY);
    CHECK(hosts_system.close(the_library, &why) == OG_BUSY);
    CHECK(hosts_system.call(another, HOSTED_ALLOCATE, 1 << 20, &result, &why) == OG_OK);
    CHECK(result == 1 << 20);
    hear(user, stream, text, size);
}

static void calls_others_while_it_hears(void)
{
    CHECK(hosts_system.open(&another, 0, &fault) == OG_OK);
    open_to_be_heard(call_in, 1000);
    for (int i = 0; i < 3; i++)
        CHECK(call(HOSTED_LOG, 2) == 2);
    CHECK(pieces == 6);
    works();
    close_it();
    CHECK(hosts_system.close(another, &fault) == OG_OK);
}

/* A callback whose library prints, before, in and after it. */
static int64_t log_in_callback(int64_t number)
{
    return call(HOSTED_LOG, number);
}

static void hears_in_a_callback(void)
{
    open_to_be_heard(hear, 0);
    CHECK(call_back(log_in_callback, 2) == 3);
    CHECK(!strcmp(heard, "line 1\nline 1\nline 2\n"));
    close_it();
}

static int child_status = -1;

static void fork_meanwhile(void *user, enum og_stream stream, char *text, size_t size)
{
    hear(user, stream, text, size);
    if (child_status < 0) {
        pid_t child = fork();
        CHECK(child >= 0);
        child_status = 0;
        if (child)
            CHECK(waitpid(child, &child_status, 0) == child);
    }
}

static void forks_while_it_hears(void)
{
    const pid_t parent = getpid();
    open_to_be_heard(fork_meanwhile, 1000);
    CHECK(call(HOSTED_LOG, 3) == 3);
    CHECK(pieces == 3);
    works();
    close_it();
    if (getpid() == parent) { /* and in the middle of a write: both go on */
        CHECK(WIFEXITED(child_status) && WEXITSTATUS(child_status) == 7);
        heard_size = pieces = 0;
        child_status = -1;
        open_to_be_heard(fork_meanwhile, 1000);
        CHECK(call(HOSTED_AT_ONCE, 10000) == 10000);
        CHECK(pieces == 3 && heard_size == 10000);
        works();
        close_it();
    }
    if (getpid() != parent) {
        fflush(stdout);
        _exit(7);
    }
    CHECK(WIFEXITED(child_status) && WEXITSTATUS(child_status) == 7);
}

static void open_another_and_fork(void *user, enum og_stream stream, char *text, size_t size)
{
    struct hosts_library *other;
    struct og_fault why;
    if (child_status < 0) {
        CHECK(hosts_system.open(&other, 0, &why) == OG_OK);
        CHECK(hosts_system.close(other, &why) == OG_OK);
    }
    fork_meanwhile(user, stream, text, size);
}

/* While the domain opens there is nothing of it in the child, which ends its opening. */
static void fork_in_a_constructor(og_output_function *output)
{
    const char *const environment[] = {"HOSTED_GREETS=1", NULL};
    const pid_t parent = getpid();
    enum og_error error = hosts_system.open_as(
        &the_library, &(struct og_options){.output = output, .environment = environment}, &fault);
    if (getpid() != parent) {
        CHECK(error == OG_UNSUPPORTED && says("fork"));
        fflush(stdout);
        _exit(7);
    }
    CHECK(!error && WIFEXITED(child_status) && WEXITSTATUS(child_status) == 7);
    CHECK(!strcmp(heard, "hello\n"));
    works();
    close_it();
}

static void forks_while_it_hears_a_constructor(void)
{
    fork_in_a_constructor(fork_meanwhile);
}

static void opens_another_and_forks_while_it_hears_a_constructor(void)
{
    fork_in_a_constructor(open_another_and_fork);
}

static sem_t hears;

static void wait_to_be_cancelled(void *user, enum og_stream stream, char *text, size_t size)
{
    hear(user, stream, text, size);
    sem_post(&hears);
    sleep(60);
}

static void *log_until_cancelled(void *unused)
{
    (void)call(HOSTED_LOG, 1);
    return unused;
}

static void is_cancelled_while_it_hears(void)
{
    pthread_t thread;
    void *result = NULL;
    sem_init(&hears, 0, 0);
    open_to_be_heard(wait_to_be_cancelled, 0);
    CHECK(!pthread_create(&thread, NULL, log_until_cancelled, NULL));
    sem_wait(&hears);
    CHECK(!pthread_cancel(thread));
    CHECK(!pthread_join(thread, &result) && result == PTHREAD_CANCELED);
    call_ends(OG_POISONED, HOSTED_COUNT, 0);
    CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    works();
    close_it();
}

/* With the caller's mask, and rounding; the handlers of its signals run. */
static volatile sig_atomic_t ticks;

static void count_tick(int signal)
{
    (void)signal;
    ticks++;
}

static void look_around(void *user, enum og_stream stream, char *text, size_t size)
{
    sigset_t blocked;
    CHECK(!pthread_sigmask(SIG_BLOCK, NULL, &blocked));
    CHECK(sigismember(&blocked, SIGUSR1) == 1 && sigismember(&blocked, SIGUSR2) == 0);
    CHECK(sigismember(&blocked, SIGSEGV) == 1 && sigismember(&blocked, SIGALRM) == 0);
    CHECK(fegetround() == FE_UPWARD);
    char much[256 << 10]; /* more than any stack for handlers has */
    memset(much, (int)size, sizeof(much));
    CHECK(much[sizeof(much) - 1] == (char)size);
    hear(user, stream, text, size);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGHUP);
    CHECK(!pthread_sigmask(SIG_BLOCK, &blocked, NULL));
}

static void is_interrupted_while_it_hears(void)
{
    const struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = count_tick, .sa_flags = SA_RESTART | SA_ONSTACK};
    sigset_t blocked;
    open_to_be_heard(look_around, 60000);
    CHECK(!sigaction(SIGALRM, &action, NULL));
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigaddset(&blocked, SIGSEGV);
    CHECK(!pthread_sigmask(SIG_SETMASK, &blocked, NULL));
    CHECK(!fesetround(FE_UPWARD));
    CHECK(!setitimer(ITIMER_REAL, &often, NULL));
    for (int i = 0; i < 20; i++)
        CHECK(call(HOSTED_LOG, 50) == 50);
    CHECK(!setitimer(ITIMER_REAL, &never, NULL));
    CHECK(pieces == 1000 && ticks > 1);
    CHECK(!pthread_sigmask(SIG_BLOCK, NULL, &blocked));
    CHECK(sigismember(&blocked, SIGUSR1) == 1 && sigismember(&blocked, SIGHUP) == 1);
    works();
    close_it();
}

static void end_thread(void *user, enum og_stream stream, char *text, size_t size)
{
    hear(user, stream, text, size);
    pthread_exit(NULL);
}

static void ends_a_thread_while_it_hears(void)
{
    open_to_be_heard(end_thread, 0);
    in_thread(log_until_cancelled, NULL);
    call_ends(OG_POISONED, HOSTED_COUNT, 0);
    CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    works();
    close_it();
}

const struct hosts_row hosts_output[] = {
    ROW(the_library_prints, ALL),
    ROW(hears_what_the_library_prints, DOMAINS),
    ROW(hears_constructors_and_destructors, OG_MPK_ONLY),
    ROW(hears_whatever_bytes_there_are, OG_MPK_ONLY),
    ROW(hears_all_of_a_long_write, OG_MPK_ONLY),
    ROW(hears_in_a_callback, OG_MPK_ONLY),
    ROW(takes_its_time_to_hear, OG_MPK_ONLY),
    ROW(ends_a_library_that_prints_for_ever, OG_MPK_ONLY),
    ROW(calls_others_while_it_hears, OG_MPK_ONLY),
    ROW(forks_while_it_hears, OG_MPK_ONLY),
    ROW(forks_while_it_hears_a_constructor, OG_MPK_ONLY),
    ROW(opens_another_and_forks_while_it_hears_a_constructor, OG_MPK_ONLY),
    ROW(is_cancelled_while_it_hears, OG_MPK_ONLY),
    ROW(ends_a_thread_while_it_hears, OG_MPK_ONLY),
    ROW(is_interrupted_while_it_hears, OG_MPK_ONLY),
    {NULL, NULL, 0, 0},
};
