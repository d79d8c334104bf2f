/* og-run: calls one function of a library in a domain, and prints its result, or the fault.
 * Status: 0, 3 for a fault, 2 when the call could not be made. */
#include "omniglot/omniglot.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INTEGERS = 6, FLOATS = 8, PATHS = 16, FAULT = 3, USAGE = 2 };

struct buffer {
    unsigned char og_mut *memory;
    size_t size;
};

/* The arguments as registers hold them, and the buffers to be printed after. */
struct arguments {
    uintptr_t integers[INTEGERS];
    double floats[FLOATS];
    size_t integer_count, float_count;
    struct buffer buffers[INTEGERS];
    size_t buffer_count;
};

static void usage(FILE *to)
{
    fprintf(to,
            "usage: og-run [--isolation mpk|none] [--deadline MS] [--allow PATH]... [--float]\n"
            "              LIBRARY FUNCTION [ARG...]\n"
            "  ARG: an integer (12, -3, 0x1f), a float (1.5), str:TEXT, file:PATH (copied in), or\n"
            "       buf:N (N zeroed bytes, printed after); up to 6 integers or pointers, 8 floats\n"
            "  --float: the function returns a double\n");
}

static int fail_with(const struct og_fault *fault)
{
    bool ended = fault->error == OG_FAULTED || fault->error == OG_DEADLINE;
    fprintf(stderr, "og-run: %s%s%s: %s", og_error_name(fault->error), fault->symbol[0] ? " " : "",
            fault->symbol, fault->message);
    if (fault->signal)
        fprintf(stderr, " (%s)", strsignal(fault->signal));
    if (fault->address)
        fprintf(stderr, " at 0x%zx", (size_t)fault->address);
    fputc('\n', stderr);
    return ended ? FAULT : USAGE;
}

/* Copies bytes in, NUL-terminated; false and *fault if there is no room. */
static bool lend(struct og_scope *scope, struct arguments *arguments, const void *bytes,
                 size_t size, struct og_fault *fault) OG_REQUIRES(scope->access);
static bool lend(struct og_scope *scope, struct arguments *arguments, const void *bytes,
                 size_t size, struct og_fault *fault)
{
    unsigned char og_mut *memory = og_alloc(scope, unsigned char, size + 1, fault);
    if (!memory ||
        og_write_array(&scope->access, memory, (const unsigned char *)bytes, size, fault))
        return false;
    arguments->integers[arguments->integer_count++] = (uintptr_t)og_pass(memory);
    return true;
}

static bool lend_file(struct og_scope *scope, struct arguments *arguments, const char *path,
                      struct og_fault *fault) OG_REQUIRES(scope->access);
static bool lend_file(struct og_scope *scope, struct arguments *arguments, const char *path,
                      struct og_fault *fault)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    long size = -1;
    if (file && !fseek(file, 0, SEEK_END))
        size = ftell(file);
    if (size >= 0 && !fseek(file, 0, SEEK_SET))
        bytes = malloc((size_t)size + 1);
    bool read = bytes && fread(bytes, 1, (size_t)size, file) == (size_t)size;
    if (file)
        fclose(file);
    if (!read)
        og_fail(fault, OG_BAD_ARGUMENT, path, 0, "the file cannot be read");
    bool done = read && lend(scope, arguments, bytes, (size_t)size, fault);
    free(bytes);
    return done;
}

static bool take(struct og_scope *scope, struct arguments *arguments, const char *text,
                 struct og_fault *fault) OG_REQUIRES(scope->access);
static bool take(struct og_scope *scope, struct arguments *arguments, const char *text,
                 struct og_fault *fault)
{
    char *end;
    errno = 0;
    long long integer = strtoll(text, &end, 0);
    bool is_integer = *text && !*end && !errno;
    if (!is_integer && strncmp(text, "str:", 4) && strncmp(text, "file:", 5) &&
        strncmp(text, "buf:", 4)) {
        double value = strtod(text, &end);
        if (!*text || *end || arguments->float_count == FLOATS) {
            og_fail(fault, OG_BAD_ARGUMENT, text, 0,
                    *end || !*text ? "no integer, float, str:, file: or buf:" : "too many floats");
            return false;
        }
        arguments->floats[arguments->float_count++] = value;
        return true;
    }
    if (arguments->integer_count == INTEGERS) {
        og_fail(fault, OG_BAD_ARGUMENT, text, 0, "more than 6 integers and pointers");
        return false;
    }
    if (is_integer) {
        arguments->integers[arguments->integer_count++] = (uintptr_t)integer;
        return true;
    }
    if (!strncmp(text, "str:", 4))
        return lend(scope, arguments, text + 4, strlen(text + 4), fault);
    if (!strncmp(text, "file:", 5))
        return lend_file(scope, arguments, text + 5, fault);
    unsigned long size = strtoul(text + 4, &end, 0);
    if (!text[4] || *end) {
        og_fail(fault, OG_BAD_ARGUMENT, text, 0, "buf: takes a number of bytes");
        return false;
    }
    struct buffer *buffer = &arguments->buffers[arguments->buffer_count];
    buffer->memory = og_alloc(scope, unsigned char, size, fault);
    buffer->size = size;
    if (!buffer->memory)
        return false;
    arguments->buffer_count++;
    arguments->integers[arguments->integer_count++] = (uintptr_t)og_pass(buffer->memory);
    return true;
}

static void print_buffer(const unsigned char *bytes, size_t size, size_t number)
{
    printf("buffer %zu:", number);
    for (size_t i = 0; i < size; i++)
        printf("%s%02x", i % 32 ? "" : "\n  ", bytes[i]);
    putchar('\n');
}

typedef long integer_function(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
                              double, double, double, double, double, double, double, double);
typedef double float_function(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
                              double, double, double, double, double, double, double, double);

static int call(struct og_scope *scope, const struct og_function *function, bool returns_float,
                char **texts, struct og_fault *fault) OG_REQUIRES(scope->access);
static int call(struct og_scope *scope, const struct og_function *function, bool returns_float,
                char **texts, struct og_fault *fault)
{
    struct arguments arguments = {.integer_count = 0};
    long integer = 0;
    double floating = 0;
    const uintptr_t *i = arguments.integers;
    const double *f = arguments.floats;
    for (; *texts; texts++)
        if (!take(scope, &arguments, *texts, fault))
            return fail_with(fault);
    if (og_invoke_begin(&scope->access, function, fault))
        return fail_with(fault);
    if (returns_float)
        floating = ((float_function *)function->entry)(i[0], i[1], i[2], i[3], i[4], i[5], f[0],
                                                       f[1], f[2], f[3], f[4], f[5], f[6], f[7]);
    else
        integer = ((integer_function *)function->entry)(i[0], i[1], i[2], i[3], i[4], i[5], f[0],
                                                        f[1], f[2], f[3], f[4], f[5], f[6], f[7]);
    if (og_invoke_end(&scope->access, fault))
        return fail_with(fault);
    if (returns_float)
        printf("%.17g\n", floating);
    else
        printf("%ld (0x%lx)\n", integer, (unsigned long)integer);
    for (size_t n = 0; n < arguments.buffer_count; n++) {
        const struct buffer *buffer = &arguments.buffers[n];
        unsigned char *copy = malloc(buffer->size + 1);
        if (!copy || og_read_array(&scope->access, buffer->memory, copy, buffer->size, fault)) {
            free(copy);
            return fail_with(fault);
        }
        print_buffer(copy, buffer->size, n + 1);
        free(copy);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct og_options options = {.isolation = og_mpk_supported(NULL) ? OG_NONE : OG_MPK};
    const char *paths[PATHS + 1] = {NULL};
    struct og_fault fault = {0};
    size_t path_count = 0;
    bool returns_float = false;
    int at = 1;
    for (; at < argc && !strncmp(argv[at], "--", 2); at++) {
        const char *option = argv[at], *value = at + 1 < argc ? argv[at + 1] : NULL;
        if (!strcmp(option, "--help")) {
            usage(stdout);
            return 0;
        }
        if (!strcmp(option, "--float")) {
            returns_float = true;
            continue;
        }
        if (!strcmp(option, "--isolation") && value && !strcmp(value, "mpk")) {
            options.isolation = OG_MPK;
        } else if (!strcmp(option, "--isolation") && value && !strcmp(value, "none")) {
            options.isolation = OG_NONE;
        } else if (!strcmp(option, "--deadline") && value && atoi(value) > 0) {
            options.deadline_ms = (unsigned)atoi(value);
        } else if (!strcmp(option, "--allow") && value && path_count < PATHS) {
            paths[path_count++] = value;
        } else {
            fprintf(stderr, "og-run: %s%s%s: no such option or value; see --help\n", option,
                    value ? " " : "", value ? value : "");
            return USAGE;
        }
        at++;
    }
    if (argc - at < 2) {
        usage(stderr);
        return USAGE;
    }
    options.readable_paths = paths;
    struct og_domain *domain;
    struct og_function function;
    struct og_scope scope;
    if (og_domain_open(&domain, (const char *const[]){argv[at], NULL}, &options, &fault) ||
        og_domain_lookup(domain, argv[at + 1], &function, &fault))
        return fail_with(&fault);
    og_scope_begin(domain, &scope);
    int status = call(&scope, &function, returns_float, argv + at + 2, &fault);
    og_scope_end(&scope);
    if (og_domain_close(domain, &fault) && !status)
        status = fail_with(&fault);
    return status;
}
