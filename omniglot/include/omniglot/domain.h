/* A domain is one instance of foreign code with its memory: the loaded libraries, a
 * heap, and the allocations of open scopes. What keeps the code inside is the
 * domain's *isolation*; what the host may do with the memory is the same in all.
 *
 *   OG_BEST   the best of the others that this machine can give, but never OG_NONE: the default
 *   OG_MPK    protection keys (x86-64 Linux): code inside reaches its domain's memory, its
 *             callbacks and a few system calls, and nothing else
 *   OG_PMP    physical memory protection (RISC-V): the same, where there are no system calls
 *   OG_PROC   another process (x86-64 Linux from 5.9 on), whose memory the host has at the same
 *             addresses, and which stands still while the host does not call. A call takes
 *             microseconds. To be named: OG_BEST does not pick it. docs/threat-model-proc.md says
 *             what it promises, and docs/calling-a-library.md which options it has
 *   OG_NONE   nothing keeps it inside: the discipline alone, to measure and to debug
 *
 * Threads: any thread may use a domain, one at a time. A domain is a thread's from its outermost
 * scope's begin to its end; whoever else begins one waits, or is refused (enum og_threads). Behind
 * protection keys each has a foreign stack of its own, and up to 4,096 can have been inside before
 * one has to exit: fewer where addresses or memory are limited, and then they are told. */
#ifndef OMNIGLOT_DOMAIN_H
#define OMNIGLOT_DOMAIN_H

#include "call.h"
#include "parameters.h"
#include "scope.h"
#include "upgrade.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What keeps the code inside: see above. */
enum og_isolation { OG_BEST, OG_NONE, OG_MPK, OG_PMP, OG_PROC };

/* Its name: "best", "none", "mpk", "pmp", "proc"; "?" for one that this build has not. */
const char *og_isolation_name(enum og_isolation isolation);

/* The isolation of that name. OG_OK, or OG_BAD_ARGUMENT and in *fault the names there are. */
enum og_error og_isolation_by_name(enum og_isolation *isolation, const char *name,
                                   struct og_fault *fault) OG_MUST_CHECK;

/* Can this build on this machine give it? OG_OK, or OG_UNSUPPORTED and in *fault the sentence why
 * not. Opens nothing. */
enum og_error og_isolation_supported(enum og_isolation isolation,
                                     struct og_fault *fault) OG_MUST_CHECK;

/* What becomes of a thread that wants to enter while another is inside. */
enum og_threads {
    OG_THREADS_WAIT,  /* it waits for its turn */
    OG_THREADS_REFUSE /* OG_BUSY */
};

/* Sizes that 0 stands for, in bytes; on RV32 the image has its own. */
enum {
    OG_DEFAULT_HEAP = 64 << 20,
    OG_DEFAULT_STACK = 16 << 20,
    OG_DEFAULT_FOREIGN_STACK = 8 << 20
};

/* What foreign code prints to. */
enum og_stream { OG_STANDARD_OUTPUT = 1, OG_STANDARD_ERROR = 2 };

/* Hears what foreign code prints, in the order in which it does: `size` bytes, 1 to 4,096, and a
 * NUL behind them, in a copy that is the function's until it returns. They are what the library has
 * written, control characters and NULs and all; a line or a character of UTF-8 can be in two
 * pieces. og_output_make_printable makes them fit for a terminal or a log.
 *
 * It runs as a callback does: on the stack, in the thread and with the signal mask of the call that
 * is under way, or of og_domain_open (constructors) and og_domain_close (destructors), on the
 * host's time, and counts for callback_limit. It may sleep, take locks that the caller does not
 * hold, call into other domains, fork, be cancelled (the domain is OG_POISONED then), but not leave
 * by longjmp. What it does with this domain is refused (OG_SCOPE, OG_BUSY): the library stands in
 * the middle of its own printf. */
typedef void og_output_function(void *user, enum og_stream stream, char *text, size_t size);

/* Changes to '?' what is no UTF-8 and what a terminal could obey, but for newlines and tabs, which
 * stay: a reader can take a library's line for one of the program's, unless that begins each. */
void og_output_make_printable(char *text, size_t size);

/* How a domain is opened. All zero, or a NULL pointer to it, means the defaults: the library is
 * isolated, or the domain is not opened. To run it without isolation takes naming OG_NONE. */
struct og_options {
    enum og_isolation isolation;
    size_t heap_size;          /* bytes of foreign heap, at most, mappings among them; 0:
                                  OG_DEFAULT_HEAP */
    size_t stack_size;         /* bytes that scopes can allocate at once; 0: OG_DEFAULT_STACK */
    size_t foreign_stack_size; /* bytes of stack for foreign code in each thread (OG_MPK), memory as
                                  it is used: 64 KiB to 1 GiB; 0: OG_DEFAULT_FOREIGN_STACK.
                                  OG_NONE: it is on the host's stack. OG_PMP: the image's stack=;
                                  more is refused */
    size_t locked_size;        /* bytes of its memory that foreign code may have locked at once
                                  (OG_MPK), in whole pages, which count towards the process's
                                  RLIMIT_MEMLOCK: where that is short it is told that it has no more;
                                  0: none. (OG_NONE: as the program) */
    unsigned deadline_ms;      /* how long a call may take (OG_MPK, to about 2 ms, or an eighth of
                                  it where nobody has called for a while, its callbacks not
                                  counted: see callback_limit; OG_PMP, with its callbacks). While
                                  libraries are loaded (OG_MPK), ten seconds or this, whichever is
                                  longer. 0: for ever, constructors and destructors too, which then
                                  can keep og_domain_open and og_domain_close */
    unsigned callback_limit;   /* how often a call may call back (OG_MPK; OG_PMP refuses it): what a
                                  callback takes is the host's time, which no deadline counts. The
                                  next one ends the call with OG_FAULTED. 0: without end, and then a
                                  library that calls back for ever keeps the thread */
    const char *const *readable_paths; /* files, or folders, that foreign code may read (OG_MPK): no
                                          link leads out of a folder, and none is /proc or such.
                                          Each has to be there when the domain is opened: otherwise
                                          OG_BAD_ARGUMENT, and fault->symbol names it.
                                          NULL-terminated; NULL: none */
    const char *const *late_folders;   /* folders whose libraries foreign code may load after
                                          opening (OG_MPK), by dlopen, or the C library's modules of
                                          character sets: those in them, not below. Code is scanned as
                                          that which opening loads, and gone at reset; the host may
                                          read, and not write, in place what lies beside it, the
                                          variables of such a library: 64 MiB for both together.
                                          A soname is looked for where the loader looks, not here:
                                          the library names the path, or has a RUNPATH.
                                          NULL-terminated; NULL: none. (OG_NONE: as the program) */
    const char *const *environment;    /* what foreign code finds by getenv (OG_MPK), as NAME=VALUE:
                                          LANG or TZ, whose files readable_paths may have to name; no
                                          LD_... and no GLIBC_TUNABLES, which are the runtime's.
                                          NULL-terminated, at most 64 of together 16 KiB; NULL: none.
                                          (OG_NONE: the program's own) */
    enum og_threads threads;
    og_output_function *output; /* hears what foreign code prints (OG_MPK); NULL: nobody does, and
                                   the library is told that it was written. (OG_NONE: it goes where
                                   the program's goes. OG_PMP: there is nothing to print to) */
    void *output_user;          /* handed to it */
};

/* Loads `libraries` (sonames or paths, NULL-terminated, at least one) into a new domain. Sonames
 * (no slash) are looked for where the system's libraries are (OG_MPK) or as dlopen does (OG_NONE).
 *
 * Returns OG_OK, or OG_UNSUPPORTED (this build or machine lacks the isolation, or, for OG_BEST, any
 * that isolates: why, and what is left, in fault->message; or the process has protection keys of
 * its own, all of which the first domain behind them takes), OG_NOT_FOUND (a library, or one that
 * it needs, is missing or is no library of this machine; fault->symbol names it), OG_FORBIDDEN
 * (code, the library's or the host's own, holds an instruction that could undo the isolation),
 * OG_BAD_ARGUMENT, OG_NO_MEMORY, OG_SYSTEM. On failure *domain is NULL and nothing is left behind.
 */
enum og_error og_domain_open(struct og_domain **domain, const char *const *libraries,
                             const struct og_options *options,
                             struct og_fault *fault) OG_MUST_CHECK;

/* What keeps the domain's code inside: never OG_BEST, but what that has come to. */
enum og_isolation og_domain_isolation(const struct og_domain *domain);

/* Puts the domain back to where og_domain_open left it: heap and callbacks gone, library
 * data as it was, no longer poisoned. References, functions' and foreign pointers' values
 * from before mean nothing after it; struct og_function stays good.
 *
 * Returns OG_OK, OG_BUSY (a scope is open, of whichever thread; so it is in a callback; it never
 * waits), or OG_SYSTEM or OG_NO_MEMORY: then the domain is poisoned, and can be reset again or
 * closed. */
enum og_error og_domain_reset(struct og_domain *domain, struct og_fault *fault) OG_MUST_CHECK;

/* Unloads the libraries, whose destructors run, and frees everything; callbacks are closed, and
 * neither functions nor foreign pointers of the domain mean anything any more. NULL is fine.
 * Returns OG_OK, or OG_BUSY (a scope is open, or a thread waits to begin one) and the domain is as
 * it was. */
enum og_error og_domain_close(struct og_domain *domain, struct og_fault *fault) OG_MUST_CHECK;

/* Finds an exported function of the domain's libraries, in the order they were named; not
 * one of the libraries that these need. It may run foreign code, the domain's own loader: it enters
 * the domain as a scope does. Returns OG_OK, or OG_NOT_FOUND, OG_BORROWED (in a read section),
 * OG_POISONED or why, OG_BUSY, OG_NO_MEMORY (og_scope_begin; or, behind protection keys, the 4,096
 * entries are used up, two a function of which og_function_takes was told, or a child of fork looks
 * up one that its parent had not), and *function cannot be invoked. */
enum og_error og_domain_lookup(struct og_domain *domain, const char *symbol,
                               struct og_function *function, struct og_fault *fault) OG_MUST_CHECK;

/* Finds an exported object; *address is a foreign pointer like any other. Errors as
 * og_domain_lookup. */
enum og_error og_domain_lookup_data(struct og_domain *domain, const char *symbol,
                                    void og_foreign **address,
                                    struct og_fault *fault) OG_MUST_CHECK;

/* Says what parameters the function has, so that a gate copies those of its arguments that are on
 * the stack, and, behind protection keys, clears the registers that hold none: what the host's code
 * left there is not for the library to see. Scalars only (parameters.h); not for a variadic
 * function, nor for one that takes structs by value. Without this call no stack arguments are
 * copied and no register is cleared. Returns OG_OK, OG_BAD_ARGUMENT (more than 1 KiB of stack),
 * OG_NO_MEMORY. */
enum og_error og_function_takes(struct og_function *function, const struct og_parameter *parameters,
                                size_t count, struct og_fault *fault) OG_MUST_CHECK;

/* Says that the function's arguments take `bytes` of stack. x86-64: those after the sixth integer
 * or eighth float, eight bytes each, and structs passed by value (psABI 3.2.3). RV32: what the
 * first eight words leave. OG_STACK_BYTES (parameters.h) counts them. A gate copies that much of
 * the host's stack; without this call, nothing. Returns OG_OK, OG_BAD_ARGUMENT (more than
 * 1 KiB), OG_NO_MEMORY. */
enum og_error og_function_stack(struct og_function *function, size_t bytes,
                                struct og_fault *fault) OG_MUST_CHECK;

/* Says that the function returns `results` values on the x87 stack (psABI 3.2.3): 1 for a long
 * double, 2 for a complex one. Without this call the gate empties that stack. Returns OG_OK,
 * OG_BAD_ARGUMENT, OG_NO_MEMORY. */
enum og_error og_function_x87(struct og_function *function, unsigned results,
                              struct og_fault *fault) OG_MUST_CHECK;

/* Allocates `count` objects of `type`, zeroed, on the domain's heap: they live until
 * og_heap_free or reset, and foreign code may free them by its own means. Returns NULL and
 * *fault: OG_NO_MEMORY, OG_OVERFLOW, OG_SCOPE, OG_BORROWED. */
#define og_heap_alloc(access, type, count, fault)                                                  \
    ((type og_mut *)og_heap_alloc_bytes((access), sizeof(type), (count), _Alignof(type), (fault)))

/* The function behind it. */
void og_mut *og_heap_alloc_bytes(const struct og_access *access, size_t size, size_t count,
                                 size_t alignment, struct og_fault *fault)
    OG_REQUIRES(access) OG_MUST_CHECK;

/* The same, not zeroed. */
#define og_heap_alloc_dirty(access, type, count, fault)                                            \
    ((type og_mut *)og_heap_alloc_dirty_bytes((access), sizeof(type), (count), _Alignof(type),     \
                                              (fault)))

/* The function behind it. */
void og_mut *og_heap_alloc_dirty_bytes(const struct og_access *access, size_t size, size_t count,
                                       size_t alignment, struct og_fault *fault)
    OG_REQUIRES(access) OG_MUST_CHECK;

/* Frees what og_heap_alloc returned, once; NULL is fine. The heap is the domain's: freeing
 * anything else damages it as a wrong free() in foreign code does. Returns OG_OK, OG_SCOPE,
 * OG_BORROWED, OG_OUT_OF_BOUNDS (not on the heap). */
enum og_error og_heap_free(const struct og_access *access, void og_mut *memory,
                           struct og_fault *fault) OG_REQUIRES(access);

#ifdef __cplusplus
}
#endif

#endif
