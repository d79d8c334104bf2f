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

static const char *value_of(const char *name, size_t length, const struct template *template)
{
    for (const char *const *hole = template->holes; hole[0]; hole += 2) {
        if (!hole[1])
            fail("nothing is given for the hole", hole[0], strlen(hole[0]), template->text);
        if (strlen(hole[0]) == length && !memcmp(hole[0], name, length))
            return hole[1];
    }
    return template->others ? template->others(name, length) : NULL;
}

const char *template_next(const char **at, const struct template *template, size_t *length)
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
        fail("there is no name for the hole", start, strcspn(start, " \n"), template->text);
    const char *value = value_of(name, size, template);
    if (!value)
        fail("nothing fills the hole", name, size, template->text);
    *at = name + size + braces;
    *length = strlen(value);
    return value;
}

const char *template_fill(const struct template *template)
{
    size_t length, whole = 0;
    for (const char *at = template->text; template_next(&at, template, &length);)
        whole += length;
    char *text = memory_take(whole + 1), *end = text;
    const char *piece;
    for (const char *at = template->text; (piece = template_next(&at, template, &length));) {
        memcpy(end, piece, length);
        end += length;
    }
    return text;
}
