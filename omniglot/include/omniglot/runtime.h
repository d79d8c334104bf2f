/* What an isolation implements, and what it can build on: for its authors. Callers include
 * omniglot.h, which includes none of this. docs/adding-a-system.md goes through it. */
#ifndef OMNIGLOT_RUNTIME_H
#define OMNIGLOT_RUNTIME_H

#include "domain.h"
#include "parameters.h"

/* Memory of a domain, [start, end), and what the domain's code may do with it. */
struct og_region {
    uintptr_t start, end;
    unsigned rights;
};

/* How many of the registers that hold arguments are in use: rdi, rsi, ... and xmm0, xmm1, ...; or
 * a0, a1, ..., in RV32's ILP32 for floats, too. */
struct og_registers {
    unsigned char integers, floats;
};

/* Those that hold these parameters. */
static inline struct og_registers og_registers(const struct og_parameter *parameters, size_t count)
{
    size_t integers = 0, floats = 0;
#if defined(__riscv)
    for (size_t i = 0; i < count; i++)
        integers += (parameters[i].size + 3u) / 4;
    integers = integers < 8 ? integers : 8;
#else
    for (size_t i = 0; i < count; i++)
        *(parameters[i].is_float ? &floats : &integers) += 1;
    integers = integers < 6 ? integers : 6;
    floats = floats < 8 ? floats : 8;
#endif
    return (struct og_registers){(unsigned char)integers, (unsigned char)floats};
}

/* What an isolation implements. Everything but calls goes through this table; a call
 * goes straight to og_function.entry. */
struct og_runtime {
    const char *name; /* "none" */
    enum og_error (*open)(struct og_domain **domain, const char *const *libraries,
                          const struct og_options *options, struct og_fault *fault);
    enum og_error (*reset)(struct og_domain *domain, struct og_fault *fault);
    enum og_error (*close)(struct og_domain *domain, struct og_fault *fault);
    void *(*lookup)(struct og_domain *domain, const char *symbol); /* NULL: there is none */
    /* What to call in the host's stead of the code at `target`: a thunk, or itself. */
    void (*(*entry)(struct og_domain *domain, void *target, const char *symbol))(void);
    /* The same for a function whose arguments take `words` of stack, of a pointer's size, and these
     * registers; NULL: whatever they hold is handed on. A runtime that leaves stack and registers
     * as they are has no such function. */
    void (*(*entry_taking)(struct og_domain *domain, void (*entry)(void), size_t words,
                           const struct og_registers *registers))(void);
    /* The same for one that returns `results` values on the x87 stack. */
    void (*(*entry_with_x87)(struct og_domain *domain, void (*entry)(void),
                             unsigned results))(void);
    /* The calling thread's place in the domain; without room, a context without a domain whose
     * fault says so. Runs no foreign code. */
    struct og_context *(*context)(struct og_domain *domain);
    /* The thread begins its outermost scope and its context is shut: waits until no other is
     * inside, and makes the domain its own, with `held` set. Returns NULL, or a context without a
     * domain that says why not. NULL: nobody begins a scope in a context that is shut. */
    struct og_context *(*enter)(struct og_context *context);
    /* Its outermost scope has ended, and its context is shut: somebody may be waiting. */
    void (*left)(struct og_context *context);
    void *(*heap_alloc)(struct og_domain *domain, size_t alignment, size_t size);
    int (*heap_owns)(struct og_domain *domain, uintptr_t address);
    void (*heap_free)(struct og_domain *domain, void *memory);
    enum og_error (*callback_open)(struct og_domain *domain, struct og_callback *callback,
                                   struct og_fault *fault);
    void (*callback_close)(struct og_domain *domain, struct og_callback *callback);
    /* From now on every thread may call it. NULL: there is only one. */
    void (*callback_any_thread)(struct og_domain *domain, struct og_callback *callback);
    int (*is_callback)(struct og_domain *domain, uintptr_t address);
    /* Says where the fault happened and whose memory it touched: lines, each begun by a newline,
     * into `text`, and how long they are; as og_fault_describe. NULL: no more than the fault. */
    size_t (*describe)(struct og_domain *domain, const struct og_fault *fault, char *text,
                       size_t size);
    enum og_isolation isolation;
    /* Can this machine give it? As og_mpk_supported. NULL: each that it is built for can. */
    enum og_error (*supported)(struct og_fault *fault);
};

/* What every runtime's domain begins with. `regions` are sorted, do not overlap, and
 * cover what is not in a context's live range. */
struct og_domain {
    const struct og_runtime *runtime;
    const struct og_region *regions;
    size_t region_count;
};

/* The runtimes of this build, the best first, up to a NULL. */
extern const struct og_runtime *const og_runtimes[];

/* --- libraries --- */

/* OG_NOT_FOUND for the library `name`, which the loader has not loaded for `reason`; NULL or "": it
 * has not said. */
enum og_error og_fail_to_load(struct og_fault *fault, const char *name, const char *reason);

/* --- scopes --- */

/* What an ended scope belongs to: no check ever holds in it. A context without a domain is one
 * such; its fault says why the scope cannot be used. */
extern struct og_context og_ended_context;

/* As og_scope_begin, for the scope that a callback is given, in the context of the call that it
 * comes from: neither it nor any outer scope can be ended or used for reading until
 * og_callback_scope_end, so that the call which is under way finds its scope as it left it.
 * Returns what that needs as `enclosing`. */
size_t og_callback_scope_begin(struct og_context *context, struct og_scope *scope)
    OG_ACQUIRE(scope->access);

/* Ends it, and whatever the callback left open. */
void og_callback_scope_end(struct og_context *context, struct og_scope *scope, size_t enclosing)
    OG_RELEASE(scope->access);

#endif
