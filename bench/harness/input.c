/* Reading input files, once for all workloads and systems. */
#include "bench/harness/input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct input *find(const struct input *inputs, size_t count, const char *kind,
                                struct case_error *error)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(inputs[i].kind, kind))
            return &inputs[i];
    snprintf(error->message, sizeof(error->message),
             "inputs.list names no input of the kind \"%s\"", kind);
    return NULL;
}

static bool fail(struct case_error *error, const struct input *input, const char *why)
{
    snprintf(error->message, sizeof(error->message),
             "%s: %s (the Debian package %s ships it: apt-get install --reinstall %s)", input->path,
             why, input->package, input->package);
    return false;
}

/* Reads at most `size` bytes, and tells in *have how many there were; *is_more: more of them. */
static bool read_file(const struct input *input, unsigned char *bytes, size_t size, size_t *have,
                      bool *is_more, struct case_error *error)
{
    FILE *file = fopen(input->path, "rb");
    if (!file)
        return fail(error, input, strerror(errno));
    *have = fread(bytes, 1, size, file);
    *is_more = fgetc(file) != EOF;
    bool failed = ferror(file) != 0;
    int number = errno;
    fclose(file);
    return !failed || fail(error, input, strerror(number));
}

bool input_read(const struct input *inputs, size_t count, const char *kind, unsigned char *bytes,
                size_t size, struct case_error *error)
{
    const struct input *input = find(inputs, count, kind, error);
    size_t have = 0;
    bool is_more;
    if (!input || !read_file(input, bytes, size, &have, &is_more, error))
        return false;
    if (!have && size)
        return fail(error, input, "the file is empty");
    for (size_t i = have; i < size; i++)
        bytes[i] = bytes[i - have];
    return true;
}

bool input_read_whole(const struct input *inputs, size_t count, const char *kind,
                      unsigned char *bytes, size_t size, struct case_error *error)
{
    const struct input *input = find(inputs, count, kind, error);
    size_t have = 0;
    bool is_more;
    if (!input || !read_file(input, bytes, size, &have, &is_more, error))
        return false;
    return (have == size && !is_more) ||
           fail(error, input, "the file has another size than this Debian release's");
}
