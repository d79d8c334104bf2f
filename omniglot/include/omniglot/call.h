/* Calls into a domain, and callbacks out of it.
 *
 * A call through a struct og_function is a call through its `entry`, cast to the
 * library's own prototype, between og_invoke_begin and og_invoke_end:
 *
 *     enum og_error error = og_invoke_begin(access, &function, fault);
 *     if (!error) {
 *         int result = ((int (*)(const Bytef *, uLong))function.entry)(og_pass(in), size);
 *         error = og_invoke_end(access, fault);
 *     }
 *
 * The compiler places the arguments; `entry` is the code itself where nothing isolates
 * it and a thunk to the gate where something does. What comes back is any number: a
 * stub checks it against the interface before the caller sees it. */
#ifndef OMNIGLOT_CALL_H
#define OMNIGLOT_CALL_H

#include "scope.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A function of a domain. Made by og_domain_lookup; good until the domain closes. */
struct og_function {
    struct og_domain *domain;
    void (*entry)(void);
};

/* May foreign code be invoked now? Needs the scope exclusively: no validated value is
 * being read. Returns OG_OK, OG_BORROWED, OG_SCOPE, OG_WRONG_DOMAIN, OG_POISONED. */
static inline enum og_error og_invoke_begin(const struct og_access *access,
                                            const struct og_function *function,
                                            struct og_fault *fault)
    OG_REQUIRES(access) OG_MUST_CHECK;

/* Did the call come back as it should? Returns OG_OK, or why not (OG_FAULTED,
 * OG_DEADLINE): then its result means nothing and the domain is poisoned. OG_SCOPE: the
 * scope is not open any more. */
static inline enum og_error og_invoke_end(const struct og_access *access, struct og_fault *fault)
    OG_REQUIRES(access) OG_MUST_CHECK;

/* The same where the stub has kept what `access->context` was before the call: one load less.
 * It cannot have changed, since no callback can end a scope that is its caller's. */
static inline enum og_error og_invoke_end_in(const struct og_context *context,
                                             const struct og_access *access, struct og_fault *fault)
    OG_REQUIRES(access) OG_MUST_CHECK;

/* The arguments of a callback as the registers held them: unvalidated. Which of them mean
 * something is for the interface to say.
 *
 * x86-64 SysV: six integers, eight floats. RV32 ILP32: eight words, of which a 64-bit argument or
 * a double takes two, and where the further ones are: a number of the domain's, to be upgraded. */
#if defined(__riscv)
struct og_arguments {
    uintptr_t integers[8];
    uintptr_t stack;
};
#else
struct og_arguments {
    uintptr_t integers[6];
    double floats[8];
};
#endif

/* What a callback returns: what the library's prototype says is used. On RV32 a double is
 * returned as an integer of its bits. */
struct og_result {
    uint64_t integer;
    double floating;
};

/* The 64-bit argument that starts at register `index`. (On RV32 one that starts at the last
 * register has its upper half on the stack, and is 0 there: read `stack`.) */
static inline uint64_t og_argument_u64(const struct og_arguments *arguments, size_t index)
{
#if defined(__riscv)
    const size_t last = sizeof(arguments->integers) / sizeof(arguments->integers[0]) - 1;
    uintptr_t high = index < last ? arguments->integers[index + 1] : 0;
    return arguments->integers[index] | (uint64_t)high << 32;
#else
    return arguments->integers[index];
#endif
}

/* A host function that foreign code can call. It runs with a scope of its own, nested in
 * the one that invoked, whose allocations die when it returns; the outer scope cannot be
 * used meanwhile, and neither can be ended. It may call into the domain again.
 *
 * Give its definition OG_REQUIRES(scope->access), for the analysis to know what it holds. */
typedef void og_callback_function(void *user, struct og_scope *scope,
                                  const struct og_arguments *arguments, struct og_result *result);

/* A registered callback. The caller owns it and must not move or free it until it is closed,
 * by og_callback_close or with its domain's reset or close. */
struct og_callback {
    og_callback_function *function;
    void *user;
    struct og_domain *domain;
    uintptr_t address; /* what foreign code calls */
    unsigned slot;     /* the runtime's */
};

/* Registers `function` (with `user` handed through, never shown to the domain) and fills
 * *callback. It is the calling thread's: for foreign code that another thread runs it
 * is not registered; in a child of fork those of threads that it lacks are closed. One that is
 * registered already is unregistered first. Returns OG_OK, or OG_NO_MEMORY when no slot is
 * left of 64 in the domain (OG_MPK, OG_PROC) or the program (OG_NONE), or 16 in the domain
 * (OG_PMP). */
enum og_error og_callback_open(struct og_domain *domain, struct og_callback *callback,
                               og_callback_function *function, void *user,
                               struct og_fault *fault) OG_MUST_CHECK;

/* Lets foreign code call it on whichever thread it runs. The host function has to be fit for that:
 * it is called on threads that know nothing of it. For as long as it is open, also in a child of
 * fork, where it must not be on the stack of a thread that there is no more. */
void og_callback_any_thread(struct og_callback *callback);

/* Unregisters it: a later call by foreign code reaches no host function, until the address
 * is another callback's. If another thread is in it, waits until it has returned: from then on
 * `user` is nobody's but the caller's. From inside itself it returns at once. Closing one that is
 * not open (any more) does nothing; but not while another thread closes its domain. */
void og_callback_close(struct og_callback *callback);

/* Says, in a callback, that what foreign code passed to it is nothing that its interface allows
 * for `reason`. The call that is under way ends with that error, as soon as the isolation can end
 * it, and the domain is poisoned until reset, as after a call to a callback that is not registered.
 */
void og_callback_refuse(const struct og_scope *scope, const struct og_fault *reason);

/* The callback as a function pointer of `type`, to be handed to the library. */
#define og_callback_pointer(callback, type) ((type)(callback)->address)

/* An argument that is a pointer: any number. */
#define og_argument_pointer(arguments, index, type)                                                \
    ((type og_foreign *)(arguments)->integers[index])

/* --- what follows is for inlining --- */

enum og_error og_invoke_refused(const struct og_access *access, const struct og_function *function,
                                struct og_fault *fault);
enum og_error og_invoke_failed(const struct og_access *access, struct og_fault *fault);

/* Lets the compiler know that the way there does not lead back: nothing has to be kept. */
static inline enum og_error og_is_error(enum og_error error)
{
    if (error == OG_OK)
        __builtin_unreachable();
    return error;
}

static inline enum og_error og_invoke_begin(const struct og_access *access,
                                            const struct og_function *function,
                                            struct og_fault *fault)
{
    const struct og_context *context = access->context;
    if (OG_LIKELY(context->exclusive == access && context->domain == function->domain &&
                  !context->poisoned))
        return OG_OK;
    return og_is_error(og_invoke_refused(access, function, fault));
}

static inline enum og_error og_invoke_end_in(const struct og_context *context,
                                             const struct og_access *access, struct og_fault *fault)
{
    return OG_LIKELY(!context->poisoned) ? OG_OK : og_is_error(og_invoke_failed(access, fault));
}

static inline enum og_error og_invoke_end(const struct og_access *access, struct og_fault *fault)
{
    return og_invoke_end_in(access->context, access, fault);
}

#ifdef __cplusplus
}
#endif

#endif
