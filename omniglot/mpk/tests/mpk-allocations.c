/* A domain behind protection keys, when an allocation of the host fails. */
#include "omniglot/tests/domain-allocations.h"

#include "omniglot/tests/each-allocation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    /* memset begins wherever it is fastest on the processor that it finds. */
    if (error != OG_FAULTED || fault->address - (uintptr_t)hosts >= sizeof(hosts))
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

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        DOMAIN_ALLOCATIONS_TESTS,
        cmocka_unit_test(a_fault_is_told_with_as_much_as_there_was_memory_for),
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
