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

/* `parts` are the template, then the names of holes each followed by what fills it there, then
 * NULL:
 * {"$kind *$name", "kind", "int", "name", "count", NULL}. What is filled in is not looked at for
 * holes. */

/* The text, which lives as long as memory.h says. */
const char *template_fill(const char *const parts[], template_default *others);

/* The same, piece by piece: returns the next piece after *at, of *length characters, and moves *at
 * on; NULL at the end. *at begins at parts[0]. */
const char *template_next(const char **at, const char *const parts[], template_default *others,
                          size_t *length);

#endif
