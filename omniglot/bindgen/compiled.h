/* Whether the compiler takes an interface file, and what it has against it, in words that say what
 * to do. */
#ifndef BINDGEN_COMPILED_H
#define BINDGEN_COMPILED_H

#include <clang-c/Index.h>
#include <stdbool.h>

/* Reports each error that the compiler found in the file `interface` and in what it includes.
 * Returns whether there is none. */
bool is_compiled(CXTranslationUnit unit, const char *interface);

/* Does the interface file have this text, whatever white space is in it there? */
bool is_in_source(CXTranslationUnit unit, const char *interface, const char *text);

#endif
