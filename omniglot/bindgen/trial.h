/* Whether what is written compiles. */
#ifndef BINDGEN_TRIAL_H
#define BINDGEN_TRIAL_H

#include "omniglot/bindgen/interface.h"

/* Compiles the file that has been written at `path`, with the flags that the interface file was
 * read with. Reports what the compiler has against it, and returns whether that is nothing: a macro
 * of the library's may be one of the stubs' words, and a function of its header one of Omniglot's.
 * Where the flags do not find all that the file includes, nobody can tell: true. */
bool trial_compiles(const struct interface *interface, const char *path);

#endif
