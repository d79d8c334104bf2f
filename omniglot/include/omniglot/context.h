/* A thread's place in a domain. The runtimes make it. Callers have no use for it: it is included by
 * their headers so that checks can be inlined into stubs, and for nothing else. */
#ifndef OMNIGLOT_CONTEXT_H
#define OMNIGLOT_CONTEXT_H

#include "error.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct og_access;
struct og_domain;
struct og_scope;

/* How many scopes can be open in one another, those of callbacks included. */
enum { OG_SCOPE_DEPTH = 64 };

/* An open scope. Its address is compared, not followed. */
struct og_open_scope {
    struct og_scope *scope;
    uintptr_t mark; /* the allocation stack's top when the scope began */
};

/* Foreign allocations of scopes grow downwards from the heap, so that what is live of
 * both is one range, and one comparison tells whether a reference is inside. */
struct og_context {
    const struct og_access *exclusive; /* the innermost scope's, when nobody reads */
    const struct og_access *shared;    /* the innermost scope's, in a read section */
    struct og_domain *domain;
    uintptr_t live_start; /* the allocation stack's top: it grows down */
    uintptr_t live_end;   /* end of the heap that follows the allocation stack */
    uintptr_t stack_low;  /* the allocation stack's last byte that can be had */
    /* Why no call can be made until reset, an enum og_error; OG_OK if one can. As wide as a
     * register, so that a stub's test of it is one instruction to every compiler. */
    uintptr_t poisoned;
    int shut;              /* no outermost scope begins until the runtime's `enter` has agreed */
    int held;              /* inside without a scope: `enter` has agreed, the scope is to come */
    size_t depth;          /* scopes that are open: 0 when the thread is not inside */
    size_t floor;          /* this many of them a callback may not end: its own and outer ones */
    struct og_fault fault; /* details of `poisoned` */
    /* In a callback, where foreign code has no stack of its own: its frames on the host's. Empty
     * (both 0) otherwise. */
    uintptr_t frames_start, frames_end;
    struct og_open_scope open[OG_SCOPE_DEPTH];
};

#ifdef __cplusplus
}
#endif

#endif
