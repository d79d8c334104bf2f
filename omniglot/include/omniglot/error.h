/* Errors are values. A function that can fail returns enum og_error; what
 * happened, where and why is in a struct og_fault that the caller owns. */
#ifndef OMNIGLOT_ERROR_H
#define OMNIGLOT_ERROR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zero, or why not. The name says it to programs, og_error_text to people. */
enum og_error {
    OG_OK = 0,

    /* Set-up: opening, lookup, resources. */
    OG_UNSUPPORTED,  /* this machine cannot give what was asked for */
    OG_NOT_FOUND,    /* a library or a symbol is missing */
    OG_FORBIDDEN,    /* a library holds an instruction that could undo the isolation */
    OG_NO_MEMORY,    /* the domain's (or the host's) memory is used up */
    OG_BAD_ARGUMENT, /* an argument is out of range, or contradicts another */
    OG_BUSY,         /* a scope is open, or a thread is inside: end it first */
    OG_SYSTEM,       /* the operating system refused; fault->system_error is its errno */

    /* References: a foreign pointer that cannot be upgraded, a scope that cannot be used. */
    OG_NULL,          /* a null pointer where an object is due */
    OG_OUT_OF_BOUNDS, /* not wholly inside memory the domain may read (write) */
    OG_MISALIGNED,    /* not aligned for its type */
    OG_OVERFLOW,      /* count times size does not fit size_t */
    OG_SCOPE,         /* the scope has ended, or a newer one is open */
    OG_WRONG_DOMAIN,  /* a scope, function or callback of another domain */
    OG_BORROWED,      /* writing or invoking while a validated value is being read */
    OG_NOT_READING,   /* validating outside a read section */

    /* Values: bytes that are no value of their type. */
    OG_INVALID,      /* a bool of 2, an enum or integer out of range, malformed UTF-8 */
    OG_UNTERMINATED, /* no NUL within the bound */
    OG_CONTRACT,     /* a call returned a value its interface rules out */

    /* Calls that did not come back as they should. The domain is poisoned until reset. */
    OG_FAULTED,  /* the foreign code faulted, aborted or exited */
    OG_DEADLINE, /* the foreign code ran past its deadline */
    OG_POISONED, /* an earlier call faulted and the domain was not reset since */

    OG_ERROR_COUNT
};

/* What went wrong. The caller owns it, may pass NULL where details do not
 * matter, and reads it only after a function returned something else than OG_OK.
 * Fields that do not apply are 0 or "". */
struct og_fault {
    enum og_error error;
    int signal;        /* OG_FAULTED: the signal, or 0 */
    int system_error;  /* OG_SYSTEM, OG_NO_MEMORY, OG_UNSUPPORTED: errno, where the system refused;
                          otherwise 0 */
    char access;       /* OG_FAULTED: how `address` was touched: 'r', 'w', 'x' (executed); or 0 */
    uintptr_t address; /* the foreign (or code) address it is about */
    uintptr_t instruction; /* OG_FAULTED, OG_DEADLINE: the one it happened at; 0: unknown */
    char symbol[64];       /* the library, function, field or callback it is about. A call that
                              ends with OG_FAULTED or OG_DEADLINE has "": og_fault_describe
                              finds the function; with OG_FORBIDDEN too: `message` has the file */
    char message[160];     /* one sentence for people; no newline */
};

/* The error's name ("OG_MISALIGNED"); "OG_?" for a number that is none. Never NULL. */
const char *og_error_name(enum og_error error);

/* What the error means, in words, without the details. Never NULL. */
const char *og_error_text(enum og_error error);

/* Fills *fault (unless it is NULL) and returns `error`, so that a function can
 * `return og_fail(...)`. `symbol` and `message` may be NULL; longer texts are cut. */
enum og_error og_fail(struct og_fault *fault, enum og_error error, const char *symbol,
                      uintptr_t address, const char *message);

/* The same for OG_NO_MEMORY where it is the host's that is used up, not the domain's. */
enum og_error og_out_of_memory(struct og_fault *fault);

/* The same for OG_SYSTEM: `number` is the errno of what the system refused. Where that is ENOMEM
 * the error is OG_NO_MEMORY. */
enum og_error og_fail_system(struct og_fault *fault, int number, const char *symbol,
                             uintptr_t address, const char *message);

#ifdef __cplusplus
}
#endif

#endif
