/* C text with holes that have names: "struct $library *$library". What is written in a template
 * looks like what comes out of it.
 *
 * A hole is a dollar sign and small letters, so that "$library_open" begins with one of the name
 * "library"; "${name}s" has braces, for where letters follow. A template that has a hole which
 * nothing fills ends the program: it is og-bindgen's own fault, and half a stub is none. */
#ifndef BINDGEN_TEMPLATE_H
#define BINDGEN_TEMPLATE_H

#include <stddef.h>

/* What fills the hole of that name, by default; NULL: nothing does. */
typedef const char *template_default(const char *name, size_t length);

struct template
{
    const char *text;
    const char *const *holes; /* names, each followed by what fills it here; NULL ends them */
    template_default *others;
};

/* The template filled: a text, which lives as long as memory.h says. What is filled in is not
 * looked at for holes. */
const char *template_fill(const struct template *template);

/* The same, piece by piece: returns the next piece after *at, of *length characters, and moves *at
 * on; NULL at the end. *at begins at the text. */
const char *template_next(const char **at, const struct template *template, size_t *length);

/* Holes for a struct template: TEMPLATE_HOLES("name", "count", "type", "int"). */
#define TEMPLATE_HOLES(...) ((const char *const[]){__VA_OPT__(__VA_ARGS__, ) NULL})

#endif
