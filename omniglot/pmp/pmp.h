/* The runtime over RISC-V physical memory protection: what its files share.
 *
 * A domain is one library of the flash image with its RAM: stack, data, the allocations of scopes,
 * heap. Its code runs in U-mode, where the PMP opens these two ranges and nothing else:
 *
 *   entry  mode  rights  address (pmpaddr)
 *   0      off   -       start of the library's flash
 *   1      TOR   R X     its end
 *   2      off   -       start of the library's RAM
 *   3      TOR   R W     its end
 *   4...   off   -       not used
 *
 * An access that no entry matches fails in U-mode (privileged architecture 1.12, 3.7.1). The modes
 * and rights never change; selecting a domain writes four addresses. M-mode, the host, is not
 * limited by any entry.
 *
 * The library that is called without isolation (OG_NONE) is the same domain with plain calls. */
#ifndef OMNIGLOT_PMP_PMP_H
#define OMNIGLOT_PMP_PMP_H

#include "layout.h"
#include "omniglot/runtime.h"

#include <stdbool.h>

/* What the C library's malloc aligns to at least; memalign for more. */
enum { PMP_MALLOC_ALIGNMENT = 8 };

struct pmp_symbol {
    const char *name;
    uintptr_t address;
};

/* A library of the flash image: written for each by omniglot/pmp/flash-library. */
struct pmp_library {
    const char *name; /* its soname */
    uintptr_t flash, flash_end, ram, ram_end;
    uintptr_t return_address, callback_address, callbacks;
    uintptr_t stack_top, data, data_end, data_load, tls, scopes, heap;
    const uintptr_t *constructors, *constructors_end;
    const struct pmp_symbol *symbols; /* what it exports */
    size_t symbol_count;
};

struct pmp_frame;

struct pmp_domain {
    struct og_domain domain; /* first */
    /* What the gate reads; in this order. */
    uintptr_t return_address;   /* the library's instruction that returns */
    uintptr_t callback_address; /* and the one that calls back */
    uintptr_t tls;
    uintptr_t stack;         /* where the next call's stack starts */
    uint32_t deadline_ticks; /* how long a call may take; 0: for ever */
    uint32_t entries[4];     /* pmpaddr0 to pmpaddr3 */
    /* The call whose callback runs; NULL: none. Calls that the callback makes into the same domain
     * are a part of it: its deadline is theirs. */
    struct pmp_frame *outer;

    const struct pmp_library *library;
    uintptr_t malloc, memalign, free; /* the library's own */
    struct og_callback *callbacks[PMP_CALLBACKS];
    struct og_region regions[2];
    struct og_context context;
};

/* A function of a domain that the host calls. */
struct pmp_thunk {
    uintptr_t target;
    struct pmp_domain *domain; /* NULL: the slot is free */
    size_t words;              /* of arguments on the stack */
    const char *clear;         /* where in the gate's list the registers start that hold none */
};

/* One call under way, on the host's stack: what the gate saved. */
struct pmp_frame {
    uintptr_t saved[12]; /* s0 to s11 */
    uintptr_t return_address;
    struct pmp_domain *domain;
    uint64_t deadline; /* ticks; only where the domain has one */
};

/* One callback under way, below its call's frame: the library's registers. */
struct pmp_callback_frame {
    uintptr_t saved[12];
    uintptr_t return_address, global_pointer, stack, unused;
    struct og_arguments arguments;
    struct og_result result;
    uintptr_t unused_at_end[2];
};

#define PMP_ASSERT_OFFSET(type, member, offset)                                                    \
    _Static_assert(offsetof(struct type, member) == (offset), "layout.h: " #type "." #member)
PMP_ASSERT_OFFSET(pmp_thunk, target, PMP_THUNK_TARGET);
PMP_ASSERT_OFFSET(pmp_thunk, domain, PMP_THUNK_DOMAIN);
PMP_ASSERT_OFFSET(pmp_thunk, words, PMP_THUNK_WORDS);
PMP_ASSERT_OFFSET(pmp_thunk, clear, PMP_THUNK_CLEAR);
PMP_ASSERT_OFFSET(pmp_domain, return_address, PMP_DOMAIN_RETURN);
PMP_ASSERT_OFFSET(pmp_domain, callback_address, PMP_DOMAIN_CALLBACK);
PMP_ASSERT_OFFSET(pmp_domain, tls, PMP_DOMAIN_TLS);
PMP_ASSERT_OFFSET(pmp_domain, stack, PMP_DOMAIN_STACK);
PMP_ASSERT_OFFSET(pmp_domain, deadline_ticks, PMP_DOMAIN_DEADLINE);
PMP_ASSERT_OFFSET(pmp_domain, entries, PMP_DOMAIN_ENTRIES);
PMP_ASSERT_OFFSET(pmp_domain, outer, PMP_DOMAIN_OUTER);
PMP_ASSERT_OFFSET(pmp_frame, return_address, PMP_FRAME_RA);
PMP_ASSERT_OFFSET(pmp_frame, domain, PMP_FRAME_DOMAIN);
PMP_ASSERT_OFFSET(pmp_frame, deadline, PMP_FRAME_DEADLINE);
PMP_ASSERT_OFFSET(pmp_callback_frame, return_address, PMP_CALLBACK_RA);
PMP_ASSERT_OFFSET(pmp_callback_frame, global_pointer, PMP_CALLBACK_GP);
PMP_ASSERT_OFFSET(pmp_callback_frame, stack, PMP_CALLBACK_SP);
PMP_ASSERT_OFFSET(pmp_callback_frame, arguments, PMP_CALLBACK_ARGUMENTS);
PMP_ASSERT_OFFSET(pmp_callback_frame, result, PMP_CALLBACK_RESULT);
_Static_assert(sizeof(struct pmp_thunk) == PMP_THUNK_SIZE, "layout.h: the size of a thunk");
_Static_assert(sizeof(struct pmp_frame) == PMP_FRAME_SIZE, "layout.h: the size of a frame");
_Static_assert(sizeof(struct pmp_callback_frame) == PMP_CALLBACK_SIZE, "layout.h: its size");

static inline struct pmp_domain *pmp_domain_of(struct og_domain *domain)
{
    return (struct pmp_domain *)domain;
}

/* gate.S */

/* The trap vector: returns, callbacks and faults of the domains; the host's own to the kernel. */
void og_pmp_trap(void);
/* The domain whose ranges the PMP has open; NULL: none's. */
extern struct pmp_domain *og_pmp_selected;
extern struct pmp_thunk og_pmp_thunks[PMP_THUNKS];
extern const char og_pmp_thunk_code[]; /* PMP_THUNK_CODE_SIZE bytes for each */
/* The gate's instructions that clear a0, a1, ... a7, PMP_CLEAR_SIZE bytes each, and what follows.
 */
extern const char og_pmp_clear_arguments[];
enum { PMP_ARGUMENTS = 8 };

/* Where to begin so that `count` arguments are left. */
static inline const char *pmp_clear_after(size_t count)
{
    return og_pmp_clear_arguments + count * PMP_CLEAR_SIZE;
}
/* Calls through a thunk that need not be in the table. */
uintptr_t og_pmp_call(const struct pmp_thunk *thunk, uintptr_t a0, uintptr_t a1);

/* image.c: the libraries of the flash image. */

/* By soname, or by a path that ends in it; NULL: the image has none of that name. */
const struct pmp_library *pmp_library_find(const char *name);
/* An exported symbol's address; 0: it exports none of that name. */
uintptr_t pmp_library_symbol(const struct pmp_library *library, const char *symbol);
/* The exported symbol that `address` lies in or behind; NULL: none is before it. */
const char *pmp_library_symbol_at(const struct pmp_library *library, uintptr_t address);
/* Puts the library's RAM to its initial state, before its constructors. */
void pmp_library_load(const struct pmp_library *library);

/* isolated.c, plain.c */
extern const struct og_runtime og_runtime_pmp, og_runtime_none;

/* domain.c: what both runtimes of the table do alike. */
enum og_error pmp_domain_open(struct og_domain **result, const char *const *libraries,
                              const struct og_options *options, const struct og_runtime *runtime,
                              struct og_fault *fault);
enum og_error pmp_domain_reset(struct og_domain *domain, struct og_fault *fault);
enum og_error pmp_domain_close(struct og_domain *domain, struct og_fault *fault);
void *pmp_domain_lookup(struct og_domain *domain, const char *symbol);
struct og_context *pmp_domain_context(struct og_domain *domain);
int pmp_domain_heap_owns(struct og_domain *domain, uintptr_t address);

/* callback.c */
enum og_error pmp_callback_open(struct og_domain *domain, struct og_callback *callback,
                                struct og_fault *fault);
void pmp_callback_close(struct og_domain *domain, struct og_callback *callback);
int pmp_is_callback(struct og_domain *domain, uintptr_t address);
void pmp_callbacks_close(struct pmp_domain *domain);
/* Runs the callback in a scope of its own. */
void pmp_callback_run(struct og_callback *callback, const struct og_arguments *arguments,
                      struct og_result *result);

#endif
