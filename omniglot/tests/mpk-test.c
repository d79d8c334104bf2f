#include "mpk-test.h"

#include <dlfcn.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

char library[4096];
static void *raw; /* the same library in the host */
struct og_domain *domain;
struct og_fault fault;
long secret = 4242;

void beside_library(char path[static sizeof(library)], const char *name)
{
    const char *end = strrchr(library, '/');
    snprintf(path, sizeof(library), "%.*s/%s", (int)(end - library), library, name);
}

void *raw_function(const char *name)
{
    void *function = dlsym(raw, name);
    assert_non_null(function);
    return function;
}

void take_signals_back(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        assert_int_equal(og_mpk_signal_adopt(signals[i], &fault), OG_OK);
}

struct og_function boxed_in(struct og_domain *other, const char *name)
{
    struct og_function function;
    take_signals_back();
    assert_int_equal(og_domain_lookup(other, name, &function, &fault), OG_OK);
    return function;
}

struct og_function boxed(const char *name)
{
    return boxed_in(domain, name);
}

struct og_domain *open_another(const char *other_library, const struct og_options *options)
{
    const struct og_options defaults = {.isolation = OG_MPK};
    struct og_domain *other;
    take_signals_back();
    enum og_error error =
        og_domain_open(&other, (const char *const[]){other_library ? other_library : library, NULL},
                       options ? options : &defaults, &fault);
    if (error)
        print_message("%s: %s %s\n", og_error_name(error), fault.message, fault.symbol);
    assert_int_equal(error, OG_OK);
    return other;
}

static int open_domain(void **state)
{
    (void)state;
    const struct og_options options = {.isolation = OG_MPK, .deadline_ms = 1000};
    enum og_error error =
        og_domain_open(&domain, (const char *const[]){library, NULL}, &options, &fault);
    if (error)
        print_message("%s %s: %s\n", og_error_name(error), fault.symbol, fault.message);
    return error != OG_OK;
}

static int close_domain(void)
{
    take_signals_back();
    enum og_error error = og_domain_close(domain, &fault);
    if (error)
        print_message("# the test's domain cannot be closed: %s\n", fault.message);
    return error != OG_OK;
}

enum og_error call_words(const char *name, long *result, long a, long b, long c, long d)
{
    struct og_scope scope;
    long value = 0;
    og_scope_begin(domain, &scope);
    enum og_error error = CALL(scope, boxed(name), value = AS(words *)(a, b, c, d));
    og_scope_end(&scope);
    if (result)
        *result = value;
    return error;
}

void reset(void)
{
    take_signals_back();
    assert_int_equal(og_domain_reset(domain, &fault), OG_OK);
}

void assert_works_after_reset(void)
{
    long result;
    reset();
    assert_int_equal(call_words("count_up", &result, 0, 0, 0, 0), OG_OK);
    assert_int_equal(result, 101);
    reset();
}

/* A test that fails leaves its scopes and domains open, one that succeeds for the library may end
 * the process: each has a process of its own. */
static int run_alone(const char *group, const struct CMUnitTest *test)
{
    int status;
    pid_t child = fork();
    if (!child)
        exit(_cmocka_run_group_tests(group, test, 1, open_domain, NULL) || close_domain());
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 1;
    if (WIFSIGNALED(status))
        printf("not ok 1 - %s\n# killed: %s\n", test->name, strsignal(WTERMSIG(status)));
    return status != 0;
}

int run_mpk_tests(int argc, char **argv, const struct CMUnitTest *tests, size_t count)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc < 2) {
        fprintf(stderr, "usage: %s FOLDER-OF-libogattack.so [TEST]\n", argv[0]);
        return 2;
    }
    snprintf(library, sizeof(library), "%s/libogattack.so", argv[1]);
    raw = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!raw) {
        fprintf(stderr, "%s: %s\n", argv[0], dlerror());
        return 2;
    }
    int failed = 0;
    for (size_t i = 0; i < count; i++)
        if (argc < 3 || !fnmatch(argv[2], tests[i].name, 0))
            failed += run_alone(argv[0], &tests[i]);
    return failed != 0;
}
