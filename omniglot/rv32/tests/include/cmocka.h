/* As much of cmocka as core's unit tests use, for the embedded target, where there is no cmocka:
 * the same test sources run there. */
#ifndef OMNIGLOT_RV32_TESTS_CMOCKA_H
#define OMNIGLOT_RV32_TESTS_CMOCKA_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*test)(void **state);
    int (*setup)(void **state), (*teardown)(void **state);
};

#define cmocka_unit_test_setup_teardown(test, setup, teardown)                                     \
    {                                                                                              \
#test, test, setup, teardown                                                               \
    }

static jmp_buf cmocka_failed;

static inline void cmocka_check(int truth, const char *what, const char *file, int line)
{
    if (truth)
        return;
    printf("# %s:%d: not so: %s\n", file, line, what);
    longjmp(cmocka_failed, 1);
}

#define CMOCKA_CHECK(truth, what)       cmocka_check((truth), what, __FILE__, __LINE__)
#define assert_true(truth)              CMOCKA_CHECK(!!(truth), #truth)
#define assert_int_equal(a, b)          CMOCKA_CHECK((uint64_t)(a) == (uint64_t)(b), #a " == " #b)
#define assert_ptr_equal(a, b)          CMOCKA_CHECK((const void *)(a) == (const void *)(b), #a " == " #b)
#define assert_null(pointer)            CMOCKA_CHECK(!(pointer), "no " #pointer)
#define assert_non_null(pointer)        CMOCKA_CHECK(!!(pointer), #pointer)
#define assert_string_equal(a, b)       CMOCKA_CHECK(!strcmp((a), (b)), #a " is " #b)
#define assert_memory_equal(a, b, size) CMOCKA_CHECK(!memcmp((a), (b), (size)), #a " holds " #b)

static inline int cmocka_run(const struct CMUnitTest *tests, size_t count)
{
    static size_t failures, i; /* they outlive a longjmp */
    printf("1..%u\n", (unsigned)count);
    for (i = 0; i < count; i++) {
        void *state = NULL;
        if (tests[i].setup)
            tests[i].setup(&state);
        int failed = setjmp(cmocka_failed);
        if (!failed)
            tests[i].test(&state);
        failures += failed != 0;
        if (tests[i].teardown)
            tests[i].teardown(&state);
        printf("%sok %u - %s\n", failed ? "not " : "", (unsigned)i + 1, tests[i].name);
    }
    return failures != 0;
}

#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                  \
    ((void)(name), cmocka_run((tests), sizeof(tests) / sizeof((tests)[0])))

#endif
