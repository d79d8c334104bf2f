/* Takes "OG_NAME(a, b)" apart. Arguments are C expressions: commas inside parentheses,
 * brackets or literals do not separate. */
#include "omniglot/bindgen/annotation.h"

#include "omniglot/bindgen/memory.h"
#include <ctype.h>
#include <string.h>

static const struct {
    const char *name;
    unsigned least, most;
    const char *where;
} known[ANNOTATION_NAMES] = {
#define X(name, least, most, where) [name] = {#name, least, most, where},
    ANNOTATIONS(X)
#undef X
};

const char *annotation_text(enum annotation_name name)
{
    return known[name].name;
}

bool annotation_takes(enum annotation_name name)
{
    return known[name].least != 0;
}

/* The end of the string or character literal that begins at `at`. */
static const char *skip_literal(const char *at)
{
    char quote = *at++;
    while (*at && *at != quote)
        at += at[0] == '\\' && at[1] ? 2 : 1;
    return *at ? at + 1 : at;
}

/* The end of the argument that begins at `at`: a comma or `)` outside all brackets, or the
 * end of the text. */
static const char *skip_argument(const char *at)
{
    unsigned depth = 0;
    while (*at) {
        if (*at == '"' || *at == '\'') {
            at = skip_literal(at);
            continue;
        }
        if (!depth && (*at == ',' || *at == ')'))
            return at;
        if (strchr("([{", *at))
            depth++;
        else if (depth && strchr(")]}", *at))
            depth--;
        at++;
    }
    return at;
}

static const char *trimmed(const char *start, const char *end)
{
    while (start < end && isspace((unsigned char)*start))
        start++;
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    return memory_copy(start, (size_t)(end - start));
}

/* The arguments after the `(` at `at`. */
static bool parse_arguments(struct annotation *annotation, const char *at)
{
    const char *name = known[annotation->name].name;
    if (known[annotation->name].most == 0)
        return !strcmp(at, "()") || report(annotation->place, "%s takes no argument", name);
    do {
        const char *start = at + 1;
        at = skip_argument(start);
        if (annotation->count == known[annotation->name].most)
            return report(annotation->place, "%s takes no more than %u arguments", name,
                          known[annotation->name].most);
        const char *argument = trimmed(start, at);
        if (!*argument)
            return report(annotation->place, "%s has an empty argument", name);
        annotation->arguments[annotation->count++] = argument;
    } while (*at == ',');
    if (strcmp(at, ")") != 0)
        return report(annotation->place, "%s: its parentheses do not match", name);
    if (annotation->count < known[annotation->name].least)
        return report(annotation->place, "%s takes %u arguments", name,
                      known[annotation->name].least);
    return true;
}

bool annotation_parse(struct annotation *annotation, const char *text, char where,
                      struct place place)
{
    size_t length = strcspn(text, "(");
    *annotation = (struct annotation){.place = place};
    for (unsigned i = 0; i < ANNOTATION_NAMES; i++) {
        if (strlen(known[i].name) != length || strncmp(known[i].name, text, length) != 0)
            continue;
        annotation->name = (enum annotation_name)i;
        if (!strchr(known[i].where, where))
            return where == 'C' && known[i].where[0] == 'P'
                       ? report(
                             place,
                             "%s means nothing in a callback, which carries numbers to the "
                             "host, and what OG_IN and OG_STRING point to, and one number back: "
                             "a library that has the host fill its memory, or pass it on, cannot "
                             "be bound that way; look for a function that takes all data at once",
                             known[i].name)
                       : report(place, "%s means nothing here", known[i].name);
        if (!text[length])
            return report(place, "%s without parentheses", known[i].name);
        return parse_arguments(annotation, text + length);
    }
    return report(place, "\"%.40s\" is no annotation of omniglot/interface.h", text);
}
