/* Reading the zlib workload's input files, once for all systems. */
#include "workloads/zlib/input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct input {
    const char *kind;
    const char *package;
    const char *path;
};

#define INPUT(kind, package, path, sha256) {kind, package, path},
static const struct input inputs[] = {
#include "workloads/zlib/inputs.list"
};
#undef INPUT

static const struct input *find(const char *kind)
{
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
        if (!strcmp(inputs[i].kind, kind))
            return &inputs[i];
    return NULL;
}

static bool fail(struct case_error *error, const struct input *input, const char *why)
{
    snprintf(error->message, sizeof(error->message),
             "%s: %s (the Debian package %s ships it: apt-get install --reinstall %s)", input->path,
             why, input->package, input->package);
    return false;
}

bool zlib_input_read(const char *kind, unsigned char *bytes, size_t size, struct case_error *error)
{
    const struct input *input = find(kind);
    if (!input) {
        snprintf(error->message, sizeof(error->message),
                 "inputs.list names no input of the kind \"%s\"", kind);
        return false;
    }
    FILE *file = fopen(input->path, "rb");
    if (!file)
        return fail(error, input, strerror(errno));
    size_t have = fread(bytes, 1, size, file);
    bool failed = ferror(file) != 0;
    int number = errno;
    fclose(file);
    if (failed)
        return fail(error, input, strerror(number));
    if (!have && size)
        return fail(error, input, "the file is empty");
    for (size_t i = have; i < size; i++)
        bytes[i] = bytes[i - have];
    return true;
}
