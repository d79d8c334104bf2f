/* Allocation scopes and access scopes.
 *
 * A *scope* holds foreign allocations that die with it, and an *access scope*, which
 * is the right to use the domain's memory: exclusively (invoke foreign code, write),
 * or, inside a *read section*, shared (validate and read, in place). Clang refuses
 * code that writes or invokes in a read section; the same is checked when it runs.
 *
 * Scopes nest like function calls: only the innermost one of a thread can be used,
 * which a callback relies on. A scope is known by its address: do not copy it. What the
 * checks need to know of open scopes is kept with the domain, so that one that was left
 * open in a function that returned is never looked at again.
 *
 * Threads: a scope is used by the thread that began it, and no other thread is inside the domain
 * until that thread's outermost scope there has ended: what it has validated, nobody changes. */
#ifndef OMNIGLOT_SCOPE_H
#define OMNIGLOT_SCOPE_H

#include "context.h"
#include "error.h"
#include "foreign.h"

#ifdef __cplusplus
extern "C" {
#endif

struct og_domain;

/* The right to use a domain's memory; a capability to Clang's analysis. */
struct OG_CAPABILITY("access scope") og_access {
    struct og_context *context;
};

/* What a program has on its stack from og_scope_begin to og_scope_end. */
struct og_scope {
    struct og_access access; /* first: the scope is known by the access scope's address */
};

/* Begins a scope on `domain` for the calling thread. O(1), unless another thread was the last to be
 * inside: then the domain passes from it to this one, which takes microseconds.
 *
 * While another thread is inside, or resets the domain, a thread's outermost scope waits until it
 * is out, in the order in which they came (OG_THREADS_WAIT); two domains that two threads begin in
 * different order wait for each other for ever, as two mutexes would. With OG_THREADS_REFUSE it is
 * born ended: whatever it is used for returns OG_BUSY. So it is with OG_NO_MEMORY when the runtime
 * has no room for another thread, with OG_SYSTEM when the kernel refuses what passing a domain on
 * takes, and with OG_SCOPE while a validated value of an outer scope is being read or when
 * OG_SCOPE_DEPTH scopes are open. Beginning a scope that is open ends it first; a callback that
 * begins one of its callers' scopes leaves that as it is. */
void og_scope_begin(struct og_domain *domain, struct og_scope *scope) OG_ACQUIRE(scope->access);

/* Ends a scope, and any that were begun inside it and not ended. Its allocations are
 * dead from here on, and references to them are refused. O(1), and one more for each that
 * was begun inside. Ending a scope that is not open does nothing, and so does, in a
 * callback, ending the scope that it was given or an outer one: they are its caller's. */
void og_scope_end(struct og_scope *scope) OG_RELEASE(scope->access);

/* Opens a read section: from here values can be validated, and nothing written or
 * invoked, until og_read_end. If the scope cannot be used, so does every validation
 * in the section fail. */
void og_read_begin(struct og_access *access) OG_EXCLUSIVE_TO_SHARED(access);

/* Closes a read section: validated values of it must not be used any more. */
void og_read_end(struct og_access *access) OG_SHARED_TO_EXCLUSIVE(access);

/* Allocates `count` objects of `type` in the domain, zeroed, for as long as the scope
 * lives. O(1), plus the zeroing.
 *
 *     Bytef og_mut *out = og_alloc(&scope, Bytef, capacity, &fault);
 *
 * Returns NULL and fills *fault: OG_SCOPE, OG_BORROWED, OG_OVERFLOW, OG_NO_MEMORY. */
#define og_alloc(scope, type, count, fault)                                                        \
    ((type og_mut *)og_alloc_bytes((scope), sizeof(type), (count), _Alignof(type), (fault)))

/* The function behind it. */
void og_mut *og_alloc_bytes(struct og_scope *scope, size_t size, size_t count, size_t alignment,
                            struct og_fault *fault) OG_REQUIRES(scope->access) OG_MUST_CHECK;

/* As og_alloc, without the zeroing: for buffers the library fills. Their bytes are
 * whatever foreign code left there, which it could have read anyway. */
#define og_alloc_dirty(scope, type, count, fault)                                                  \
    ((type og_mut *)og_alloc_dirty_bytes((scope), sizeof(type), (count), _Alignof(type), (fault)))

/* The function behind it. */
void og_mut *og_alloc_dirty_bytes(struct og_scope *scope, size_t size, size_t count,
                                  size_t alignment, struct og_fault *fault)
    OG_REQUIRES(scope->access) OG_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
