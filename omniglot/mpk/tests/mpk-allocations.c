/* A domain behind protection keys, when an allocation of the host fails. */
#include "omniglot/tests/domain-allocations.h"

#include "omniglot/tests/each-allocation.h"
#include "omniglot/tests/failing-allocator.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct og_domain *opened;

static enum og_error open_once(struct og_fault *fault)
{
    char library[4352];
    const struct og_options options = {.isolation = OG_MPK};
    if (opened)
        return OG_OK;
    snprintf(library, sizeof(library), "%s/libogforeign.so", allocations_folder);
    return og_domain_open(&opened, (const char *const[]){library, NULL}, &options, fault);
}

/* What a call that faults is told of, with as much as there was memory for. */
static enum og_error fault_and_describe(struct og_fault *fault) OG_NO_ANALYSIS
{
    static char hosts[64];
    char text[2048];
    struct og_function spoil;
    struct og_scope scope;
    enum og_error error = open_once(fault);
    if (!error)
        error = og_domain_lookup(opened, "foreign_spoil", &spoil, fault);
    if (error)
        return error;
    og_scope_begin(opened, &scope);
    error = og_invoke_begin(&scope.access, &spoil, fault);
    if (!error) {
        ((void (*)(void *, unsigned long))spoil.entry)(hosts, sizeof(hosts));
        error = og_invoke_end(&scope.access, fault);
    }
    og_scope_end(&scope);
    if (error != OG_FAULTED || fault->address != (uintptr_t)hosts)
        return og_fail(fault, OG_CONTRACT, NULL, 0, "the host's memory was written");
    og_fault_describe(opened, fault, text, sizeof(text));
    if (!strstr(text, "write to"))
        return og_fail(fault, OG_CONTRACT, NULL, 0, "the fault was not told");
    return og_domain_reset(opened, fault);
}

static void a_fault_is_told_with_as_much_as_there_was_memory_for(void **state)
{
    (void)state;
    assert_true(each_allocation_fails("a fault", fault_and_describe));
}

/* --- handlers of the host's --- */

static _Atomic unsigned looked_at, interruptible;

/* A handler that forks would wait for the lock of the allocator that is called here. */
static void look_at(const char *function)
{
    uint64_t mask = 0;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask));
    looked_at++;
    if (mask & UINT64_C(1) << (SIGUSR1 - 1))
        return;
    interruptible++;
    printf("# %s, and handlers may come\n", function);
}

static void look_at_allocation(const char *function)
{
    static const char *const have_no_lock[] = {"mmap", "memfd_create", "pthread_key_create"};
    for (size_t i = 0; i < sizeof(have_no_lock) / sizeof(have_no_lock[0]); i++)
        if (!strcmp(function, have_no_lock[i]))
            return;
    look_at(function);
}

static void look_at_release(void)
{
    look_at("free");
}

static void *fault_once(void *data)
{
    return fault_and_describe(data) ? NULL : data;
}

static void no_handler_comes_on_top_of_an_allocation(void **state)
{
    (void)state;
    struct og_fault fault = {0};
    pthread_t thread;
    void *good;
    allocation_seen = look_at_allocation;
    release_seen = look_at_release;
    assert_non_null(fault_once(&fault));
    allocation_seen = NULL; /* this thread is the test's */
    assert_int_equal(pthread_create(&thread, NULL, fault_once, &fault), 0);
    allocation_seen = look_at_allocation;
    assert_int_equal(pthread_join(thread, &good), 0);
    assert_non_null(good);
    assert_int_equal(og_domain_close(opened, &fault), OG_OK);
    opened = NULL;
    allocation_seen = NULL;
    release_seen = NULL;
    assert_true(looked_at > 20);
    assert_int_equal(interruptible, 0);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        DOMAIN_ALLOCATIONS_TESTS,
        cmocka_unit_test(a_fault_is_told_with_as_much_as_there_was_memory_for),
        cmocka_unit_test(no_handler_comes_on_top_of_an_allocation),
    };
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc < 2) {
        fprintf(stderr, "usage: %s FOLDER-OF-libogforeign.so [TEST]\n", argv[0]);
        return 2;
    }
    snprintf(allocations_folder, sizeof(allocations_folder), "%s", argv[1]);
    allocations_isolation = OG_MPK;
    each_allocation_step =
        getenv("OG_STRESS") ? 1 : 8; /* opening takes a third of a second there */
    if (argc > 2)
        cmocka_set_test_filter(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
