/* og-run: calls one function of a library in a domain, and prints its result, or the fault.
 * Status: 0; 3 for a fault, or a deadline that has passed; 2 when the call could not be made. */
#include "og-run-arguments.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATHS = 16, REGISTERS = 6, FAULT = 3, USAGE = 2 };

struct command {
    struct og_options options;
    const char *paths[PATHS + 1];
    size_t path_count;
    bool returns_float, help;
    const char *library, *function;
    char **arguments;
};

static const char usage[] =
    "usage: og-run [OPTION]... LIBRARY FUNCTION [ARG...]\n"
    "Calls FUNCTION of LIBRARY (a soname or a path) in a domain and prints what it returns.\n"
    "  --isolation NAME  one that og-doctor lists. best: the best that this machine has, which is\n"
    "                    the default; where nothing isolates, nothing is called. none: not\n"
    "                    isolated at all: what the library does is done to og-run\n"
    "  --deadline MS     the call ends after MS milliseconds, as a fault (mpk, proc; default: "
    "never)\n"
    "  --allow PATH      a file, or folder, that the library may read (mpk; up to 16 times)\n"
    "  --float           the function returns a double; default: an integer of 64 bits\n"
    "  --help            this text\n"
    "What the library prints comes to standard error, without what a terminal would obey (mpk, "
    "proc).\n"
    "ARG, up to 12 integers and pointers, and up to 8 floats:\n"
    "  12  -3  0x1f      an integer of up to 64 bits\n"
    "  1.5  1e9  inf     a double\n"
    "  str:TEXT          a pointer to a copy of TEXT, NUL-terminated\n"
    "  file:PATH         a pointer to a copy of the file's bytes, and a NUL\n"
    "  buf:N             a pointer to N zeroed bytes, which are printed after the call\n"
    "Status: 0; 3 when the library faulted, aborted, exited or ran past the deadline: what it "
    "did,\n"
    "where, and whose memory it touched is printed; 2 when the call could not be made.\n";

/* --- the command line --- */

static int misused(const char *what, const char *value, const char *why)
{
    fprintf(stderr, "og-run: %s%s%s: %s; see --help\n", what, value ? " " : "", value ? value : "",
            why);
    return USAGE;
}

/* Takes an option that has a value. 0, or a status. */
static int take_option(struct command *command, const char *option, const char *value)
{
    if (!strcmp(option, "--isolation")) {
        struct og_fault fault;
        if (og_isolation_by_name(&command->options.isolation, value ? value : "", &fault))
            return misused(option, value, fault.message);
    } else if (!strcmp(option, "--deadline")) {
        char *end = NULL;
        unsigned long milliseconds = value ? strtoul(value, &end, 10) : 0;
        if (!value || *end || value[0] == '-' || !milliseconds || milliseconds > UINT_MAX)
            return misused(option, value, "it takes a number of milliseconds, from 1");
        command->options.deadline_ms = (unsigned)milliseconds;
    } else if (!strcmp(option, "--allow")) {
        if (!value || value[0] != '/')
            return misused(option, value, "it takes a path that begins with /");
        if (command->path_count == PATHS)
            return misused(option, value, "more than 16 paths");
        command->paths[command->path_count++] = value;
    } else {
        return misused(option, NULL, "no such option");
    }
    return 0;
}

/* What the library prints is no result of the call. */
static void show(void *user, enum og_stream stream, char *text, size_t size)
{
    (void)user, (void)stream;
    og_output_make_printable(text, size);
    fwrite(text, 1, size, stderr);
}

/* 0, or a status. */
static int parse(struct command *command, int count, char **words)
{
    int at = 1;
    *command = (struct command){.options = {.isolation = OG_BEST, .output = show}};
    for (; at < count && !strncmp(words[at], "--", 2); at++) {
        if (!strcmp(words[at], "--help")) {
            command->help = true;
            return 0;
        }
        if (!strcmp(words[at], "--float")) {
            command->returns_float = true;
            continue;
        }
        int status = take_option(command, words[at], at + 1 < count ? words[at + 1] : NULL);
        if (status)
            return status;
        at++;
    }
    if (count - at < 2)
        return misused(at < count ? words[at] : "nothing to call", NULL,
                       "a library and a function are needed");
    if (command->options.isolation == OG_NONE && command->options.deadline_ms)
        return misused("--deadline", NULL, "without isolation a call cannot be ended");
    command->options.readable_paths = command->paths;
    command->library = words[at];
    command->function = words[at + 1];
    command->arguments = words + at + 2;
    return 0;
}

/* --- what went wrong --- */

/* In words, each line of them after the first set in. */
static int report(struct og_domain *domain, const struct og_fault *fault)
{
    bool ended = fault->error == OG_FAULTED || fault->error == OG_DEADLINE;
    char text[4 * OG_DESCRIPTION];
    og_fault_describe(domain, fault, text, sizeof(text));
    fprintf(stderr, "og-run: %s%s%s: ", og_error_name(fault->error), fault->signal ? ", " : "",
            fault->signal ? strsignal(fault->signal) : "");
    for (const char *at = text; *at; at++) {
        fputc(*at, stderr);
        if (*at == '\n')
            fputs("  ", stderr);
    }
    fputc('\n', stderr);
    return ended ? FAULT : USAGE;
}

/* --- the call --- */

static void print_buffer(const unsigned char *bytes, size_t size, size_t number)
{
    printf("buffer %zu:", number);
    for (size_t i = 0; i < size; i++)
        printf("%s%02x", i % 32 ? "" : "\n  ", bytes[i]);
    putchar('\n');
}

static enum og_error print_buffers(struct og_scope *scope, const struct run_arguments *arguments,
                                   struct og_fault *fault) OG_REQUIRES(scope->access);
static enum og_error print_buffers(struct og_scope *scope, const struct run_arguments *arguments,
                                   struct og_fault *fault)
{
    enum og_error error = OG_OK;
    for (size_t n = 0; n < arguments->buffer_count && !error; n++) {
        const struct run_buffer *buffer = &arguments->buffers[n];
        unsigned char *copy = calloc(buffer->size, 1);
        if (!copy)
            error = og_out_of_memory(fault);
        else
            error = og_read_array(&scope->access, buffer->memory, copy, buffer->size, fault);
        if (!error)
            print_buffer(copy, buffer->size, n + 1);
        free(copy);
    }
    return error;
}

/* As variadic functions, so that these learn how many vector registers are in use: for others it
 * makes no difference (psABI 3.5.7). What follows the sixth integer and the eighth float is on
 * the stack, in order. */
typedef long integer_function(uintptr_t, ...);
typedef double float_function(uintptr_t, ...);

static enum og_error call(struct og_scope *scope, const struct og_function *function,
                          const struct run_arguments *arguments, long *integer, double *floating,
                          struct og_fault *fault) OG_REQUIRES(scope->access);
static enum og_error call(struct og_scope *scope, const struct og_function *function,
                          const struct run_arguments *arguments, long *integer, double *floating,
                          struct og_fault *fault)
{
    const uintptr_t *i = arguments->integers;
    const double *f = arguments->floats;
    enum og_error error = og_invoke_begin(&scope->access, function, fault);
    if (error)
        return error;
    if (floating)
        *floating = ((float_function *)function->entry)(i[0], i[1], i[2], i[3], i[4], i[5], f[0],
                                                        f[1], f[2], f[3], f[4], f[5], f[6], f[7],
                                                        i[6], i[7], i[8], i[9], i[10], i[11]);
    else
        *integer = ((integer_function *)function->entry)(i[0], i[1], i[2], i[3], i[4], i[5], f[0],
                                                         f[1], f[2], f[3], f[4], f[5], f[6], f[7],
                                                         i[6], i[7], i[8], i[9], i[10], i[11]);
    return og_invoke_end(&scope->access, fault);
}

static enum og_error run(struct og_domain *domain, const struct command *command,
                         struct run_arguments *arguments, struct og_fault *fault)
{
    struct og_function function;
    struct og_scope scope;
    long integer = 0;
    double floating = 0;
    enum og_error error = og_domain_lookup(domain, command->function, &function, fault);
    if (error)
        return error;
    og_scope_begin(domain, &scope);
    error = run_arguments_lend(arguments, &scope, fault);
    if (!error && arguments->integer_count > REGISTERS)
        error = og_function_stack(
            &function, (arguments->integer_count - REGISTERS) * sizeof(uintptr_t), fault);
    if (!error)
        error = call(&scope, &function, arguments, &integer,
                     command->returns_float ? &floating : NULL, fault);
    if (!error && command->returns_float)
        printf("%.17g\n", floating);
    else if (!error)
        printf("%ld (0x%lx)\n", integer, (unsigned long)integer);
    if (!error)
        error = print_buffers(&scope, arguments, fault);
    og_scope_end(&scope);
    return error;
}

/* Says that nothing isolates here; nobody's library is then run without having been told so. */
static int refuse(const struct og_fault *why)
{
    fprintf(stderr,
            "og-run: OG_UNSUPPORTED: %s\n  the library was not called; --isolation none calls it "
            "without any isolation\n",
            why->message);
    return USAGE;
}

int main(int argc, char **argv)
{
    struct command command;
    struct run_arguments arguments;
    struct og_fault fault = {0};
    struct og_domain *domain = NULL;
    int status = parse(&command, argc, argv);
    if (status)
        return status;
    if (command.help) {
        fputs(usage, stdout);
        return 0;
    }
    if (run_arguments_parse(&arguments, command.arguments, &fault)) {
        status = report(NULL, &fault);
    } else if (og_domain_open(&domain, (const char *const[]){command.library, NULL},
                              &command.options, &fault)) {
        status = fault.error == OG_UNSUPPORTED ? refuse(&fault) : report(domain, &fault);
    } else if (run(domain, &command, &arguments, &fault)) {
        status = report(domain, &fault);
    }
    run_arguments_close(&arguments);
    if (og_domain_close(domain, &fault) && !status)
        status = report(domain, &fault);
    return status;
}
