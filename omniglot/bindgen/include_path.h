/* Which -I lets the compiler find a header that it has not found. */
#ifndef BINDGEN_INCLUDE_PATH_H
#define BINDGEN_INCLUDE_PATH_H

/* The header that the compiler's message says is missing, or NULL if that is not what it says. */
const char *include_path_missing(const char *message);

/* A folder that has the header: Omniglot's own, that of the interface file, or one of those that
 * packages put their headers into. NULL if none of these has it. */
const char *include_path_of(const char *header, const char *interface);

#endif
