/* Host and worker are kept where the placement says, and nothing else is. */
#include "baselines/process/placement.h"
#include "baselines/process/tests/each-transport.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void two_cores_share_a_cache_but_not_a_core_where_possible(void **state)
{
    (void)state;
    /* Two sockets; in the first two caches with two cores each, of two siblings. */
    static const struct placement_processor machine[] = {
        {0, 0, 0, 0}, {1, 0, 0, 0}, {2, 1, 0, 0}, {3, 1, 0, 0},
        {4, 2, 1, 0}, {5, 2, 1, 0}, {6, 0, 2, 1}, {7, 0, 2, 1},
    };
    const struct {
        size_t first, count;
        int host, worker;
    } cases[] = {
        {0, 8, 1, 3}, /* one cache, two cores */
        {2, 4, 3, 5}, /* one socket */
        {4, 4, 5, 7}, /* any two */
        {6, 2, 6, 7}, /* siblings, for want of better */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct placement_pair pair = {-1, -1};
        assert_true(
            placement_choose(machine + cases[i].first, cases[i].count, PROCESS_TWO_CORES, &pair));
        assert_int_equal(pair.host, cases[i].host);
        assert_int_equal(pair.worker, cases[i].worker);
        assert_true(
            placement_choose(machine + cases[i].first, cases[i].count, PROCESS_ONE_CORE, &pair));
        assert_int_equal(pair.host, cases[i].worker);
        assert_int_equal(pair.worker, cases[i].worker);
    }
}

static void one_processor_is_a_pair_on_one_core_only(void **state)
{
    (void)state;
    static const struct placement_processor machine[] = {{5, 0, 0, 0}};
    struct placement_pair pair;
    assert_false(placement_choose(machine, 1, PROCESS_TWO_CORES, &pair));
    assert_false(placement_choose(machine, 1, PROCESS_ANYWHERE, &pair));
    assert_false(placement_choose(machine, 0, PROCESS_ONE_CORE, &pair));
    assert_true(placement_choose(machine, 1, PROCESS_ONE_CORE, &pair));
    assert_int_equal(pair.host, 5);
    assert_int_equal(pair.worker, 5);
}

/* Before anything else here asks which processors there are: that is found out once. */
static void two_cores_are_refused_where_there_is_one_processor(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        cpu_set_t allowed, one;
        CPU_ZERO(&one);
        if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
            _exit(1);
        for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
            if (CPU_ISSET(i, &allowed))
                CPU_SET(i, &one);
        struct process_sandbox *sandbox;
        struct og_fault fault;
        struct process_options options = {
            .library = "test", .transport = PROCESS_RING, .placement = PROCESS_TWO_CORES};
        if (sched_setaffinity(0, sizeof one, &one) != 0 ||
            process_placement_possible(PROCESS_TWO_CORES) ||
            process_open(&sandbox, &options, &fault) != OG_UNSUPPORTED ||
            strcmp(fault.symbol, "placement") != 0)
            _exit(2);
        options.placement = PROCESS_ONE_CORE;
        if (process_open(&sandbox, &options, &fault) != OG_OK)
            _exit(3);
        process_close(sandbox);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void assert_runs_on(pid_t pid, int processor)
{
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(pid, sizeof set, &set), 0);
    assert_int_equal(CPU_COUNT(&set), 1);
    assert_true(CPU_ISSET(processor, &set));
}

/* *state is the placement. */
static void workers_are_kept_on_their_processor_and_their_successors_too(void **state)
{
    enum process_placement placement = (enum process_placement)(uintptr_t)*state;
    struct placement_pair pair;
    struct process_sandbox *sandbox;
    struct process_options options = {
        .library = "test", .transport = PROCESS_RING, .placement = placement};
    if (!placement_here(placement, &pair))
        skip(); /* a machine of one processor has no two */
    assert_int_equal(process_open(&sandbox, &options, NULL), OG_OK);
    assert_runs_on(process_worker_pid(sandbox), pair.worker);
    assert_serves(sandbox);
    kill(process_worker_pid(sandbox), SIGKILL);
    call_with_number(sandbox, TEST_SUM, 0, NULL);
    assert_serves(sandbox);
    assert_runs_on(process_worker_pid(sandbox), pair.worker);
    process_close(sandbox);
}

static void the_host_is_pinned_between_pin_and_unpin_only(void **state)
{
    enum process_placement placement = (enum process_placement)(uintptr_t)*state;
    struct placement_pair pair;
    cpu_set_t at_first, now;
    assert_int_equal(sched_getaffinity(0, sizeof at_first, &at_first), 0);
    struct process_host_place before;
    if (!placement_here(placement, &pair)) {
        assert_false(process_host_pin(placement, &before));
        skip();
    }
    struct process_sandbox *sandbox;
    struct process_options options = {
        .library = "test", .transport = PROCESS_RING, .placement = placement};
    assert_int_equal(process_open(&sandbox, &options, NULL), OG_OK);
    sched_getaffinity(0, sizeof now, &now);
    assert_true(CPU_EQUAL(&at_first, &now)); /* opening pins nobody but the worker */
    for (int i = 0; i < 3; i++) {
        assert_true(process_host_pin(placement, &before));
        assert_runs_on(0, pair.host);
        assert_int_equal(sched_getcpu(), pair.host);
        assert_serves(sandbox);
        process_host_unpin(&before);
        sched_getaffinity(0, sizeof now, &now);
        assert_true(CPU_EQUAL(&at_first, &now));
        process_host_unpin(&before); /* once more is nothing */
        assert_serves(sandbox);
    }
    process_close(sandbox);
}

static void anywhere_pins_nobody(void **state)
{
    (void)state;
    cpu_set_t at_first, now;
    struct process_host_place before;
    sched_getaffinity(0, sizeof at_first, &at_first);
    assert_true(process_host_pin(PROCESS_ANYWHERE, &before));
    sched_getaffinity(0, sizeof now, &now);
    assert_true(CPU_EQUAL(&at_first, &now));
    process_host_unpin(&before);
    struct process_sandbox *sandbox;
    struct process_options options = {.library = "test", .transport = PROCESS_RING};
    assert_int_equal(process_open(&sandbox, &options, NULL), OG_OK);
    assert_int_equal(sched_getaffinity(process_worker_pid(sandbox), sizeof now, &now), 0);
    assert_true(CPU_EQUAL(&at_first, &now));
    process_close(sandbox);
}

#define PLACED(test, name, placement)                                                              \
    {                                                                                              \
#test name, test, NULL, NULL, (void *)(uintptr_t)(placement)                               \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_cores_are_refused_where_there_is_one_processor),
        cmocka_unit_test(two_cores_share_a_cache_but_not_a_core_where_possible),
        cmocka_unit_test(one_processor_is_a_pair_on_one_core_only),
        PLACED(workers_are_kept_on_their_processor_and_their_successors_too, "_on_one_core",
               PROCESS_ONE_CORE),
        PLACED(workers_are_kept_on_their_processor_and_their_successors_too, "_on_two_cores",
               PROCESS_TWO_CORES),
        PLACED(the_host_is_pinned_between_pin_and_unpin_only, "_on_one_core", PROCESS_ONE_CORE),
        PLACED(the_host_is_pinned_between_pin_and_unpin_only, "_on_two_cores", PROCESS_TWO_CORES),
        cmocka_unit_test(anywhere_pins_nobody),
    };
    return cmocka_run_group_tests_name("process-placement", tests, NULL, NULL);
}
