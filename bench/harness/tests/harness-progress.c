/* Progress lines and the bar, with a clock that the tests turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/harness/progress.h"

static const struct case_group group = {
    .workload = "sodium",
    .operation = "sha256",
    .placement = PLACEMENT_COPIED,
    .size = 4096,
    .count = 2,
};

struct page {
    char *text;
    size_t size;
    FILE *stream;
    struct progress progress;
};

static void begin(struct page *page, bool terminal, unsigned columns, size_t groups)
{
    page->stream = open_memstream(&page->text, &page->size);
    assert_non_null(page->stream);
    progress_begin(&page->progress, page->stream, terminal, columns, groups, 2 * groups, 1000);
}

static void end(struct page *page)
{
    fclose(page->stream);
    free(page->text);
}

static void line_says_where_the_run_stands_and_what_remains(void **state)
{
    (void)state;
    struct page page;
    begin(&page, false, 0, 12);
    progress_group(&page.progress, &group, 1000);
    assert_string_equal(page.text, "[ 1/12] sodium/sha256 copied 4096 B              "
                                   "elapsed 0:00 remaining ?\n");
    progress_done(&page.progress, &group);
    progress_group(&page.progress, &group, 11000);
    assert_non_null(strstr(page.text, "[ 2/12] sodium/sha256 copied 4096 B"));
    assert_non_null(strstr(page.text, "elapsed 0:10 remaining 1:50\n"));
    end(&page);
}

static void lines_come_at_most_once_a_second_and_the_last_always(void **state)
{
    (void)state;
    struct page page;
    begin(&page, false, 0, 100);
    for (unsigned i = 0; i < 100; i++) {
        progress_group(&page.progress, &group, 1000 + 100 * i);
        progress_done(&page.progress, &group);
    }
    size_t lines = 0;
    for (const char *at = page.text; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 11);
    assert_non_null(strstr(page.text, "[100/100]"));
    progress_end(&page.progress, 71000);
    assert_non_null(strstr(page.text, "100 groups done, elapsed 1:10\n"));
    end(&page);
}

static void bar_is_one_line_drawn_over_and_cut_to_the_terminal(void **state)
{
    (void)state;
    struct page page;
    begin(&page, true, 40, 4);
    progress_group(&page.progress, &group, 1000);
    progress_done(&page.progress, &group);
    progress_group(&page.progress, &group, 2000);
    assert_null(strchr(page.text, '\n'));
    const char *second = strrchr(page.text, '\r');
    assert_non_null(strstr(second, "[#####...............] 2/4 sodium/sha25"));
    assert_int_equal(strlen(second), strlen("\r") + 39 + strlen("\033[K"));
    progress_clear(&page.progress);
    assert_string_equal(page.text + page.size - 4, "\r\033[K");
    end(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_says_where_the_run_stands_and_what_remains),
        cmocka_unit_test(lines_come_at_most_once_a_second_and_the_last_always),
        cmocka_unit_test(bar_is_one_line_drawn_over_and_cut_to_the_terminal),
    };
    return cmocka_run_group_tests_name("harness-progress", tests, NULL, NULL);
}
