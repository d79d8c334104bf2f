/* Which isolation a domain gets: over runtimes of this test's own, so that each can be there or
 * not. */
#include "cmocka-tests.h"
#include "omniglot/omniglot.h"
#include "omniglot/runtime.h"

#include <stdbool.h>
#include <string.h>

static const struct og_runtime og_runtime_mpk, og_runtime_pmp, og_runtime_none;
static struct og_fault fault;
static bool has_mpk, has_pmp;
static unsigned opened; /* domains */
static struct og_domain *domain = NULL;
static const char *const names[] = {"libz.so.1", NULL};

static enum og_error open_in(const struct og_runtime *runtime, struct og_domain **result)
{
    static struct og_domain only;
    only.runtime = runtime;
    *result = &only;
    opened++;
    return OG_OK;
}

#define FAKE_RUNTIME(runtime)                                                                      \
    static enum og_error open_##runtime(struct og_domain **result, const char *const *libraries,   \
                                        const struct og_options *options, struct og_fault *why)    \
    {                                                                                              \
        (void)libraries, (void)options, (void)why;                                                 \
        return open_in(&og_runtime_##runtime, result);                                             \
    }
FAKE_RUNTIME(mpk)
FAKE_RUNTIME(pmp)
FAKE_RUNTIME(none)

static enum og_error mpk_supported(struct og_fault *why)
{
    return has_mpk ? OG_OK : og_fail(why, OG_UNSUPPORTED, NULL, 0, "no keys here");
}

static enum og_error pmp_supported(struct og_fault *why)
{
    return has_pmp ? OG_OK : og_fail(why, OG_UNSUPPORTED, NULL, 0, "no such unit here");
}

static const struct og_runtime og_runtime_mpk = {
    .name = "mpk", .open = open_mpk, .isolation = OG_MPK, .supported = mpk_supported};
static const struct og_runtime og_runtime_pmp = {
    .name = "pmp", .open = open_pmp, .isolation = OG_PMP, .supported = pmp_supported};
static const struct og_runtime og_runtime_none = {
    .name = "none", .open = open_none, .isolation = OG_NONE};
const struct og_runtime *const og_runtimes[] = {&og_runtime_mpk, &og_runtime_pmp, &og_runtime_none,
                                                NULL};

static int start(void **state)
{
    (void)state;
    has_mpk = has_pmp = true;
    opened = 0;
    domain = NULL;
    return 0;
}

static enum og_error open_with(enum og_isolation isolation)
{
    const struct og_options options = {.isolation = isolation};
    return og_domain_open(&domain, names, &options, &fault);
}

static void a_domain_that_names_no_isolation_gets_the_best(void **state)
{
    (void)state;
    const struct og_options zero = {0};
    assert_int_equal(og_domain_open(&domain, names, &zero, &fault), OG_OK);
    assert_int_equal(og_domain_isolation(domain), OG_MPK);
    assert_int_equal(og_domain_open(&domain, names, NULL, &fault), OG_OK);
    assert_int_equal(og_domain_isolation(domain), OG_MPK);
}

static void what_this_machine_lacks_is_passed_over(void **state)
{
    (void)state;
    has_mpk = false;
    assert_int_equal(open_with(OG_BEST), OG_OK);
    assert_int_equal(og_domain_isolation(domain), OG_PMP);
}

static void where_nothing_isolates_no_domain_is_opened_and_the_first_reason_is_told(void **state)
{
    (void)state;
    has_mpk = has_pmp = false;
    assert_int_equal(open_with(OG_BEST), OG_UNSUPPORTED);
    assert_string_equal(fault.message, "no keys here; name OG_NONE to go without");
    assert_null(domain);
    assert_int_equal(opened, 0);
    assert_int_equal(og_domain_open(&domain, names, NULL, NULL), OG_UNSUPPORTED);
}

static void whether_an_isolation_is_to_be_had_is_told_without_opening_it(void **state)
{
    (void)state;
    has_mpk = false;
    assert_int_equal(og_isolation_supported(OG_MPK, &fault), OG_UNSUPPORTED);
    assert_string_equal(fault.message, "no keys here");
    assert_int_equal(og_isolation_supported(OG_PMP, &fault), OG_OK);
    assert_int_equal(og_isolation_supported(OG_NONE, &fault), OG_OK);
    assert_int_equal(og_isolation_supported(OG_BEST, &fault), OG_OK);
    has_pmp = false;
    assert_int_equal(og_isolation_supported(OG_BEST, NULL), OG_UNSUPPORTED);
    assert_int_equal(og_isolation_supported((enum og_isolation)77, NULL), OG_UNSUPPORTED);
    assert_int_equal(opened, 0);
}

static void none_is_what_one_gets_who_names_it(void **state)
{
    (void)state;
    assert_int_equal(open_with(OG_NONE), OG_OK);
    assert_int_equal(og_domain_isolation(domain), OG_NONE);
}

static void an_isolation_that_is_none_is_refused_with_those_that_are(void **state)
{
    (void)state;
    assert_int_equal(open_with((enum og_isolation)77), OG_UNSUPPORTED);
    assert_string_equal(fault.message,
                        "this build has no such isolation: there are best, mpk, pmp, none");
    assert_null(domain);
}

static void isolations_are_known_by_their_names(void **state)
{
    (void)state;
    static const enum og_isolation isolations[] = {OG_BEST, OG_NONE, OG_MPK, OG_PMP};
    for (size_t i = 0; i < sizeof(isolations) / sizeof(isolations[0]); i++) {
        enum og_isolation found = OG_BEST;
        const char *name = og_isolation_name(isolations[i]);
        assert_int_equal(og_isolation_by_name(&found, name, &fault), OG_OK);
        assert_int_equal(found, isolations[i]);
    }
    assert_string_equal(og_isolation_name((enum og_isolation)77), "?");
}

static void a_wrong_name_is_refused_with_the_names_there_are(void **state)
{
    (void)state;
    enum og_isolation found = OG_NONE;
    assert_int_equal(og_isolation_by_name(&found, "wasm", &fault), OG_BAD_ARGUMENT);
    assert_string_equal(fault.symbol, "wasm");
    assert_non_null(strstr(fault.message, "best, mpk, pmp, none"));
    assert_int_equal(found, OG_BEST);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, start)
    const struct CMUnitTest tests[] = {
        TEST(a_domain_that_names_no_isolation_gets_the_best),
        TEST(what_this_machine_lacks_is_passed_over),
        TEST(where_nothing_isolates_no_domain_is_opened_and_the_first_reason_is_told),
        TEST(whether_an_isolation_is_to_be_had_is_told_without_opening_it),
        TEST(none_is_what_one_gets_who_names_it),
        TEST(an_isolation_that_is_none_is_refused_with_those_that_are),
        TEST(isolations_are_known_by_their_names),
        TEST(a_wrong_name_is_refused_with_the_names_there_are),
    };
    return cmocka_run_group_tests_name("core-isolation", tests, NULL, NULL);
}
