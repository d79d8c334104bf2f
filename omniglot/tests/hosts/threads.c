/* Hosts and their threads. */
#include "omniglot/tests/hosts/hosts.h"
#include "omniglot/tests/mappings.h"

#include <execinfo.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static void *work(void *unused)
{
    works();
    return unused;
}

static void calls_from_many_threads_in_turn(void)
{
    open_it();
    for (int i = 0; i < 64; i++)
        in_thread(work, NULL);
    close_it();
}

enum { AT_ONCE = 12 };

static void *work_often(void *unused)
{
    int64_t result;
    struct og_fault its;
    for (int i = 0; i < 50; i++)
        if (hosts_system.call(the_library, HOSTED_ALLOCATE, 4096, &result, &its) || result != 4096)
            return &fault;
    return unused;
}

static void calls_from_many_threads_at_once(void)
{
    pthread_t threads[AT_ONCE];
    void *failed;
    open_it();
    for (int i = 0; i < AT_ONCE; i++)
        CHECK(!pthread_create(&threads[i], NULL, work_often, NULL));
    for (int i = 0; i < AT_ONCE; i++)
        CHECK(!pthread_join(threads[i], &failed) && !failed);
    close_it();
}

static void *open_own(void *unused)
{
    struct hosts_library *own;
    struct og_fault its;
    int64_t result;
    bool bad = hosts_system.open(&own, 1000, &its);
    for (int i = 0; !bad && i < 20; i++)
        bad = hosts_system.call(own, HOSTED_ALLOCATE, 4096, &result, &its) || result != 4096;
    if (!bad)
        bad = hosts_system.close(own, &its) != OG_OK;
    if (bad)
        printf("# %s\n", its.message);
    return bad ? &fault : unused;
}

static void opens_an_instance_in_each_thread(void)
{
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    void *failed;
    for (int i = 0; i < THREADS; i++)
        CHECK(!pthread_create(&threads[i], NULL, open_own, NULL));
    for (int i = 0; i < THREADS; i++)
        CHECK(!pthread_join(threads[i], &failed) && !failed);
}

/* --- ends of threads --- */

static sem_t inside;

static int64_t compute_then_end(int64_t rounds)
{
    return call(HOSTED_COMPUTE, rounds);
}

static void *compute_until_cancelled(void *rounds)
{
    open_it();
    sem_post(&inside);
    for (;;) {
        (void)compute_then_end(*(int64_t *)rounds);
        pthread_testcancel();
    }
    return NULL;
}

static void cancels_a_thread_that_is_inside(void)
{
    int64_t rounds = rounds_for(50);
    pthread_t thread;
    void *result = NULL;
    sem_init(&inside, 0, 0);
    CHECK(!pthread_create(&thread, NULL, compute_until_cancelled, &rounds));
    sem_wait(&inside);
    usleep(20000);
    CHECK(!pthread_cancel(thread));
    CHECK(!pthread_join(thread, &result) && result == PTHREAD_CANCELED);
    if (hosts_system.is & DOMAINS) {
        works();
        close_it();
    }
}

static int64_t sleep_to_be_cancelled(int64_t number)
{
    sem_post(&inside);
    sleep(60);
    return number;
}

static void *call_back_until_cancelled(void *unused)
{
    (void)call_back(sleep_to_be_cancelled, 1);
    return unused;
}

/* The call that it leaves behind can never return: the domain can be used after its reset. */
static void check_left_behind(void)
{
    call_ends(OG_POISONED, HOSTED_COUNT, 0);
    CHECK(says("a thread ended in a callback"));
    CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    works();
}

static void cancels_a_thread_in_a_callback(void)
{
    pthread_t thread;
    void *result = NULL;
    sem_init(&inside, 0, 0);
    open_it();
    CHECK(!pthread_create(&thread, NULL, call_back_until_cancelled, NULL));
    sem_wait(&inside);
    usleep(20000);
    CHECK(!pthread_cancel(thread));
    CHECK(!pthread_join(thread, &result) && result == PTHREAD_CANCELED);
    check_left_behind();
    close_it();
}

static int64_t exit_here(int64_t number)
{
    (void)number;
    pthread_exit(&fault);
}

static void *exit_in_a_callback(void *unused)
{
    (void)call_back(exit_here, 1);
    return unused;
}

static void ends_a_thread_in_a_callback(void)
{
    open_it();
    pthread_t thread;
    void *result = NULL;
    CHECK(!pthread_create(&thread, NULL, exit_in_a_callback, NULL));
    CHECK(!pthread_join(thread, &result) && result == &fault);
    check_left_behind();
    close_it();
}

static void *work_and_exit(void *unused)
{
    works();
    pthread_exit(unused);
}

static void ends_threads_that_have_called(void)
{
    open_it();
    for (int i = 0; i < 40; i++)
        in_thread(work_and_exit, NULL);
    works();
    close_it();
}

static pthread_key_t earlier, later; /* than the runtime's own: whose destructor is called first */

static void call_at_the_end(void *unused)
{
    (void)unused;
    works();
}

static void *call_and_exit(void *unused)
{
    CHECK(!pthread_setspecific(earlier, &earlier) && !pthread_setspecific(later, &later));
    works();
    return unused;
}

/* Its place in the domain is the next one's all the same. */
static void calls_in_destructors_of_threads(void)
{
    long mappings = 0;
    CHECK(!pthread_key_create(&earlier, call_at_the_end));
    open_it();
    CHECK(!pthread_key_create(&later, call_at_the_end));
    for (int i = 0; i < 40; i++) {
        in_thread(call_and_exit, NULL);
        mappings = i == 10 ? count_mappings() : mappings;
    }
    CHECK(count_mappings() < mappings + 20);
    works();
    close_it();
}

/* --- cancelled on the way in, and in what is done for a call --- */

/* Joins it within ten seconds. */
static bool ends_cancelled(pthread_t thread)
{
    struct timespec end;
    void *result = NULL;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 10;
    return !pthread_timedjoin_np(thread, &result, &end) && result == PTHREAD_CANCELED;
}

static atomic_bool is_through;

/* The call is made all the same: the thread ends when it is back. */
static void *work_once_cancelled(void *unused)
{
    pthread_cancel(pthread_self());
    works();
    atomic_store(&is_through, true);
    pthread_testcancel();
    return unused;
}

static void check_cancelled(void *(*run)(void *))
{
    pthread_t thread;
    atomic_store(&is_through, false);
    CHECK(!pthread_create(&thread, NULL, run, NULL));
    CHECK(ends_cancelled(thread));
    CHECK(atomic_load(&is_through));
}

static void is_cancelled_before_its_first_call(void)
{
    open_it();
    for (int i = 0; i < 40; i++)
        check_cancelled(work_once_cancelled);
    works();
    close_it();
}

static void *open_once_cancelled(void *unused)
{
    pthread_cancel(pthread_self());
    open_it();
    works();
    CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    close_it();
    atomic_store(&is_through, true);
    pthread_testcancel();
    return unused;
}

static void is_cancelled_before_it_opens(void)
{
    check_cancelled(open_once_cancelled);
    open_it();
    works();
    close_it();
}

static void *ask_for_a_locale_once_cancelled(void *unused)
{
    pthread_cancel(pthread_self());
    CHECK(call(HOSTED_LOCALE, 0) == 1);
    atomic_store(&is_through, true);
    pthread_testcancel();
    return unused;
}

static void is_cancelled_before_its_library_reads_a_file(void)
{
    const char *const environment[] = {"LC_ALL=C.UTF-8", NULL};
    const char *const paths[] = {"/usr/lib/locale/C.utf8", NULL};
    const struct og_options options = {.environment = environment, .readable_paths = paths};
    CHECK(hosts_system.open_as(&the_library, &options, &fault) == OG_OK);
    check_cancelled(ask_for_a_locale_once_cancelled);
    works();
    CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    works();
    close_it();
}

static void *wait_and_work(void *unused)
{
    sem_post(&inside);
    works();
    atomic_store(&is_through, true);
    pthread_testcancel();
    return unused;
}

static pthread_t waits;

static int64_t have_one_wait_and_cancel_it(int64_t number)
{
    CHECK(!pthread_create(&waits, NULL, wait_and_work, NULL));
    sem_wait(&inside);
    usleep(100000);
    CHECK(!pthread_cancel(waits));
    usleep(100000);
    return number;
}

static void is_cancelled_while_it_waits_for_another_thread(void)
{
    sem_init(&inside, 0, 0);
    open_it();
    CHECK(call_back(have_one_wait_and_cancel_it, 1) == 1);
    CHECK(ends_cancelled(waits));
    CHECK(atomic_load(&is_through));
    works();
    in_thread(work, NULL);
    close_it();
}

/* --- cancelled where the library was interrupted --- */

static void sleep_in_handler(int unused)
{
    (void)unused;
    sem_post(&inside);
    sleep(60);
}

static void *compute_long(void *unused)
{
    (void)call(HOSTED_COMPUTE, INT64_MAX);
    return unused;
}

static void is_cancelled_in_a_handler_while_it_is_inside(void)
{
    pthread_t thread;
    signal(SIGUSR1, sleep_in_handler);
    sem_init(&inside, 0, 0);
    open_it();
    CHECK(!pthread_create(&thread, NULL, compute_long, NULL));
    usleep(100000);
    CHECK(!pthread_kill(thread, SIGUSR1));
    sem_wait(&inside);
    usleep(20000);
    CHECK(!pthread_cancel(thread));
    CHECK(ends_cancelled(thread));
    call_ends(OG_POISONED, HOSTED_COUNT, 0);
    CHECK(says("a thread ended in a call"));
    CHECK(hosts_system.reset(the_library, &fault) == OG_OK);
    works();
    close_it();
}

/* --- threads that call nothing --- */

static atomic_bool is_cleaned;

static void clean(void *unused)
{
    (void)unused;
    atomic_store(&is_cleaned, true);
}

static void *sleep_and_clean(void *unused)
{
    pthread_cleanup_push(clean, NULL);
    sem_post(&inside);
    sleep(60);
    pthread_cleanup_pop(0);
    return unused;
}

static void check_sleeper(pthread_t thread)
{
    sem_wait(&inside);
    usleep(20000);
    CHECK(!pthread_cancel(thread));
    CHECK(ends_cancelled(thread));
    CHECK(atomic_exchange(&is_cleaned, false));
}

static void is_cancelled_in_threads_that_have_not_called(void)
{
    pthread_t before, after;
    sem_init(&inside, 0, 0);
    CHECK(!pthread_create(&before, NULL, sleep_and_clean, NULL));
    open_it();
    works();
    check_sleeper(before);
    CHECK(!pthread_create(&after, NULL, sleep_and_clean, NULL));
    check_sleeper(after);
    works();
    close_it();
}

static void *volatile callers; /* where the thread's function returns to */
static atomic_int found;       /* 1: the handler has run; 2: and seen that */

static void look_back(int unused)
{
    void *frames[64];
    int count = backtrace(frames, 64);
    bool sees = false;
    (void)unused;
    for (int i = 0; i < count; i++)
        sees |= frames[i] == callers;
    atomic_store(&found, 1 + sees);
}

static void *be_looked_back_at(void *unused)
{
    callers = __builtin_return_address(0);
    sem_post(&inside);
    while (!atomic_load(&found))
        usleep(1000);
    return unused;
}

static void takes_backtraces_in_threads_that_have_not_called(void)
{
    void *first[1];
    pthread_t thread;
    backtrace(first, 1); /* loads the unwinder */
    signal(SIGUSR1, look_back);
    sem_init(&inside, 0, 0);
    open_it();
    works();
    CHECK(!pthread_create(&thread, NULL, be_looked_back_at, NULL));
    sem_wait(&inside);
    CHECK(!pthread_kill(thread, SIGUSR1));
    CHECK(!pthread_join(thread, NULL));
    CHECK(atomic_load(&found) == 2);
    works();
    close_it();
}

/* --- threads that were there before --- */

static sem_t opened;

static void *work_when_opened(void *unused)
{
    sem_wait(&opened);
    works();
    return unused;
}

static void has_threads_from_before_it_opens(void)
{
    pthread_t thread;
    sem_init(&opened, 0, 0);
    CHECK(!pthread_create(&thread, NULL, work_when_opened, NULL));
    open_it();
    works();
    sem_post(&opened);
    CHECK(!pthread_join(thread, NULL));
    works();
    close_it();
}

static long *volatile word;

static void *read_when_opened(void *read)
{
    sem_wait(&opened);
    *(long *)read = *(volatile long *)word;
    *(volatile long *)word = 43;
    return NULL;
}

static void reads_in_place_in_threads_from_before(void)
{
    pthread_t thread;
    long read = 0;
    sem_init(&opened, 0, 0);
    CHECK(!pthread_create(&thread, NULL, read_when_opened, &read));
    open_it();
    word = hosts_system.word(the_library);
    sem_post(&opened);
    CHECK(!pthread_join(thread, NULL));
    CHECK(read == 42 && *word == 43);
    works();
    close_it();
}

const struct hosts_row hosts_threads[] = {
    ROW(calls_from_many_threads_in_turn, DOMAINS),
    ROW(calls_from_many_threads_at_once, DOMAINS),
    ROW(opens_an_instance_in_each_thread, ALL),
    ROW(cancels_a_thread_that_is_inside, ALL),
    ROW(cancels_a_thread_in_a_callback, DOMAINS),
    ROW(ends_a_thread_in_a_callback, DOMAINS),
    ROW(is_cancelled_before_its_first_call, DOMAINS),
    ROW(is_cancelled_before_it_opens, DOMAINS),
    ROW(is_cancelled_before_its_library_reads_a_file, OG_MPK_ONLY),
    ROW(is_cancelled_while_it_waits_for_another_thread, DOMAINS),
    ROW(is_cancelled_in_a_handler_while_it_is_inside, OG_MPK_ONLY),
    ROW(is_cancelled_in_threads_that_have_not_called, ALL),
    ROW(takes_backtraces_in_threads_that_have_not_called, ALL),
    ROW(ends_threads_that_have_called, DOMAINS),
    ROW(calls_in_destructors_of_threads, DOMAINS),
    ROW(has_threads_from_before_it_opens, DOMAINS),
    ROW(reads_in_place_in_threads_from_before, DOMAINS),
    {NULL, NULL, 0, 0},
};
