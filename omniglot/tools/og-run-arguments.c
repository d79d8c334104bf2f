/* og-run's arguments: parsed before there is a domain, then lent to it. */
#include "og-run-arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum og_error bad(struct og_fault *fault, const char *text, const char *why)
{
    return og_fail(fault, OG_BAD_ARGUMENT, text, 0, why);
}

static bool begins(const char *text, const char *with)
{
    return !strncmp(text, with, strlen(with));
}

/* Reads an integer of 64 bits, with a sign or without. False: it is none; *fits: or a larger one.
 */
static bool parse_integer(const char *text, uintptr_t *value, bool *fits)
{
    char *end;
    errno = 0;
    *value = text[0] == '-' ? (uintptr_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
    *fits = errno != ERANGE;
    return end != text && !*end && text[0] != ' ';
}

static enum og_error read_file(struct run_argument *argument, const char *text, const char *path,
                               struct og_fault *fault)
{
    size_t capacity = 0, got = 0;
    FILE *file = fopen(path, "rb");
    if (!file)
        return bad(fault, text, strerror(errno));
    do {
        argument->size += got;
        if (argument->size == capacity) {
            capacity = capacity ? 2 * capacity : 65536;
            unsigned char *larger = realloc(argument->file, capacity);
            if (!larger)
                break;
            argument->file = larger;
        }
        got = fread(argument->file + argument->size, 1, capacity - argument->size, file);
    } while (got);
    bool failed = ferror(file) || argument->size == capacity;
    fclose(file);
    argument->kind = RUN_BYTES;
    argument->bytes = argument->file;
    return failed ? bad(fault, text, "the file cannot be read") : OG_OK;
}

static enum og_error parse_one(struct run_argument *argument, const char *text,
                               struct og_fault *fault)
{
    bool fits;
    char *end;
    *argument = (struct run_argument){.kind = RUN_INTEGER};
    if (begins(text, "str:")) {
        argument->kind = RUN_BYTES;
        argument->bytes = (const unsigned char *)text + 4;
        argument->size = strlen(text + 4);
        return OG_OK;
    }
    if (begins(text, "file:"))
        return read_file(argument, text, text + 5, fault);
    if (begins(text, "buf:")) {
        argument->kind = RUN_BUFFER;
        if (text[4] == '-' || !parse_integer(text + 4, &argument->size, &fits) || !fits ||
            !argument->size)
            return bad(fault, text, "buf: takes a number of bytes, from 1");
        return OG_OK;
    }
    if (parse_integer(text, &argument->integer, &fits))
        return fits ? OG_OK : bad(fault, text, "it does not fit 64 bits");
    argument->kind = RUN_FLOAT;
    argument->floating = strtod(text, &end);
    if (end == text || *end || text[0] == ' ')
        return bad(fault, text, "no integer, float, str:TEXT, file:PATH or buf:N");
    return OG_OK;
}

enum og_error run_arguments_parse(struct run_arguments *arguments, char **texts,
                                  struct og_fault *fault)
{
    size_t integers = 0, floats = 0;
    memset(arguments, 0, sizeof(*arguments));
    for (; *texts; texts++) {
        struct run_argument argument;
        enum og_error error = parse_one(&argument, *texts, fault);
        size_t *count = argument.kind == RUN_FLOAT ? &floats : &integers;
        if (!error && *count == (argument.kind == RUN_FLOAT ? RUN_FLOATS : RUN_INTEGERS))
            error = bad(fault, *texts,
                        argument.kind == RUN_FLOAT ? "more than 8 floats"
                                                   : "more than 12 integers and pointers");
        if (error) {
            free(argument.file);
            return error;
        }
        ++*count;
        arguments->given[arguments->count++] = argument;
    }
    return OG_OK;
}

void run_arguments_close(struct run_arguments *arguments)
{
    for (size_t i = 0; i < arguments->count; i++)
        free(arguments->given[i].file);
    arguments->count = 0;
}

/* Copies or makes the memory behind one pointer; NULL and *fault if there is no room. */
static unsigned char og_mut *lend(struct run_arguments *arguments,
                                  const struct run_argument *argument, struct og_scope *scope,
                                  struct og_fault *fault) OG_REQUIRES(scope->access);
static unsigned char og_mut *lend(struct run_arguments *arguments,
                                  const struct run_argument *argument, struct og_scope *scope,
                                  struct og_fault *fault)
{
    bool buffer = argument->kind == RUN_BUFFER;
    unsigned char og_mut *memory = og_alloc(scope, unsigned char, argument->size + !buffer, fault);
    if (memory && buffer)
        arguments->buffers[arguments->buffer_count++] = (struct run_buffer){memory, argument->size};
    else if (memory &&
             og_write_array(&scope->access, memory, argument->bytes, argument->size, fault))
        memory = NULL;
    return memory;
}

enum og_error run_arguments_lend(struct run_arguments *arguments, struct og_scope *scope,
                                 struct og_fault *fault)
{
    for (size_t i = 0; i < arguments->count; i++) {
        const struct run_argument *argument = &arguments->given[i];
        if (argument->kind == RUN_FLOAT) {
            arguments->floats[arguments->float_count++] = argument->floating;
            continue;
        }
        uintptr_t value = argument->integer;
        if (argument->kind != RUN_INTEGER) {
            unsigned char og_mut *memory = lend(arguments, argument, scope, fault);
            if (!memory)
                return fault->error;
            value = (uintptr_t)og_pass(memory);
        }
        arguments->integers[arguments->integer_count++] = value;
    }
    return OG_OK;
}
