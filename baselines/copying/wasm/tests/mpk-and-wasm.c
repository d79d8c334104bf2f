/* MPK domains beside WebAssembly modules in one program: each has a handler of faults, and each
 * gets its own, whichever was there first. */
#include "baselines/copying/wasm/tests/rogue-wasm.h"

#include "omniglot/mpk/tests/mpk-test.h"
#include <signal.h>

static struct rogue rogue;

#define ASSERT_DONE(call) assert_int_equal((call), OG_OK)

/* The fault is the module's, and it works again after reset. */
static void assert_modules(enum og_error error, const char *told)
{
    int count = 0;
    assert_int_equal(error, OG_FAULTED);
    assert_non_null(strstr(fault.message, told));
    ASSERT_DONE(instance_reset(&rogue.instance, &fault));
    ASSERT_DONE(call_rogue_count(&rogue, &count, &fault));
    assert_int_equal(count, 1);
}

static void both_fail(void)
{
    int number = 0;
    assert_modules(call_rogue_read(&rogue, &number, 0xfffffff0, &fault), "out of its memory's");
    assert_int_equal(call_words("read_word", NULL, 0, 0, 0, 0), OG_FAULTED);
    assert_int_equal(fault.signal, SIGSEGV);
    assert_works_after_reset();
    assert_modules(call_rogue_recurse(&rogue, &number, 1 << 30, &fault), "used up the stack");
    assert_modules(call_rogue_write(&rogue, 0xfffffff0, 1, &fault), "out of its memory's");
}

static void a_module_after_a_domain(void **state)
{
    (void)state;
    ASSERT_DONE(rogue_open(&rogue, NULL, &fault));
    both_fail();
    both_fail();
    rogue_close(&rogue);
}

static void a_domain_after_a_module(void **state)
{
    int number = 0;
    (void)state;
    ASSERT_DONE(rogue_open(&rogue, NULL, &fault)); /* over cmocka's handler */
    assert_modules(call_rogue_read(&rogue, &number, 0xfffffff0, &fault), "out of its memory's");
    both_fail();
    struct og_domain *other = open_another(NULL, NULL);
    both_fail();
    ASSERT_DONE(og_domain_close(other, &fault));
    /* No signal stack of a domain's is armed now. */
    ASSERT_DONE(instance_reset(&rogue.instance, &fault));
    assert_modules(call_rogue_read(&rogue, &number, 0xfffffff0, &fault), "out of its memory's");
    assert_works_after_reset();
    both_fail();
    rogue_close(&rogue);
}

static int fault_in_domain(int value)
{
    assert_int_equal(call_words("read_word", NULL, 0, 0, 0, 0), OG_FAULTED);
    assert_works_after_reset();
    return value;
}

static void a_domain_faults_inside_a_modules_call(void **state)
{
    struct rogue_called callback = {0};
    int number = 0;
    (void)state;
    ASSERT_DONE(rogue_open(&rogue, NULL, &fault));
    ASSERT_DONE(rogue_called_open(&rogue, &callback, fault_in_domain, NULL, &fault));
    ASSERT_DONE(call_rogue_call(&rogue, &number, &callback, 4, &fault));
    assert_int_equal(number, 5);
    both_fail();
    rogue_close(&rogue);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_after_a_domain),
        cmocka_unit_test(a_domain_after_a_module),
        cmocka_unit_test(a_domain_faults_inside_a_modules_call),
    };
    return run_mpk_tests(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
