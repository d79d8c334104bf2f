/* og-run's arguments: what the texts of the command line mean, and their way into a domain. */
#ifndef OMNIGLOT_TOOLS_OG_RUN_ARGUMENTS_H
#define OMNIGLOT_TOOLS_OG_RUN_ARGUMENTS_H

#include "omniglot/omniglot.h"

#include <stdbool.h>

enum {
    RUN_INTEGERS = 12, /* integers and pointers: six in registers, six on the stack */
    RUN_FLOATS = 8,
    RUN_ARGUMENTS = RUN_INTEGERS + RUN_FLOATS
};

enum run_kind { RUN_INTEGER, RUN_FLOAT, RUN_BYTES, RUN_BUFFER };

struct run_argument {
    enum run_kind kind;
    uintptr_t integer;
    double floating;
    const unsigned char *bytes; /* RUN_BYTES: what is copied in; a NUL follows there */
    size_t size;                /* RUN_BYTES, RUN_BUFFER */
    unsigned char *file; /* of `bytes`, if they were a file's: freed by run_arguments_close */
};

struct run_buffer {
    unsigned char og_mut *memory;
    size_t size;
};

struct run_arguments {
    struct run_argument given[RUN_ARGUMENTS];
    size_t count;
    /* As the call passes them; filled by run_arguments_lend. */
    uintptr_t integers[RUN_INTEGERS];
    double floats[RUN_FLOATS];
    size_t integer_count, float_count;
    struct run_buffer buffers[RUN_INTEGERS];
    size_t buffer_count;
};

/* Reads the texts (NULL-terminated), and the files they name. Returns OG_OK, or OG_BAD_ARGUMENT
 * and the text in fault->symbol. To be closed either way. */
enum og_error run_arguments_parse(struct run_arguments *arguments, char **texts,
                                  struct og_fault *fault);
void run_arguments_close(struct run_arguments *arguments);

/* Copies what is passed by pointer into the scope, whose end frees it. */
enum og_error run_arguments_lend(struct run_arguments *arguments, struct og_scope *scope,
                                 struct og_fault *fault) OG_REQUIRES(scope->access);

#endif
