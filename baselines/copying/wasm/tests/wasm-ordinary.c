/* What ordinary libraries do by the way, in a module: it goes as without a sandbox, or the module
 * hears that it does not; and is not ended by it. */
#include "baselines/copying/wasm/tests/ordinary/ordinary-wasm.h"

#include "omniglot/tests/cmocka-tests.h"

/* WASI's numbers, which are wasi-libc's. */
enum { WASI_EFAULT = 21, WASI_ENOTCAPABLE = 76 };

static const int given[ORDINARY_COUNT] = {
    [ORDINARY_READ_FILE] = WASI_ENOTCAPABLE,
    [ORDINARY_MAKE_FILE] = WASI_ENOTCAPABLE,
};

static void what_ordinary_libraries_do_works_or_is_refused_and_does_not_end_the_module(void **state)
{
    struct ordinary ordinary = {0};
    struct og_fault fault;
    (void)state;
    assert_int_equal(ordinary_open(&ordinary, NULL, &fault), OG_OK);
    for (uint32_t which = 0; which < ORDINARY_COUNT; which++) {
        int got = -1;
        if (call_ordinary_do(&ordinary, &got, which, &fault))
            fail_msg("%u: %s", which, fault.message);
        if (got != given[which])
            fail_msg("%u: got %d, not %d", which, got, given[which]);
    }
    ordinary_close(&ordinary);
}

static void what_is_asked_for_outside_of_the_module_s_memory_is_refused(void **state)
{
    struct ordinary ordinary = {0};
    struct og_fault fault;
    int error = 0;
    uint32_t which = 0;
    (void)state;
    assert_int_equal(ordinary_open(&ordinary, NULL, &fault), OG_OK);
    for (;; which++) {
        assert_int_equal(call_ordinary_ask_outside(&ordinary, &error, which, &fault), OG_OK);
        if (!error)
            break;
        if (error != WASI_EFAULT)
            fail_msg("%u: error %d", which, error);
    }
    assert_int_equal(which, 12);
    ordinary_close(&ordinary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            what_ordinary_libraries_do_works_or_is_refused_and_does_not_end_the_module),
        cmocka_unit_test(what_is_asked_for_outside_of_the_module_s_memory_is_refused),
    };
    return cmocka_run_group_tests_name("wasm-ordinary", tests, NULL, NULL);
}
