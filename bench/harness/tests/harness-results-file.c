/* results.csv: rows that are kept, torn lines that are dropped, damage that is
 * named by line and column, and a disk that is full. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/harness/results_file.h"
#include "bench/harness/whole_file.h"

#define ROW_16 "x86_64-linux,raw,zlib,inflate,copied,16,measured,ns,1.5000,1.0000,2.0000,21,yes\n"
#define ROW_64 "x86_64-linux,raw,zlib,inflate,copied,64,measured,ns,1.5000,1.0000,2.0000,21,yes\n"
#define HEADER RESULTS_FILE_HEADER "\n"

static char directory[64];
static char path[96];

static int set_up(void **state)
{
    (void)state;
    strcpy(directory, "results-file-test-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof(path), "%s/results.csv", directory);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory); /* fails if a temporary file was left behind */
}

static void put(const char *text)
{
    struct failure failure;
    assert_true(whole_file_replace(path, text, strlen(text), &failure));
}

static void assert_holds(const char *due)
{
    struct failure failure;
    char *text;
    size_t size;
    assert_true(whole_file_read(path, &text, &size, &failure));
    assert_non_null(text);
    assert_string_equal(text, due);
    free(text);
}

static struct results_row row(size_t size)
{
    return (struct results_row){
        .target = "x86_64-linux",
        .system = "raw",
        .workload = "zlib",
        .operation = "inflate",
        .placement = "copied",
        .size = size,
        .kind = "measured",
        .unit = "ns",
        .median = 1.5,
        .ci_low = 1,
        .ci_high = 2,
        .samples = 21,
        .verified = true,
    };
}

static struct results_file *open_results(void)
{
    struct results_file *file;
    struct failure failure = {""};
    if (!results_file_open(&file, directory, &failure))
        fail_msg("%s", failure.text);
    return file;
}

static void add(struct results_file *file, size_t size)
{
    struct results_row rows[] = {row(size)};
    struct failure failure;
    assert_true(results_file_add(file, rows, 1, &failure));
}

static void new_file_holds_the_header_then_the_rows(void **state)
{
    (void)state;
    struct results_file *file = open_results();
    assert_holds(HEADER);
    struct results_row rows[] = {row(16), row(64)};
    struct failure failure;
    assert_true(results_file_add(file, rows, 2, &failure));
    assert_holds(HEADER ROW_16 ROW_64);
    results_file_close(file);
}

static void reopened_file_knows_its_rows_and_no_others(void **state)
{
    (void)state;
    put(HEADER ROW_16);
    struct results_file *file = open_results();
    struct results_row there = row(16);
    struct results_row other_size = row(1);
    struct results_row other_system = row(16);
    other_system.system = "og-none";
    assert_true(results_file_has(file, &there));
    assert_false(results_file_has(file, &other_size));
    assert_false(results_file_has(file, &other_system));
    results_file_close(file);
}

static void row_measured_again_replaces_the_old_one(void **state)
{
    (void)state;
    put(HEADER ROW_16 ROW_64);
    struct results_file *file = open_results();
    struct results_row rows[] = {row(16), row(256)};
    rows[0].median = 1.75;
    struct failure failure;
    assert_true(results_file_add(file, rows, 2, &failure));
    assert_holds(HEADER "x86_64-linux,raw,zlib,inflate,copied,16,measured,ns,1.7500,1.0000,2.0000,"
                        "21,yes\n" ROW_64
                        "x86_64-linux,raw,zlib,inflate,copied,256,measured,ns,1.5000,1.0000,2.0000,"
                        "21,yes\n");
    results_file_close(file);
}

static void torn_last_line_is_dropped_at_every_length(void **state)
{
    (void)state;
    for (size_t kept = 0; kept < strlen(ROW_64); kept++) {
        char text[512];
        snprintf(text, sizeof(text), "%s%s%.*s", HEADER, ROW_16, (int)kept, ROW_64);
        put(text);
        results_file_close(open_results());
        assert_holds(HEADER ROW_16);
    }
}

static void torn_header_is_written_again_at_every_length(void **state)
{
    (void)state;
    for (size_t kept = 0; kept < strlen(HEADER); kept++) {
        char text[512];
        snprintf(text, sizeof(text), "%.*s", (int)kept, HEADER);
        put(text);
        results_file_close(open_results());
        assert_holds(HEADER);
    }
}

/* Opening must fail, say where, and leave the file alone. */
static void assert_damaged(const char *text, const char *where)
{
    struct results_file *file;
    struct failure failure = {""};
    char due[128];
    put(text);
    assert_false(results_file_open(&file, directory, &failure));
    assert_null(file);
    snprintf(due, sizeof(due), "%s:%s: ", path, where);
    if (strncmp(failure.text, due, strlen(due)))
        fail_msg("\"%s\" does not begin with \"%s\"", failure.text, due);
    assert_holds(text);
}

static void damage_is_named_by_file_line_and_column(void **state)
{
    (void)state;
    assert_damaged("no results\n", "1:1");
    assert_damaged("no results", "1:1");
    assert_damaged("target,system,workload;operation\n", "1:23");
    assert_damaged(HEADER "\n", "2:1");
    assert_damaged(HEADER ROW_16 "x86_64-linux,,zlib,inflate,copied,64,measured,ns,1,1,2,21,yes\n",
                   "3:14");
    assert_damaged(HEADER "a,b,c,d,e,-1,measured,ns,1,1,2,21,yes\n" ROW_16, "2:11");
    assert_damaged(HEADER "a,b,c,d,e,1,measured,ns,nan,1,2,21,yes\n", "2:25");
    assert_damaged(HEADER "a,b,c,d,e,1,measured,ns,1.,1,2,21,yes\n", "2:25");
    assert_damaged(HEADER "a,b,c,d,e,1,measured,ns,1,1,2,21,maybe\n", "2:34");
    assert_damaged(HEADER "a,b,c,d,e,1,measured,ns,1,1,2,21\n", "2:33");
    assert_damaged(HEADER "a,b,c,d,e,1,measured,ns,1,1,2,21,yes,more\n", "2:37");
    assert_damaged(HEADER ROW_16 ROW_64 ROW_16, "4:1");
}

static void nul_bytes_are_damage(void **state)
{
    (void)state;
    static const char text[] = HEADER "a,b,c,d,e,1,measured,ns,1,1,2,21,yes\0\n";
    struct results_file *file;
    struct failure failure;
    assert_true(whole_file_replace(path, text, sizeof(text) - 1, &failure));
    assert_false(results_file_open(&file, directory, &failure));
    assert_non_null(strstr(failure.text, "results.csv:2:37: "));
}

/* A file size limit stands in for the full disk: part of the row still fits. */
static void full_disk_is_an_error_and_keeps_earlier_rows(void **state)
{
    (void)state;
    struct results_file *file = open_results();
    add(file, 16);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit limit = before;
    limit.rlim_cur = strlen(HEADER ROW_16) + 10;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    struct results_row fresh[] = {row(64)};
    struct results_row known[] = {row(16), row(64)};
    struct failure failure = {""};
    struct failure again = {""};
    bool added = results_file_add(file, fresh, 1, &failure);
    bool replaced = results_file_add(file, known, 2, &again);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(added);
    assert_non_null(strstr(failure.text, "earlier rows are intact"));
    assert_false(replaced);
    assert_non_null(strstr(again.text, "is intact"));
    assert_holds(HEADER ROW_16);
    assert_false(results_file_has(file, fresh));
    add(file, 64);
    assert_holds(HEADER ROW_16 ROW_64);
    results_file_close(file);
}

static void second_run_in_the_same_directory_is_refused(void **state)
{
    (void)state;
    struct results_file *first = open_results();
    struct results_file *second;
    struct failure failure = {""};
    assert_false(results_file_open(&second, directory, &failure));
    assert_non_null(strstr(failure.text, "another run"));
    results_file_close(first);
    results_file_close(open_results());
}

static void directory_that_cannot_be_made_is_named(void **state)
{
    (void)state;
    struct results_file *file;
    struct failure failure = {""};
    assert_false(results_file_open(&file, "no-such-parent/run", &failure));
    assert_non_null(strstr(failure.text, "no-such-parent/run: the run directory cannot"));
    results_file_close(open_results());
    assert_false(results_file_open(&file, path, &failure));
    assert_non_null(strstr(failure.text, "the run directory cannot be opened"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_file_holds_the_header_then_the_rows),
        TEST(reopened_file_knows_its_rows_and_no_others),
        TEST(row_measured_again_replaces_the_old_one),
        TEST(torn_last_line_is_dropped_at_every_length),
        TEST(torn_header_is_written_again_at_every_length),
        TEST(damage_is_named_by_file_line_and_column),
        TEST(nul_bytes_are_damage),
        TEST(full_disk_is_an_error_and_keeps_earlier_rows),
        TEST(second_run_in_the_same_directory_is_refused),
        TEST(directory_that_cannot_be_made_is_named),
    };
    const char *place = getenv("TMPDIR");
    if (chdir(place ? place : "/tmp"))
        return 1;
    return cmocka_run_group_tests_name("harness-results-file", tests, NULL, NULL);
}
