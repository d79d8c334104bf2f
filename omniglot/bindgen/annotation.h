/* Annotations as omniglot/interface.h leaves them in the syntax tree: "OG_NAME(a, b)". */
#ifndef BINDGEN_ANNOTATION_H
#define BINDGEN_ANNOTATION_H

#include "omniglot/bindgen/report.h"

/* NAME, fewest and most arguments, where it can stand: on a (P)arameter, (F)unction, field
 * or variable (V), or a callback's parameter (C). */
#define ANNOTATIONS(X)                                                                             \
    X(OG_LIBRARY, 2, 5, "V")                                                                       \
    X(OG_IN, 1, 1, "PCV")                                                                          \
    X(OG_OUT, 1, 1, "P")                                                                           \
    X(OG_INOUT, 1, 1, "P")                                                                         \
    X(OG_LENGTH_OF, 1, 1, "P")                                                                     \
    X(OG_SIZE_OF, 1, 1, "P")                                                                       \
    X(OG_STRING, 0, 0, "PC")                                                                       \
    X(OG_STRINGS, 0, 0, "C")                                                                       \
    X(OG_OPTIONAL, 0, 0, "PC")                                                                     \
    X(OG_KEPT, 1, 1, "P")                                                                          \
    X(OG_IN_WINDOW, 1, 1, "P")                                                                     \
    X(OG_OUT_WINDOW, 1, 1, "P")                                                                    \
    X(OG_ABSENT, 0, 0, "P")                                                                        \
    X(OG_OPAQUE, 0, 0, "PCV")                                                                      \
    X(OG_USER, 0, 0, "PC")                                                                         \
    X(OG_RETURNS_HANDLE, 1, 1, "F")                                                                \
    X(OG_HANDLE, 1, 1, "P")                                                                        \
    X(OG_HANDLE_END, 1, 1, "P")                                                                    \
    X(OG_OBJECT_NEW, 1, 1, "P")                                                                    \
    X(OG_OBJECT, 1, 1, "P")                                                                        \
    X(OG_OBJECT_END, 1, 1, "P")                                                                    \
    X(OG_FIELDS, 0, 0, "P")                                                                        \
    X(OG_SET, 1, 16, "P")                                                                          \
    X(OG_GET, 1, 16, "P")                                                                          \
    X(OG_IN_WINDOW_FIELDS, 2, 2, "P")                                                              \
    X(OG_OUT_WINDOW_FIELDS, 2, 2, "P")                                                             \
    X(OG_RETURNS, 1, 16, "F")                                                                      \
    X(OG_SUCCESS, 1, 16, "F")                                                                      \
    X(OG_BY_NAME, 0, 0, "F")                                                                       \
    X(OG_RANGE, 2, 2, "PCFV")                                                                      \
    X(OG_FIELD, 2, 2, "V")                                                                         \
    X(OG_VALIDATE, 1, 1, "V")                                                                      \
    X(OG_CALLED_BACK, 0, 0, "F")                                                                   \
    X(OG_CALLBACK, 1, 1, "P")

enum annotation_name {
#define X(name, least, most, where) name,
    ANNOTATIONS(X)
#undef X
        ANNOTATION_NAMES
};

enum { ANNOTATION_ARGUMENTS = 16 };

struct annotation {
    enum annotation_name name;
    unsigned count;
    const char *arguments[ANNOTATION_ARGUMENTS];
    struct place place;
};

/* Parses `text`, which came from `place`, for a declaration of the kind `where`. Returns
 * false and reports what is wrong: no annotation of ours, unbalanced, too few or too many
 * arguments, an empty one, in a place where it means nothing. */
bool annotation_parse(struct annotation *annotation, const char *text, char where,
                      struct place place);

/* "OG_IN". */
const char *annotation_text(enum annotation_name name);

/* Has it arguments? */
bool annotation_takes(enum annotation_name name);

#endif
