/* What the MPK runtime costs, in instructions: run in the PKU guest with --icount, where the
 * clock counts them. A regression test: each figure has a ceiling. */
#include "omniglot/omniglot.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CALLS = 10000 };

static int number, failures;

static uint64_t instructions(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void report(const char *what, uint64_t cost, uint64_t ceiling)
{
    number++;
    failures += cost > ceiling;
    printf("%sok %d - %s_costs_at_most_%llu_instructions\n# %llu\n", cost > ceiling ? "not " : "",
           number, what, (unsigned long long)ceiling, (unsigned long long)cost);
}

static int failed(const struct og_fault *fault)
{
    printf("Bail out! %s: %s\n", og_error_name(fault->error), fault->message);
    return 1;
}

/* The same loop around a plain call of the same function, to be subtracted. */
static uint64_t time_calls(void (*function)(void))
{
    uint64_t best = UINT64_MAX;
    for (int round = 0; round < 3; round++) {
        uint64_t start = instructions();
        for (int i = 0; i < CALLS; i++)
            ((const char *(*)(void))function)();
        uint64_t cost = (instructions() - start) / CALLS;
        best = cost < best ? cost : best;
    }
    return best;
}

static int report_calls(struct og_scope *scope, struct og_function *version, void (*plain)(void),
                        struct og_fault *fault) OG_REQUIRES(scope->access);
static int report_calls(struct og_scope *scope, struct og_function *version, void (*plain)(void),
                        struct og_fault *fault)
{
    if (og_invoke_begin(&scope->access, version, fault))
        return 0;
    report("an_empty_call", time_calls(version->entry) - time_calls(plain), 80);
    if (og_function_stack(version, 4 * 8, fault))
        return 0;
    report("a_call_with_four_stacked_words", time_calls(version->entry) - time_calls(plain), 120);
    return !og_invoke_end(&scope->access, fault);
}

int main(int argc, char **argv)
{
    struct og_domain *domain;
    struct og_fault fault = {0};
    struct og_function version;
    struct og_scope scope;
    const struct og_options options = {.isolation = OG_MPK};
    const char *library = argc > 1 ? argv[1] : "libz.so.1";
    void *raw = dlopen(library, RTLD_NOW);
    void (*plain)(void) = raw ? (void (*)(void))dlsym(raw, "zlibVersion") : NULL;
    puts("1..5");
    if (!plain || og_domain_open(&domain, (const char *const[]){library, NULL}, &options, &fault))
        return failed(&fault);
    if (og_domain_close(domain, &fault))
        return failed(&fault);
    uint64_t start = instructions();
    if (og_domain_open(&domain, (const char *const[]){library, NULL}, &options, &fault))
        return failed(&fault);
    report("opening_a_domain_with_zlib", instructions() - start, 20000000);
    if (og_domain_lookup(domain, "zlibVersion", &version, &fault))
        return failed(&fault);
    og_scope_begin(domain, &scope);
    int called = report_calls(&scope, &version, plain, &fault);
    og_scope_end(&scope);
    if (!called)
        return failed(&fault);
    if (og_domain_reset(domain, &fault))
        return failed(&fault);
    og_scope_begin(domain, &scope);
    called = og_alloc(&scope, char, 64 << 10, &fault) != NULL;
    og_scope_end(&scope);
    if (!called)
        return failed(&fault);
    start = instructions();
    if (og_domain_reset(domain, &fault))
        return failed(&fault);
    report("resetting_64_KiB", instructions() - start, 200000);
    start = instructions();
    if (og_domain_close(domain, &fault))
        return failed(&fault);
    report("closing", instructions() - start, 2000000);
    return failures != 0;
}
