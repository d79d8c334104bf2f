/* Hosts and their threads. */
#include "omniglot/tests/hosts/hosts.h"

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
    ROW(ends_threads_that_have_called, DOMAINS),
    ROW(has_threads_from_before_it_opens, DOMAINS),
    ROW(reads_in_place_in_threads_from_before, DOMAINS),
    {NULL, NULL, 0, 0},
};
