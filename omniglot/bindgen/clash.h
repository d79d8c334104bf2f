/* What generated files define, and what else has such a name. */
#ifndef BINDGEN_CLASH_H
#define BINDGEN_CLASH_H

#include "omniglot/bindgen/interface.h"
#include <clang-c/Index.h>

/* Reports each name that the generated files define, of whatever discipline, and that the interface
 * file or what it includes has for something else, or that they would define twice. Returns whether
 * there is none. */
bool clash_check(const struct interface *interface, CXTranslationUnit unit);

#endif
