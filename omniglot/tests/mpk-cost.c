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

/* The best of a few: the first warms up. Taken of the gate and of a plain call of the same
 * function, and subtracted. */
#define TIME(call)                                                                                 \
    __extension__({                                                                                \
        uint64_t best = UINT64_MAX;                                                                \
        for (int round = 0; round < 3; round++) {                                                  \
            uint64_t start = instructions();                                                       \
            for (int i = 0; i < CALLS; i++)                                                        \
                call;                                                                              \
            uint64_t cost = (instructions() - start) / CALLS;                                      \
            best = cost < best ? cost : best;                                                      \
        }                                                                                          \
        best;                                                                                      \
    })

typedef long ten(long, long, long, long, long, long, long, long, long, long);

static uint64_t time_empty(void (*function)(void))
{
    return TIME(((long (*)(void))function)());
}

static uint64_t time_ten(void (*function)(void))
{
    return TIME(((ten *)function)(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
}

static int report_calls(struct og_scope *scope, struct og_function *count,
                        struct og_function *sum_ten, void *raw, struct og_fault *fault)
    OG_REQUIRES(scope->access);
static int report_calls(struct og_scope *scope, struct og_function *count,
                        struct og_function *sum_ten, void *raw, struct og_fault *fault)
{
    if (og_invoke_begin(&scope->access, count, fault) || og_function_stack(sum_ten, 4 * 8, fault))
        return 0;
    uint64_t empty = time_empty(count->entry) - time_empty((void (*)(void))dlsym(raw, "count_up"));
    uint64_t with_ten = time_ten(sum_ten->entry) - time_ten((void (*)(void))dlsym(raw, "sum_ten"));
    report("an_empty_call", empty, 80);
    report("each_of_ten_integers_times_10", with_ten - empty, 40);
    return !og_invoke_end(&scope->access, fault);
}

int main(int argc, char **argv)
{
    struct og_domain *domain;
    struct og_fault fault = {0};
    struct og_scope scope;
    const struct og_options options = {.isolation = OG_MPK};
    const char *attack = argc > 1 ? argv[1] : "libogattack.so";
    const char *const zlib[] = {"libz.so.1", NULL};
    void *raw = dlopen(attack, RTLD_NOW);
    struct og_function count, sum_ten;
    puts("1..5");
    if (!raw) {
        printf("Bail out! %s\n", dlerror());
        return 1;
    }
    if (og_domain_open(&domain, zlib, &options, &fault) || og_domain_close(domain, &fault))
        return failed(&fault);
    uint64_t start = instructions();
    if (og_domain_open(&domain, zlib, &options, &fault))
        return failed(&fault);
    report("opening_a_domain_with_zlib", instructions() - start, 20000000);
    start = instructions();
    if (og_domain_close(domain, &fault))
        return failed(&fault);
    report("closing", instructions() - start, 2000000);

    if (og_domain_open(&domain, (const char *const[]){attack, NULL}, &options, &fault) ||
        og_domain_lookup(domain, "count_up", &count, &fault) ||
        og_domain_lookup(domain, "sum_ten", &sum_ten, &fault))
        return failed(&fault);
    og_scope_begin(domain, &scope);
    int called = report_calls(&scope, &count, &sum_ten, raw, &fault);
    og_scope_end(&scope);
    if (!called || og_domain_reset(domain, &fault))
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
    if (og_domain_close(domain, &fault))
        return failed(&fault);
    return failures != 0;
}
