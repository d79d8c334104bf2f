/* C types as libclang gives them, in the few classes that stubs tell apart. */
#ifndef BINDGEN_TYPE_H
#define BINDGEN_TYPE_H

#include "omniglot/bindgen/interface.h"
#include <clang-c/Index.h>

/* The type. Enums and structs get their rule in interface->rules. */
const struct type *type_read(struct interface *interface, CXType type);

/* A number that any bytes are: no bool, no enum. */
bool type_is_plain_number(const struct type *type);

/* A string of libclang's, copied. */
const char *type_string(CXString string);

/* The rule of the struct whose spelling that is, or NULL. */
struct rule *type_rule(const struct interface *interface, const char *spelling);

/* Finds out, once all fields are annotated, which structs are plain and which have
 * pointers; reports fields that no rule can describe, where that matters. */
void type_finish_rules(struct interface *interface);

/* Is each number of a value at `offset` where one of its size belongs? In packed structs it may
 * not. */
bool type_is_aligned(const struct type *type, size_t offset);

/* The spelling without what it has of functions that do not return: for the host's own to keep, and
 * no part of a type's name to C. */
const char *type_returning(const char *spelling);

#endif
