/* Selecting cases, grouping them, the errors that list what is valid, and the
 * command line. Runs over the fake tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench/harness/available.h"
#include "bench/harness/groups.h"
#include "bench/harness/options.h"

static void make(struct groups *groups, struct selection selection)
{
    struct failure failure = {""};
    if (!groups_make(groups, &workload_tables, &selection, &failure))
        fail_msg("%s", failure.text);
}

static void assert_refused(struct selection selection, const char *const *parts)
{
    struct groups groups;
    struct failure failure = {""};
    assert_false(groups_make(&groups, &workload_tables, &selection, &failure));
    for (; *parts; parts++)
        if (!strstr(failure.text, *parts))
            fail_msg("\"%s\" does not hold \"%s\"", failure.text, *parts);
    groups_free(&groups);
}

#define PARTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void group_holds_one_operation_through_its_systems(void **state)
{
    (void)state;
    struct groups groups;
    make(&groups, (struct selection){.systems = "raw,same"});
    assert_int_equal(groups.count, 6);
    assert_string_equal(groups.items[0].operation, "reverse");
    assert_int_equal(groups.items[0].size, 16);
    assert_int_equal(groups.items[0].count, 2);
    assert_string_equal(groups.items[0].members[0].table->system, "raw");
    assert_string_equal(groups.items[0].members[1].table->system, "same");
    groups_free(&groups);
}

static void what_is_entered_again_has_the_same_case_under_another_name(void **state)
{
    (void)state;
    struct groups groups;
    struct failure failure = {""};
    make(&groups, (struct selection){.systems = "raw,same", .filter = "reverse"});
    const size_t before = groups.items[0].count;
    assert_true(groups_again(&groups, &workload_tables, NULL, &failure));
    assert_int_equal(groups.items[0].count, before);
    assert_true(groups_again(&groups, &workload_tables, "raw", &failure));
    assert_int_equal(groups.items[0].count, before + 1);
    const struct group_member *once = &groups.items[0].members[0];
    const struct group_member *twice = &groups.items[0].members[before];
    assert_string_equal(once->table->system, "raw");
    assert_string_equal(twice->table->system, "raw-again");
    assert_ptr_equal(once->item, twice->item);
    assert_false(group_member_is_again(once));
    assert_true(group_member_is_again(twice));
    assert_false(groups_again(&groups, &workload_tables, "nothing", &failure));
    groups_free(&groups);
}

static void placements_are_groups_of_their_own(void **state)
{
    (void)state;
    struct groups groups;
    make(&groups, (struct selection){.systems = "raw", .filter = "/64"});
    assert_int_equal(groups.count, 2);
    assert_int_equal(groups.items[0].placement, PLACEMENT_COPIED);
    assert_int_equal(groups.items[1].placement, PLACEMENT_RESIDENT);
    groups_free(&groups);
}

static void cases_above_the_size_limit_are_left_out(void **state)
{
    (void)state;
    struct groups groups;
    make(&groups, (struct selection){.systems = "raw", .size_limit = 63});
    for (size_t i = 0; i < groups.count; i++)
        assert_true(groups.items[i].size < 64);
    assert_true(groups.count > 0);
    groups_free(&groups);
    assert_refused((struct selection){.filter = "/64", .size_limit = 63},
                   PARTS("no case matches", "at most 63 bytes"));
}

static bool all_but_same(const char *system, struct case_error *why)
{
    if (strcmp(system, "same"))
        return true;
    snprintf(why->message, sizeof(why->message), "it is a test");
    return false;
}

static void a_system_that_cannot_run_here_is_left_out(void **state)
{
    (void)state;
    const struct workload_tables all = {
        .items = workload_tables.items, .count = workload_tables.count, .can_run = all_but_same};
    struct workload_tables here;
    struct failure failure;
    assert_true(available_tables(&here, &all, &failure));
    assert_true(here.count > 0 && here.count < all.count);
    for (size_t i = 0; i < here.count; i++)
        assert_string_not_equal(here.items[i]->system, "same");
    available_free(&here);
}

static void raw_is_compared_with_even_when_it_is_not_selected(void **state)
{
    (void)state;
    struct groups groups;
    make(&groups, (struct selection){.systems = "same", .filter = "reverse/same/16$"});
    assert_int_equal(groups.count, 1);
    assert_int_equal(groups.items[0].count, 1);
    assert_non_null(groups.items[0].raw.item);
    assert_string_equal(groups.items[0].raw.table->system, "raw");
    groups_free(&groups);
}

static void names_are_paths_and_say_resident(void **state)
{
    (void)state;
    struct groups groups;
    char name[CASE_NAME_MAX];
    make(&groups, (struct selection){.filter = "same/64/resident$"});
    case_name(name, groups.items[0].members[0].table, groups.items[0].members[0].item);
    assert_string_equal(name, "fake/reverse/same/64/resident");
    groups_free(&groups);
}

static void unknown_system_lists_the_valid_ones(void **state)
{
    (void)state;
    assert_refused(
        (struct selection){.systems = "raw,rwa"},
        PARTS("no system \"rwa\"", "raw, same, wrong, broken, failing, short, tiring, stopping"));
}

static void unknown_workload_lists_the_valid_ones(void **state)
{
    (void)state;
    assert_refused((struct selection){.workloads = "fak"}, PARTS("no workload \"fak\"", ": fake"));
}

static void filter_that_matches_nothing_lists_the_valid_names(void **state)
{
    (void)state;
    assert_refused((struct selection){.filter = "sha512"},
                   PARTS("\"sha512\"", "fake/reverse fake/timed", "raw, same"));
}

static void malformed_filter_is_refused_with_its_reason(void **state)
{
    (void)state;
    assert_refused((struct selection){.filter = "(sha"}, PARTS("\"(sha\"", "regular expression: "));
}

static void assert_table_refused(const struct workload_table *table, const char *why)
{
    const struct workload_table *const items[] = {table};
    const struct workload_tables tables = {.items = items, .count = 1};
    const struct selection all = {NULL, NULL, NULL, 0};
    struct groups groups;
    struct failure failure = {""};
    assert_false(groups_make(&groups, &tables, &all, &failure));
    assert_non_null(strstr(failure.text, why));
    groups_free(&groups);
}

static void table_with_a_case_twice_is_refused(void **state)
{
    (void)state;
    struct workload_case cases[] = {workload_tables.items[0]->cases[0],
                                    workload_tables.items[0]->cases[0]};
    const struct workload_table table = {"twice", "raw", cases, 2};
    assert_table_refused(&table, "cases 0 and 1 are both reverse, copied, 16 B");
}

static void table_with_a_bad_name_is_refused(void **state)
{
    (void)state;
    struct workload_case item = workload_tables.items[0]->cases[0];
    item.operation = "comma,separated";
    const struct workload_table table = {"named", "raw", &item, 1};
    assert_table_refused(&table, "case 0 of named, raw");
}

static void shuffling_keeps_every_group_and_hangs_on_the_seed_alone(void **state)
{
    (void)state;
    struct groups first, second, plain;
    const struct selection all = {NULL, NULL, NULL, 0};
    make(&first, all);
    make(&second, all);
    make(&plain, all);
    groups_shuffle(&first, 7);
    groups_shuffle(&second, 7);
    size_t moved = 0;
    size_t sum = 0;
    for (size_t i = 0; i < first.count; i++) {
        assert_ptr_equal(first.items[i].members[0].item, second.items[i].members[0].item);
        moved += first.items[i].members[0].item != plain.items[i].members[0].item;
        sum += first.items[i].size;
    }
    assert_true(moved > 0);
    assert_int_equal(sum, 16 + 64 + 256 + 64 + 0 + 16);
    groups_free(&first);
    groups_free(&second);
    groups_free(&plain);
}

static bool parse(struct options *options, struct failure *failure, const char *a, const char *b)
{
    char texts[3][64] = {"og-bench"};
    char *arguments[] = {texts[0], texts[1], b ? texts[2] : NULL, NULL};
    snprintf(texts[1], sizeof(texts[1]), "%s", a);
    snprintf(texts[2], sizeof(texts[2]), "%s", b ? b : "");
    return options_parse(options, b ? 3 : 2, arguments, failure);
}

static void bad_options_are_refused_by_name(void **state)
{
    (void)state;
    static const char *const bad[][3] = {
        {"--no-verify", NULL, "\"--no-verify\""},
        {"stray", NULL, "\"stray\""},
        {"--repetitions", "0", "--repetitions takes"},
        {"--repetitions", "1000", "1 to 999"},
        {"--repetitions", "-1", "--repetitions takes"},
        {"--min-time", "0", "--min-time takes"},
        {"--min-time", "nan", "--min-time takes"},
        {"--min-time", "1s", "--min-time takes"},
        {"--seed", "99999999999999999999", "--seed takes"},
        {"--filter", NULL, "--filter needs a value"},
        {"--seed", "4", "--run-dir DIR is missing"},
        {"--run-dir", "", "--run-dir takes"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct options options;
        struct failure failure = {""};
        assert_false(parse(&options, &failure, bad[i][0], bad[i][1]));
        if (!strstr(failure.text, bad[i][2]))
            fail_msg("\"%s\" does not hold \"%s\"", failure.text, bad[i][2]);
    }
}

static void default_repetitions_are_odd_and_at_least_11(void **state)
{
    (void)state;
    struct options options;
    struct failure failure;
    assert_true(parse(&options, &failure, "--list", NULL));
    assert_true(options.list);
    assert_true(options.repetitions >= 11 && options.repetitions % 2 == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(group_holds_one_operation_through_its_systems),
        cmocka_unit_test(what_is_entered_again_has_the_same_case_under_another_name),
        cmocka_unit_test(placements_are_groups_of_their_own),
        cmocka_unit_test(cases_above_the_size_limit_are_left_out),
        cmocka_unit_test(a_system_that_cannot_run_here_is_left_out),
        cmocka_unit_test(raw_is_compared_with_even_when_it_is_not_selected),
        cmocka_unit_test(names_are_paths_and_say_resident),
        cmocka_unit_test(unknown_system_lists_the_valid_ones),
        cmocka_unit_test(unknown_workload_lists_the_valid_ones),
        cmocka_unit_test(filter_that_matches_nothing_lists_the_valid_names),
        cmocka_unit_test(malformed_filter_is_refused_with_its_reason),
        cmocka_unit_test(table_with_a_case_twice_is_refused),
        cmocka_unit_test(table_with_a_bad_name_is_refused),
        cmocka_unit_test(shuffling_keeps_every_group_and_hangs_on_the_seed_alone),
        cmocka_unit_test(bad_options_are_refused_by_name),
        cmocka_unit_test(default_repetitions_are_odd_and_at_least_11),
    };
    return cmocka_run_group_tests_name("harness-groups", tests, NULL, NULL);
}
