/* Workers killed at random moments under load: no later call is lost, and no
 * process, descriptor or memory leaks. PROCESS_KILLS says how many (default 100). */
#include "baselines/process/tests/each-transport.h"

#include "baselines/process/filter.h"
#include "omniglot/tests/descriptors.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned kill_count(void)
{
    const char *text = getenv("PROCESS_KILLS");
    unsigned long count = text ? strtoul(text, NULL, 10) : 0;
    return count ? (unsigned)count : 100;
}

static size_t resident_kib(void)
{
    unsigned long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &size, &resident), 2);
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* The worker that runs, for the killer: 0 while there is none to kill. */
static _Atomic pid_t target;
static _Atomic bool finished;

static void *kill_at_random_moments(void *seed)
{
    uint64_t random = (uint64_t)(uintptr_t)seed | 1;
    while (!atomic_load(&finished)) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        struct timespec pause = {.tv_nsec = (long)(random % 3000000)};
        nanosleep(&pause, NULL);
        /* Taken, so that a process id is never used after its worker was reaped. */
        pid_t pid = atomic_exchange(&target, 0);
        if (pid)
            kill(pid, SIGKILL);
    }
    return NULL;
}

static enum og_error count_back(void *user, struct wire_reader *arguments,
                                struct wire_writer *results)
{
    (void)user;
    wire_put_u64(results, wire_get_u64(arguments));
    return wire_finish(arguments);
}

/* One call of a mix; its answer, when there is one, must be right. */
static enum og_error call_mixed(struct process_sandbox *sandbox, unsigned turn,
                                const uint8_t *bytes, struct og_fault *fault)
{
    static const size_t sizes[] = {100, 70000, 1500000};
    struct wire_reader results;
    struct wire_writer *arguments;
    size_t size = sizes[turn % 3];
    enum og_error error;
    switch (turn % 5) {
    case 0:
    case 1:
        arguments = process_call_begin(sandbox, TEST_SUM);
        wire_put_u64(arguments, turn);
        wire_put_u64(arguments, 1);
        if ((error = process_call_finish(sandbox, &results, fault)))
            return error;
        assert_int_equal(wire_get_u64(&results), turn + 1);
        break;
    case 2:
        arguments = process_call_begin(sandbox, TEST_CALLBACKS);
        wire_put_u32(arguments, 0);
        wire_put_u64(arguments, 5);
        if ((error = process_call_finish(sandbox, &results, fault)))
            return error;
        assert_int_equal(wire_get_u64(&results), 10);
        break;
    default:
        wire_put_bytes(process_call_begin(sandbox, TEST_ECHO), bytes, size);
        if ((error = process_call_finish(sandbox, &results, fault)))
            return error;
        size_t echoed;
        const void *echo = wire_get_bytes(&results, &echoed);
        assert_int_equal(echoed, size);
        assert_memory_equal(echo, bytes, size);
    }
    return process_results_finish(sandbox, &results, fault);
}

static void workers_killed_at_random_moments_lose_no_later_call(void **state)
{
    struct process_sandbox *sandbox;
    struct og_fault fault = {0};
    struct process_options options = {.library = "test",
                                      .transport = state_transport(*state),
                                      .placement = state_placement(*state),
                                      .ring_bytes = 1 << 20};
    size_t descriptors = count_descriptors();
    unsigned losses = 0, kills = kill_count();
    uint8_t *bytes = malloc(1500000);
    for (size_t i = 0; i < 1500000; i++)
        bytes[i] = (uint8_t)(i * 31 >> 3);
    assert_int_equal(process_open(&sandbox, &options, &fault), OG_OK);
    process_callback_register(sandbox, 0, count_back, NULL);

    pthread_t killer;
    uintptr_t seed = (uintptr_t)time(NULL) * 2654435761u;
    print_message("# seed %lu\n", (unsigned long)seed);
    atomic_store(&finished, false);
    assert_int_equal(pthread_create(&killer, NULL, kill_at_random_moments, (void *)seed), 0);
    size_t resident = 0;
    unsigned turn = 0;
    while (losses < kills) {
        atomic_store(&target, process_worker_pid(sandbox));
        enum og_error error = OG_OK;
        while (!error)
            error = call_mixed(sandbox, turn++, bytes, &fault);
        if (error != OG_FAULTED || fault.signal != SIGKILL)
            fail_msg("loss %u: %s: %s", losses, og_error_name(error), fault.message);
        losses++;
        /* The killer took its target before it killed, so this one is safe. */
        for (unsigned again = 0; again < 5; again++)
            if ((error = call_mixed(sandbox, turn++, bytes, &fault)))
                fail_msg("call %u after loss %u: %s", again, losses, fault.message);
        if (losses == kills / 4)
            resident = resident_kib();
    }
    atomic_store(&finished, true);
    pthread_join(killer, NULL);
    size_t grown = resident_kib() > resident ? resident_kib() - resident : 0;
    assert_int_equal(process_generation(sandbox), 1 + losses);
    process_close(sandbox);
    free(bytes);
    assert_int_equal(count_descriptors(), descriptors);
    assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
    assert_int_equal(errno, ECHILD);
    print_message("# %u workers lost in %u calls; grown by %zu KiB\n", losses, turn, grown);
    if (!PROCESS_SANITIZED)
        assert_true(grown < 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_EACH_UNOPENED(workers_killed_at_random_moments_lose_no_later_call),
    };
    return cmocka_run_group_tests_name("process-stress", tests, NULL, NULL);
}
