/* What a count may be made of: it is measured by what the host has, and no arithmetic on what the
 * library has a say in makes a large number a small one. */
#ifndef BINDGEN_COUNT_H
#define BINDGEN_COUNT_H

#include "omniglot/bindgen/interface.h"
#include <clang-c/Index.h>

/* A count of `parameter`, as an annotation of `function`'s says. */
struct count {
    const struct interface *interface;
    const struct function *function;
    struct parameter *parameter;
    const struct annotation *annotation;
    bool is_callback;
};

/* Reads the compiled expression of the count; reports, at the annotation's place, what it must not
 * be. Fills parameter->is_moving. Returns whether it is sound. */
bool count_check(const struct count *count, CXCursor expression);

#endif
