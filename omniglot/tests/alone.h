/* Each test in a process of its own: one that fails leaves its scopes and domains open, one that
 * succeeds for the library may end the process, and one that hangs is to be told by its name. */
#ifndef OMNIGLOT_TESTS_ALONE_H
#define OMNIGLOT_TESTS_ALONE_H

#include "cmocka-tests.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* OG_TEST_SECONDS is how long one may take; where it is not set, as long as it likes. */
static inline int run_alone(const char *group, const struct CMUnitTest *test,
                            CMFixtureFunction set_up, int (*tear_down)(void))
{
    /* Where a test has been told to have failed; other statuses are not cmocka's own. It ends the
     * process where another thread than the test's fails or faults. */
    enum { FAILED = 99 };
    const char *seconds = getenv("OG_TEST_SECONDS");
    int status;
    pid_t child = fork();
    if (!child) {
        alarm(seconds ? (unsigned)atoi(seconds) : 0);
        bool failed =
            _cmocka_run_group_tests(group, test, 1, set_up, NULL) || (tear_down && tear_down());
        exit(failed ? FAILED : 0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 1;
    if (WIFSIGNALED(status))
        printf("not ok 1 - %s\n# killed: %s\n", test->name, strsignal(WTERMSIG(status)));
    else if (status && WEXITSTATUS(status) != FAILED)
        printf("not ok 1 - %s\n# ended with status %d\n", test->name, WEXITSTATUS(status));
    return status != 0;
}

/* Those that the pattern names; NULL: all. How many fail, and one more if it names none: what was
 * to be tested has another name by now. */
static inline int run_all_alone(const char *group, const struct CMUnitTest *tests, size_t count,
                                const char *pattern, CMFixtureFunction set_up,
                                int (*tear_down)(void))
{
    int failed = 0;
    bool found = !pattern;
    setvbuf(stdout, NULL, _IONBF, 0);
    for (size_t i = 0; i < count; i++) {
        if (pattern && fnmatch(pattern, tests[i].name, 0))
            continue;
        found = true;
        failed += run_alone(group, &tests[i], set_up, tear_down);
    }
    if (!found)
        printf("Bail out! no test is named '%s'\n", pattern);
    return failed + !found;
}

#endif
