#include "mpk-test.h"
#include "omniglot/tests/alone.h"

#include <dlfcn.h>
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

struct og_function boxed_in(struct og_domain *other, const char *name)
{
    struct og_function function;
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
    const struct og_options options = {
        .isolation = OG_MPK, .deadline_ms = 1000, .foreign_stack_size = 256 << 10};
    enum og_error error =
        og_domain_open(&domain, (const char *const[]){library, NULL}, &options, &fault);
    if (error)
        print_message("%s %s: %s\n", og_error_name(error), fault.symbol, fault.message);
    return error != OG_OK;
}

static int close_domain(void)
{
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
    assert_int_equal(og_domain_reset(domain, &fault), OG_OK);
}

void assert_exited_well(int status)
{
    if (WIFSIGNALED(status))
        print_message("killed: %s\n", strsignal(WTERMSIG(status)));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

struct usage {
    long mappings, descriptors, resident_kib;
};

static struct usage usage_now(void)
{
    struct usage usage = {.mappings = count_mappings()};
    char text[64];
    for (int i = 0; i < 1024; i++) {
        snprintf(text, sizeof(text), "/proc/self/fd/%d", i);
        usage.descriptors += access(text, F_OK) == 0;
    }
    FILE *file = fopen("/proc/self/statm", "r");
    long size = 0, pages = 0;
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld %ld", &size, &pages), 2);
    fclose(file);
    usage.resident_kib = pages * 4;
    return usage;
}

static bool nothing_was_left(struct usage before)
{
    enum { TOLERATED_KIB = 512 /* the host's own heap */ };
    struct usage after = usage_now();
    bool right = after.mappings <= before.mappings && after.descriptors == before.descriptors &&
                 after.resident_kib <= before.resident_kib + TOLERATED_KIB;
    if (!right)
        print_message("# %ld mappings, %ld descriptors, %ld KiB before; %ld, %ld, %ld after\n",
                      before.mappings, before.descriptors, before.resident_kib, after.mappings,
                      after.descriptors, after.resident_kib);
    return right;
}

bool leaves_nothing(void (*work)(void))
{
    bool left = true;
    for (int tries = 0; tries < 4 && left; tries++) {
        struct usage before = usage_now();
        work();
        left = !nothing_was_left(before);
    }
    return !left;
}

void assert_works_after_reset(void)
{
    long result;
    reset();
    assert_int_equal(call_words("count_up", &result, 0, 0, 0, 0), OG_OK);
    assert_int_equal(result, 101);
    reset();
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
    return run_all_alone(argv[0], tests, count, argc > 2 ? argv[2] : NULL, open_domain,
                         close_domain) != 0;
}
