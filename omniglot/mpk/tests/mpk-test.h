/* What the tests of the MPK runtime share: the hostile library, loaded into the host as it is
 * (raw) and into a domain, and ways to call it there. Each test program runs in the PKU guest, or
 * on a machine with protection keys; argv[1] is the folder of the library. */
#ifndef OMNIGLOT_TESTS_MPK_TEST_H
#define OMNIGLOT_TESTS_MPK_TEST_H

#include "omniglot/omniglot.h"
#include "omniglot/tests/cmocka-tests.h"
#include "omniglot/tests/mappings.h"

#include <stdbool.h>

extern char library[4096];       /* the hostile library's path */
extern struct og_domain *domain; /* with it loaded, and a deadline of a second */
extern struct og_fault fault;    /* of the latest call */
extern long secret;              /* 4242, in the host */

/* Runs the tests with `domain` open; the program's main. argv[2] is a filter. */
int run_mpk_tests(int argc, char **argv, const struct CMUnitTest *tests, size_t count);

/* The path of another library in the hostile one's folder. */
void beside_library(char path[static sizeof(library)], const char *name);
/* The function of the library that is loaded as it is. */
void *raw_function(const char *name);
/* The function of the domain's library. */
struct og_function boxed(const char *name);
struct og_function boxed_in(struct og_domain *other, const char *name);
/* Opens another domain with the library, or with this one alone. */
struct og_domain *open_another(const char *other_library, const struct og_options *options);

/* A call through `called`, between begin and end; yields how it ended. */
#define CALL(scope, function, expression)                                                          \
    __extension__({                                                                                \
        struct og_function called = (function);                                                    \
        enum og_error ended = og_invoke_begin(&(scope).access, &called, &fault);                   \
        if (!ended) {                                                                              \
            expression;                                                                            \
            ended = og_invoke_end(&(scope).access, &fault);                                        \
        }                                                                                          \
        ended;                                                                                     \
    })
#define AS(type) ((type)called.entry)

typedef long words(long, long, long, long);

/* Calls `name` with up to four words in the domain. */
enum og_error call_words(const char *name, long *result, long a, long b, long c, long d);
void reset(void);
/* What a child's end was: by itself, with 0. */
void assert_exited_well(int status);
/* What the process has: to see that nothing is left of what came and went. */
/* Does what it does leave nothing behind? What the C library keeps, and pages that the kernel makes
 * large, are no loss: that would be there each time. */
bool leaves_nothing(void (*work)(void));

/* After any attack: the host goes on, the domain works again after reset. */
void assert_works_after_reset(void);

#endif
