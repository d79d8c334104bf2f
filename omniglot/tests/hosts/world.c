/* What the library finds of the world: the C library's functions that need the system. */
#include "omniglot/tests/hosts/hosts.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

/* glibc's qsort keeps the order of equals where it knows how much memory there is; wasi-libc's
 * never does. */
static void the_library_sorts(void)
{
    open_it();
    CHECK(call(HOSTED_SORT, 100) == (hosts_system.is != WASM_ONLY));
    CHECK(call(HOSTED_SORT, 10000) == (hosts_system.is != WASM_ONLY));
    works();
    close_it();
}

static void the_library_asks_for_the_environment(void)
{
    setenv("HOSTED", "secret", 1);
    open_it();
    CHECK(call(HOSTED_GETENV, 0) == (hosts_system.is == OG_NONE_ONLY));
    close_it();
}

static void the_library_asks_for_a_locale(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    open_it();
    CHECK(call(HOSTED_LOCALE, 0) == (hosts_system.is == OG_NONE_ONLY));
    works();
    close_it();
}

static void the_library_asks_for_the_local_time(void)
{
    setenv("TZ", "HOST-3", 1);
    open_it();
    CHECK(call(HOSTED_HOUR, 0) == (hosts_system.is == OG_NONE_ONLY ? 3 : 0));
    close_it();
}

static enum og_error open_as(struct og_options options)
{
    return hosts_system.open_as(&the_library, &options, &fault);
}

static void is_no_environment(const char *variable)
{
    const char *const environment[] = {"A=1", variable, NULL};
    CHECK(open_as((struct og_options){.environment = environment}) == OG_BAD_ARGUMENT);
    CHECK(says("options.environment"));
}

static void gives_the_library_an_environment(void)
{
    const char *const environment[] = {"HOSTED=1", "LC_ALL=C.UTF-8", "TZ=HOST-3", NULL};
    const char *many[66] = {NULL};
    char large[17 << 10] = "LARGE=";
    memset(large + 6, 'x', sizeof(large) - 7);
    const char *const paths[] = {"/usr/lib/locale/C.utf8", NULL};
    CHECK(open_as((struct og_options){.environment = environment, .readable_paths = paths}) ==
          OG_OK);
    CHECK(call(HOSTED_GETENV, 0) == 1);
    CHECK(call(HOSTED_LOCALE, 0) == 1);
    CHECK(call(HOSTED_HOUR, 0) == 3);
    works();
    close_it();
    is_no_environment("NO");
    is_no_environment("=1");
    is_no_environment("LD_PRELOAD=libz.so.1");
    is_no_environment("GLIBC_TUNABLES=glibc.pthread.rseq=1");
    is_no_environment(large);
    for (int i = 0; i < 65; i++)
        many[i] = "A=1";
    CHECK(open_as((struct og_options){.environment = many}) == OG_BAD_ARGUMENT);
    many[64] = NULL;
    CHECK(open_as((struct og_options){.environment = many}) == OG_OK);
    works();
    close_it();
}

static void the_library_loads_a_character_set(void)
{
    open_it();
    CHECK(call(HOSTED_CONVERT, 0) == (hosts_system.is == OG_NONE_ONLY ? 0 : EINVAL));
    works();
    close_it();
}

static void the_library_loads_another(void)
{
    open_it();
    CHECK(call(HOSTED_LOAD, 0) == (hosts_system.is != OG_NONE_ONLY));
    works();
    close_it();
}

/* Calls it, also after a reset, which takes what it has loaded. */
static void loads_again(enum hosted_task task)
{
    for (int i = 0; i < 2; i++) {
        CHECK(call(task, 0) == 0);
        CHECK(call(task, 0) == 0);
        works();
        CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    }
    works();
    close_it();
}

static void the_library_loads_a_character_set_of_a_folder(void)
{
    const char *const folder[] = {"/usr/lib/x86_64-linux-gnu/gconv", NULL};
    CHECK(open_as((struct og_options){.readable_paths = folder}) == OG_OK);
    CHECK(call(HOSTED_CONVERT, 0) == EINVAL); /* to be read is not enough */
    close_it();
    CHECK(open_as((struct og_options){.readable_paths = folder, .late_folders = folder}) == OG_OK);
    loads_again(HOSTED_CONVERT);
}

static void the_library_loads_another_of_a_folder(void)
{
    const char *const folders[] = {"/lib/x86_64-linux-gnu", NULL};
    CHECK(open_as((struct og_options){.late_folders = folders}) == OG_OK);
    loads_again(HOSTED_LOAD);
}

/* Nobody has to guess why the library reads nothing. */
static void grants_what_is_not_there(void)
{
    const char *const missing[] = {"/usr", "/usr/no-such-folder/text", NULL};
    CHECK(open_as((struct og_options){.readable_paths = missing}) == OG_BAD_ARGUMENT);
    CHECK(says("options.readable_paths") && !strcmp(fault.symbol, missing[1]));
    CHECK(open_as((struct og_options){.late_folders = missing}) == OG_BAD_ARGUMENT);
    CHECK(says("options.late_folders") && !strcmp(fault.symbol, missing[1]));
}

static void the_library_starts_a_thread(void)
{
    open_it();
    CHECK(call(HOSTED_THREAD, 0) == (hosts_system.is == OG_NONE_ONLY ? 0 : EAGAIN));
    works();
    close_it();
}

static void the_library_guards_a_page(void)
{
    open_it();
    CHECK(call(HOSTED_GUARD, 0) == 0);
    works();
    close_it();
}

static void the_library_runs_into_its_guard_page(void)
{
    open_it();
    call_ends(OG_FAULTED, HOSTED_OVERRUN, 0);
    CHECK(hosts_system.is != OG_MPK_ONLY || says("has denied itself (mprotect)"));
    CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    works();
    close_it();
}

static void the_library_locks_memory(void)
{
    open_it();
    int64_t error = call(HOSTED_LOCK, 0);
    printf("# %lld\n", (long long)error);
    CHECK(error == (hosts_system.is == OG_NONE_ONLY ? 0 : EPERM));
    works();
    close_it();
}

static void the_library_locks_what_it_may(void)
{
    CHECK(open_as((struct og_options){.locked_size = 4096}) == OG_OK);
    CHECK(call(HOSTED_LOCK, 0) == 0);
    CHECK(call(HOSTED_LOCK, 0) == 0);
    works();
    close_it();
}

static atomic_int ticks;

static void count_tick(int signal)
{
    (void)signal;
    ticks++;
}

/* The host's signals do not wait for it. */
static void the_library_sleeps(void)
{
    const struct itimerval often = {{0, 10000}, {0, 10000}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = count_tick, .sa_flags = SA_RESTART};
    open_it();
    CHECK(!sigaction(SIGALRM, &action, NULL));
    for (int round = 0; round < 2; round++) {
        long start = now_ms();
        ticks = 0;
        CHECK(!setitimer(ITIMER_REAL, &often, NULL));
        CHECK(call(HOSTED_SLEEP, 200) == 0);
        CHECK(!setitimer(ITIMER_REAL, &never, NULL));
        CHECK(now_ms() - start >= 200);
        CHECK(hosts_system.is == PROCESS_ONLY || ticks > 1);
    }
    works();
    close_it();
}

/* Each way ends at its time, as it does without isolation, and not before. */
static void the_library_waits_for_nobody(void)
{
    open_it_with_deadline(20000);
    for (int way = 0; way < HOSTED_PAUSE; way++) {
        const bool is_sleep = way >= HOSTED_C11_SLEEP && way != HOSTED_SIGTIMEDWAIT;
        const int64_t wanted = is_sleep ? 0 : way == HOSTED_SIGTIMEDWAIT ? EAGAIN : ETIMEDOUT;
        long start = now_ms();
        int64_t result = call(HOSTED_WAIT, way);
        long took = now_ms() - start;
        if (result != wanted || took < HOSTED_WAIT_MS - 1)
            printf("# way %d: %lld after %ld ms\n", way, (long long)result, took);
        CHECK(result == wanted && took >= HOSTED_WAIT_MS - 1);
    }
    works();
    close_it();
}

static void ends_a_library_that_waits_for_ever(void)
{
    open_it_with_deadline(200);
    for (int way = HOSTED_PAUSE; way < HOSTED_WAITS; way++) {
        printf("# way %d\n", way);
        call_ends(OG_DEADLINE, HOSTED_WAIT, way);
        CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
        CHECK(call(HOSTED_SLEEP, 1) == 0);
    }
    works();
    close_it();
}

static void the_library_recurses_deep(void)
{
    open_it();
    CHECK(call(HOSTED_RECURSE, 200 << 10) == 200 << 10);
    CHECK(call(HOSTED_RECURSE, 2 << 20) == 2 << 20);
    if (hosts_system.is == OG_MPK_ONLY) {
        call_ends(OG_FAULTED, HOSTED_RECURSE, 8 << 20); /* as large as its stack */
        CHECK(says("the foreign stack overflowed"));
        CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    }
    works();
    close_it();
}

static void the_library_makes_a_process(void)
{
    open_it();
    if (hosts_system.is == PROCESS_ONLY) { /* ends the worker: no ordinary library does it */
        call_ends(OG_FAULTED, HOSTED_FORK, 0);
        CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    } else {
        for (int way = HOSTED_FORK_CALL; way < HOSTED_SYSTEM; way++)
            CHECK(call(HOSTED_FORK, way) == -EAGAIN);
        int64_t status = call(HOSTED_FORK, HOSTED_SYSTEM); /* "no shell could be executed" */
        CHECK(status == 127 << 8);
        CHECK(call(HOSTED_PROCESSES, 0) == -EPERM);
    }
    works();
    close_it();
}

const struct hosts_row hosts_world[] = {
    ROW(the_library_sorts, ALL),
    ROW(the_library_asks_for_the_environment, ALL),
    ROW(the_library_asks_for_a_locale, ALL & ~WASM_ONLY),
    ROW(the_library_asks_for_the_local_time, ALL & ~WASM_ONLY),
    ROW(gives_the_library_an_environment, OG_MPK_ONLY),
    ROW(the_library_loads_a_character_set, ALL & ~WASM_ONLY),
    ROW(the_library_loads_another, ALL & ~WASM_ONLY),
    ROW(the_library_loads_a_character_set_of_a_folder, OG_MPK_ONLY),
    ROW(the_library_loads_another_of_a_folder, OG_MPK_ONLY),
    ROW(grants_what_is_not_there, OG_MPK_ONLY),
    ROW(the_library_starts_a_thread, ALL & ~WASM_ONLY),
    ROW(the_library_guards_a_page, ALL & ~WASM_ONLY),
    ROW(the_library_runs_into_its_guard_page, TIMED),
    ROW(the_library_locks_memory, ALL & ~WASM_ONLY),
    ROW(the_library_locks_what_it_may, OG_MPK_ONLY),
    ROW(the_library_sleeps, ALL & ~WASM_ONLY),
    ROW(the_library_waits_for_nobody, DOMAINS),
    ROW(ends_a_library_that_waits_for_ever, OG_MPK_ONLY),
    ROW(the_library_recurses_deep, ALL & ~WASM_ONLY),
    ROW(the_library_makes_a_process, TIMED),
    {NULL, NULL, 0, 0},
};
