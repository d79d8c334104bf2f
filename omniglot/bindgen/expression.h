/* Are the expressions in annotations C, over names that exist? The compiler is asked. */
#ifndef BINDGEN_EXPRESSION_H
#define BINDGEN_EXPRESSION_H

#include "omniglot/bindgen/interface.h"
#include <clang-c/Index.h>

/* Compiles each one in a function with the parameters it may name; reports, at the
 * annotation's place, what does not compile. Returns whether all do. */
bool expressions_check(const struct interface *interface, CXIndex index, const char *const *flags,
                       int flag_count);

#endif
