/* See template.h. */
#include "omniglot/bindgen/template.h"

#include "omniglot/bindgen/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

static _Noreturn void fail(const char *why, const char *name, size_t length, const char *text)
{
    fprintf(stderr, "og-bindgen: %s \"%.*s\" of its template \"%s\"\n", why, (int)length, name,
            text);
    exit(2);
}

static const char *value_of(const char *name, size_t length, const char *const parts[],
                            template_default *others)
{
    for (const char *const *part = parts + 1; part[0]; part += 2) {
        if (!part[1])
            fail("nothing is given for the hole", part[0], strlen(part[0]), parts[0]);
        if (strlen(part[0]) == length && !memcmp(part[0], name, length))
            return part[1];
    }
    return others ? others(name, length) : NULL;
}

const char *template_next(const char **at, const char *const parts[], template_default *others,
                          size_t *length)
{
    const char *start = *at;
    if (!*start)
        return NULL;
    if (*start != '$') {
        *length = strcspn(start, "$");
        *at = start + *length;
        return start;
    }
    size_t braces = start[1] == '{';
    const char *name = start + 1 + braces;
    size_t size = strspn(name, letters);
    if (!size || (braces && name[size] != '}'))
        fail("there is no name for the hole", start, strcspn(start, " \n"), parts[0]);
    const char *value = value_of(name, size, parts, others);
    if (!value)
        fail("nothing fills the hole", name, size, parts[0]);
    *at = name + size + braces;
    *length = strlen(value);
    return value;
}

const char *template_fill(const char *const parts[], template_default *others)
{
    size_t length, whole = 0;
    for (const char *at = parts[0]; template_next(&at, parts, others, &length);)
        whole += length;
    char *text = memory_take(whole + 1), *end = text;
    const char *piece;
    for (const char *at = parts[0]; (piece = template_next(&at, parts, others, &length));) {
        memcpy(end, piece, length);
        end += length;
    }
    return text;
}
