/* Templates: what fills their holes, and that nothing comes of one with a hole left. */
#include "omniglot/bindgen/template.h"
#include "omniglot/bindgen/memory.h"
#include "omniglot/bindgen/subject.h"
#include "omniglot/tests/cmocka-tests.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEMPLATE(text, ...) ((struct template){text, TEMPLATE_HOLES(__VA_ARGS__), library})
#define fill(text, ...)     template_fill(&TEMPLATE(text, __VA_ARGS__))

static const char *library(const char *name, size_t length)
{
    return length == 7 && !memcmp(name, "library", length) ? "zlib" : NULL;
}

/* What a process says that fills the template, if it ends as it should. */
static const char *refusal(const struct template *template)
{
    static char said[300];
    int ends[2], status;
    memset(said, 0, sizeof(said));
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (!child) {
        dup2(ends[1], 2);
        template_fill(template);
        _exit(0);
    }
    close(ends[1]);
    for (ssize_t size = 0, more = 1; more > 0; size += more)
        more = read(ends[0], said + size, sizeof(said) - 1 - (size_t)size);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 2);
    return said;
}

#define assert_refused(why, text, ...)                                                             \
    assert_non_null(strstr(refusal(&TEMPLATE(text, __VA_ARGS__)), why))

static void holes_are_filled_by_name(void **state)
{
    (void)state;
    assert_string_equal(fill("$type *$name;", "name", "count", "type", "int"), "int *count;");
    assert_string_equal(fill("struct $library *$library"), "struct zlib *zlib");
    assert_string_equal(fill("no hole"), "no hole");
    assert_string_equal(fill(""), "");
}

static void a_name_ends_with_its_letters(void **state)
{
    (void)state;
    assert_string_equal(fill("$library_open(&$library->instance)"), "zlib_open(&zlib->instance)");
    assert_string_equal(fill("${library}s, $library$library, at_$library[0]"),
                        "zlibs, zlibzlib, at_zlib[0]");
}

static void what_is_given_goes_before_the_subject(void **state)
{
    (void)state;
    assert_string_equal(fill("$library", "library", "png"), "png");
}

static void what_is_filled_in_has_no_holes(void **state)
{
    (void)state;
    assert_string_equal(fill("$one", "one", "$library $"), "$library $");
}

static void a_hole_that_nothing_fills_ends_the_program(void **state)
{
    (void)state;
    assert_refused("nothing fills the hole \"nmae\" of its template \"a $nmae\"", "a $nmae", "name",
                   "x");
}

static void a_hole_that_is_filled_with_nothing_ends_the_program(void **state)
{
    (void)state;
    assert_refused("nothing is given for the hole \"name\"", "$name", "name", NULL);
}

static void a_hole_without_a_name_ends_the_program(void **state)
{
    (void)state;
    assert_refused("there is no name for the hole \"$\"", "a $ b");
    assert_refused("there is no name for the hole", "${library");
    assert_refused("there is no name for the hole", "$Library");
}

static void a_loops_holes_are_empty_outside_of_it(void **state)
{
    (void)state;
    struct type number = {.class = TYPE_INTEGER, .spelling = "int"};
    struct parameter parameters[] = {{.name = "a", .type = &number},
                                     {.name = "b", .type = &number}};
    struct function add = {.name = "add", .result = &number, .parameters = parameters, .count = 2};
    struct interface interface = {.name = "sums", .functions = &add};
    const struct template template = {"$library $function $name ", TEMPLATE_HOLES(), subject_hole};
    const char *text = "";
    subject_begin(&interface);
    each_function(function, &interface) {
        each_parameter(parameter, function)
            text = memory_format("%s%s", text, template_fill(&template));
        assert_non_null(strstr(refusal(&template), "nothing fills the hole \"name\""));
    }
    assert_string_equal(text, "sums add a sums add b ");
    assert_non_null(strstr(refusal(&template), "nothing fills the hole \"function\""));
    memory_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holes_are_filled_by_name),
        cmocka_unit_test(a_name_ends_with_its_letters),
        cmocka_unit_test(what_is_given_goes_before_the_subject),
        cmocka_unit_test(what_is_filled_in_has_no_holes),
        cmocka_unit_test(a_hole_that_nothing_fills_ends_the_program),
        cmocka_unit_test(a_hole_that_is_filled_with_nothing_ends_the_program),
        cmocka_unit_test(a_hole_without_a_name_ends_the_program),
        cmocka_unit_test(a_loops_holes_are_empty_outside_of_it),
    };
    int failed = cmocka_run_group_tests_name("bindgen-template", tests, NULL, NULL);
    memory_free();
    return failed;
}
