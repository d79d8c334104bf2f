/* Tests of the embedded target: TAP on the console. A test is a function; `check` says what has to
 * hold, and a test that failed once goes on no further. */
#ifndef OMNIGLOT_RV32_TESTS_TAP_H
#define OMNIGLOT_RV32_TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>

struct tap_test {
    const char *name;
    void (*run)(void);
};

extern bool tap_failed;

/* Ends the test that is running, as failed, unless `truth`. */
#define check(truth)                                                                               \
    do {                                                                                           \
        if (!(truth)) {                                                                            \
            printf("# %s:%d: not so: %s\n", __FILE__, __LINE__, #truth);                           \
            tap_failed = true;                                                                     \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/* Runs the tests; returns the program's status. */
int tap_run(const struct tap_test *tests, unsigned count);

#define TAP_TEST(name)                                                                             \
    {                                                                                              \
#name, name                                                                                \
    }
#define TAP_COUNT(list) (unsigned)(sizeof(list) / sizeof((list)[0]))

#endif
