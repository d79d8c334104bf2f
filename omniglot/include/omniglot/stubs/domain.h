/* What generated stubs build on whose library's instance is a domain: NAME-og.h, and
 * NAME-copying.h. What does not depend on the library is here. A fault is never NULL in these
 * functions. */
#ifndef OMNIGLOT_STUBS_DOMAIN_H
#define OMNIGLOT_STUBS_DOMAIN_H

#include <omniglot/interface.h>
#include <omniglot/omniglot.h>
#include <omniglot/parameters.h>
#include <omniglot/stubs/checks.h>
#include <stdbool.h>
#include <string.h>

/* One instance of a library. */
struct instance {
    struct og_domain *domain;
};

/* Stubs are inlined. A program in C++ includes NAME-og.h, too, and has its types, what opens and
 * closes, and each call_FUNCTION, declared; one file in C of its own has them for it:
 *
 *     #define OG_STUBS_FOR_CXX
 *     #include "NAME-og.h"
 */
#ifdef OG_STUBS_FOR_CXX
#define OG_STUB
#else
#define OG_STUB static inline
#endif

#ifndef __cplusplus

/* Opens a new instance of the library, which is in the files `sonames` (the dynamic loader's names,
 * or paths; NULL ends them): `name` is this project's name for it ("zlib"). Options and errors are
 * og_domain_open's. */
static inline enum og_error instance_open_all(struct instance *instance, const char *name,
                                              const char *const *sonames,
                                              const struct og_options *options,
                                              struct og_fault *fault)
{
    (void)name;
    return og_domain_open(&instance->domain, sonames, options, fault);
}

static inline enum og_error instance_open(struct instance *instance, const char *name,
                                          const char *soname, const struct og_options *options,
                                          struct og_fault *fault)
{
    return instance_open_all(instance, name, (const char *const[]){soname, NULL}, options, fault);
}

/* Closes it; one that was never opened is fine, if it is all zero. While a scope is open it is
 * refused: what og_domain_close says is returned, and *fault filled, unless that is NULL. */
static inline enum og_error instance_close(struct instance *instance, struct og_fault *fault)
{
    enum og_error error = instance->domain ? og_domain_close(instance->domain, fault) : OG_OK;
    if (!error)
        instance->domain = NULL;
    return error;
}

/* Puts the library back to its state after instance_open. */
static inline enum og_error instance_reset(struct instance *instance, struct og_fault *fault)
{
    return og_domain_reset(instance->domain, fault);
}

/* The right to call the library and to use memory that it can reach, from instance_enter to
 * instance_leave. A function that gets a scope from its caller says so with
 * INSTANCE_REQUIRES(scope). */
typedef struct og_scope instance_scope;
#define INSTANCE_REQUIRES(scope) OG_REQUIRES((scope)->access)

static inline void instance_enter(struct instance *instance, instance_scope *scope)
    OG_ACQUIRE(scope->access)
{
    og_scope_begin(instance->domain, scope);
}

static inline void instance_leave(instance_scope *scope) OG_RELEASE(scope->access)
{
    og_scope_end(scope);
}

/* ---- functions ---- */

/* A function that stubs call, where in the library's struct its og_function is, and what
 * parameters it has. */
struct domain_symbol {
    const char *name;
    size_t offset;
    const struct og_parameter *parameters;
    size_t count;
};

/* Finds the functions in the domain. */
static inline enum og_error domain_bind(struct og_domain *domain, void *library,
                                        const struct domain_symbol *symbols, size_t count,
                                        struct og_fault *fault)
{
    enum og_error error = OG_OK;
    for (size_t i = 0; i < count && !error; i++) {
        struct og_function *function = (void *)((char *)library + symbols[i].offset);
        error = og_domain_lookup(domain, symbols[i].name, function, fault);
        if (!error)
            error = og_function_takes(function, symbols[i].parameters, symbols[i].count, fault);
    }
    return error;
}

/* ---- arguments ---- */

/* Are `count` objects at `reference` in memory that is live, with the rights? */
#define reference_check(access, reference, count, rights, fault)                                   \
    domain_memory_check((access), og_reference_address(reference), sizeof(*(reference)), (count),  \
                        _Alignof(og_type_of(reference)), (rights), (fault))

static inline enum og_error domain_memory_check(const struct og_access *access, uintptr_t address,
                                                size_t size, size_t count, size_t alignment,
                                                unsigned rights, struct og_fault *fault)
    OG_REQUIRES_SHARED(access)
{
    size_t bytes;
    if (__builtin_mul_overflow(size, count, &bytes))
        return og_fail(fault, OG_OVERFLOW, NULL, address, "count times size does not fit");
    return og_memory_check(access->context, address, bytes, alignment, rights, fault);
}

/* Allocates `count` objects in the scope for the library to fill: `memory` points there. */
#define argument_room(scope, type, memory, count, fault)                                           \
    (((memory) = og_alloc_dirty((scope), type, (count), (fault))) ? OG_OK : (fault)->error)

/* Allocates one, all zero. */
#define argument_zeroed(scope, type, memory, fault)                                                \
    (((memory) = og_alloc((scope), type, 1, (fault))) ? OG_OK : (fault)->error)

/* Allocates as much and copies `count` host values there. */
#define argument_in(scope, type, memory, values, count, fault)                                     \
    (((memory) = og_alloc_dirty((scope), type, (count), (fault)))                                  \
         ? og_write_array(&(scope)->access, (memory), (values), (count), (fault))                  \
         : (fault)->error)

/* The same on the domain's heap, to outlive the scope. */
#define argument_kept(scope, type, memory, values, count, fault)                                   \
    (((memory) = og_heap_alloc(&(scope)->access, type, (count), (fault)))                          \
         ? og_write_array(&(scope)->access, (memory), (values), (count), (fault))                  \
         : (fault)->error)

/* Takes what is no value out of `count` objects that were copied in: the padding that the host has
 * in its own. `solid`: the bits of one object that are fields'. Nobody has run in the domain since.
 */
#define argument_solid(access, memory, count, solid, fault)                                        \
    domain_keep_solid((access), og_reference_address(memory), sizeof(*(memory)), (count), (solid), \
                      (fault))

static inline enum og_error domain_keep_solid(const struct og_access *access, uintptr_t address,
                                              size_t size, size_t count, const unsigned char *solid,
                                              struct og_fault *fault) OG_REQUIRES(access)
{
    enum og_error error =
        domain_memory_check(access, address, size, count, 1, OG_READ | OG_WRITE, fault);
    if (!error)
        host_keep_solid((unsigned char *)address, count, size, solid);
    return error;
}

/* One object on the domain's heap, all zero. */
#define argument_object(access, type, memory, fault)                                               \
    (((memory) = og_heap_alloc((access), type, 1, (fault))) ? OG_OK : (fault)->error)

/* Makes the object the owner of what was kept for it, if the call left one. */
#define argument_keep(scope, failed, object, memory)                                               \
    do {                                                                                           \
        unsigned char og_mut *og_not_kept = (unsigned char og_mut *)(memory);                      \
        if (!(failed) && (object)->foreign) {                                                      \
            unsigned char og_mut *og_kept = og_not_kept;                                           \
            og_not_kept = (object)->kept;                                                          \
            (object)->kept = og_kept;                                                              \
        }                                                                                          \
        og_heap_free(&(scope)->access, og_not_kept, NULL);                                         \
    } while (0)

/* Copies `count` objects, whose bytes may be anything, out to `values`. */
#define argument_out(access, values, memory, count, fault)                                         \
    __extension__({                                                                                \
        size_t og_count = (count);                                                                 \
        og_read_begin(access);                                                                     \
        const og_type_of(memory) og_valid *og_checked =                                            \
            og_validate_array((access), (memory), og_count, (fault));                              \
        if (og_checked)                                                                            \
            memcpy((values), og_get((access), og_checked), og_count * sizeof(*(memory)));          \
        og_read_end(access);                                                                       \
        og_checked ? OG_OK : (fault)->error;                                                       \
    })

/* The same for objects that a rule says what they are of. */
#define argument_out_of(access, values, memory, count, rule, fault)                                \
    __extension__({                                                                                \
        size_t og_count = (count);                                                                 \
        og_read_begin(access);                                                                     \
        const og_type_of(memory) og_valid *og_checked =                                            \
            og_validate_array_of((access), (memory), og_count, (rule), (fault));                   \
        if (og_checked)                                                                            \
            memcpy((values), og_get((access), og_checked), og_count * sizeof(*(memory)));          \
        og_read_end(access);                                                                       \
        og_checked ? OG_OK : (fault)->error;                                                       \
    })

/* What the library says is left, or filled, of *count: it cannot be more than that. */
#define argument_count(access, memory, count, function, fault)                                     \
    __extension__({                                                                                \
        __typeof__(*(count)) og_counted = 0;                                                       \
        enum og_error og_failed = og_read((access), (memory), &og_counted, (fault));               \
        if (!og_failed && (uintmax_t)og_counted > (uintmax_t) * (count))                           \
            og_failed = instance_contract((fault), (function));                                    \
        if (!og_failed)                                                                            \
            *(count) = og_counted;                                                                 \
        og_failed;                                                                                 \
    })

/* ---- arguments of callbacks: any numbers, in a read section ---- */

/* The text at `address`: *text is where it is. */
static inline enum og_error callback_string(const struct og_access *access, uintptr_t address,
                                            const char **text, struct og_fault *fault)
    OG_REQUIRES_SHARED(access)
{
    const void og_valid *valid = og_validate_string_at(access, address, SIZE_MAX, NULL, fault);
    *text = og_get_at(access, valid);
    return valid ? OG_OK : fault->error;
}

/* The texts that the array at `address` points to, up to its NULL. What was checked of the
 * array stays as it is while the read section is open, so that it is used where it is. */
static inline enum og_error callback_strings(const struct og_access *access, uintptr_t address,
                                             const char ***texts, struct og_fault *fault)
    OG_REQUIRES_SHARED(access)
{
    const void og_valid *valid =
        og_validate_strings_at(access, address, OG_STRINGS_MAX, NULL, fault);
    *texts = (const char **)og_get_at(access, valid);
    return valid ? OG_OK : fault->error;
}

/* `count` objects at `address`: `values` is where they are. */
#define callback_array(access, type, address, count, values, fault)                                \
    __extension__({                                                                                \
        const void og_valid *og_checked = og_validate_array_at((access), (address), sizeof(type),  \
                                                               (count), _Alignof(type), (fault));  \
        (values) = og_get_at((access), og_checked);                                                \
        og_checked ? OG_OK : (fault)->error;                                                       \
    })

#endif

#endif
