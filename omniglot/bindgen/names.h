/* What parameters are called in stubs. A parameter's name is the library's to choose, and so are
 * those of its types, functions and constants: in a stub any may meet another, or one of the
 * stub's own. So each file is written twice. The first time parameters have names that nobody else
 * has, and every word of a stub is seen; the second time a parameter is called what the interface
 * file calls it, unless that is one of those words. */
#ifndef BINDGEN_NAMES_H
#define BINDGEN_NAMES_H

#include "omniglot/bindgen/interface.h"

/* A file is written for the first time. */
void names_begin(struct interface *interface);

/* What is written, as it comes, about the function; NULL: about none. */
void names_see(const struct function *function, const char *text, size_t length);

/* It is written: chooses. Returns false, and reports it, where a parameter has to be called
 * something else, and an expression names it by a macro. */
bool names_choose(void);

#endif
