/* What the tests of domains over another process share: a domain with a library that attacks, and
 * ways to call it. */
#ifndef OMNIGLOT_PROC_TESTS_PROC_TEST_H
#define OMNIGLOT_PROC_TESTS_PROC_TEST_H

#include "omniglot/omniglot.h"
#include "omniglot/proc/proc.h"
#include "omniglot/tests/cmocka-tests.h"
#include "supported.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct og_domain *domain;
static struct og_fault fault;
static char library[PATH_MAX];
static const struct og_options in_process = {.isolation = OG_PROC};

/* The test library lies beside the folder that this program lies in. */
static inline void find_library(const char *name)
{
    char program[PATH_MAX] = "";
    if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
        abort();
    *strrchr(program, '/') = '\0';
    snprintf(library, sizeof(library), "%.4000s/../lib/%s", program, name);
}

static inline struct og_domain *open_with(const struct og_options *options)
{
    struct og_domain *opened = NULL;
    enum og_error error =
        og_domain_open(&opened, (const char *const[]){library, NULL}, options, &fault);
    if (error)
        fail_msg("%s %s", fault.symbol, fault.message);
    return opened;
}

static inline int open_domain(void **state)
{
    (void)state;
    domain = open_with(&in_process);
    return 0;
}

static inline int close_domain(void **state)
{
    (void)state;
    return og_domain_close(domain, &fault) != OG_OK;
}

static inline struct og_function find(const char *symbol)
{
    struct og_function function;
    assert_int_equal(og_domain_lookup(domain, symbol, &function, &fault), OG_OK);
    return function;
}

typedef long words(long, long, long, long, long, long);

/* Calls `name` with up to six words, in a scope of its own. */
static inline enum og_error call_six(const char *name, long *result, long a, long b, long c, long d,
                                     long e, long f) OG_NO_ANALYSIS
{
    struct og_function function;
    struct og_scope scope;
    enum og_error error = og_domain_lookup(domain, name, &function, &fault);
    if (error)
        return error;
    og_scope_begin(domain, &scope);
    error = og_invoke_begin(&scope.access, &function, &fault);
    if (!error) {
        long returned = ((words *)function.entry)(a, b, c, d, e, f);
        error = og_invoke_end(&scope.access, &fault);
        if (result)
            *result = returned;
    }
    og_scope_end(&scope);
    return error;
}

static inline enum og_error call(const char *name, long *result, long a, long b)
{
    return call_six(name, result, a, b, 0, 0, 0, 0);
}

/* It has to end well. */
static inline long value_of(const char *name, long a, long b)
{
    long result = 0;
    enum og_error error = call(name, &result, a, b);
    if (error)
        fail_msg("%s: %s", name, fault.message);
    return result;
}

static inline void reset(void)
{
    if (og_domain_reset(domain, &fault))
        fail_msg("reset: %s", fault.message);
}

/* After any attack: the host goes on, and the domain works again after its reset. */
static inline void works_after_reset(void)
{
    reset();
    assert_int_equal(value_of("count", 0, 0), 1);
}

static inline struct proc_domain *proc(struct og_domain *of)
{
    return (struct proc_domain *)of;
}

#endif
