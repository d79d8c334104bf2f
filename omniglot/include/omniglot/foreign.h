/* Three levels of trust in a pointer, told apart by the type system.
 *
 *   T og_foreign *p       any number a library handed us
 *   T og_ref *r           upgraded: readable memory of the domain, aligned
 *   T og_mut *m           upgraded: writable too
 *   const T og_valid *v   validated: the bytes are a T, and stay one for as long
 *                         as the read section lasts
 *
 * These are address spaces to Clang: it refuses to mix them with host pointers or
 * with each other, and to dereference any of them (`-Werror=noderef`). `&r->field`
 * is fine, and keeps the level. GCC compiles the same code without the checks.
 *
 * Access scopes are capabilities (`-Werror=thread-safety`): the OG_REQUIRES family
 * says which functions need one exclusively (invoke, write) and which need it
 * shared (validate, read). Source: Omniglot, OSDI 2025, section 4; Clang's
 * "Thread Safety Analysis" and "AttributeReference: noderef". */
#ifndef OMNIGLOT_FOREIGN_H
#define OMNIGLOT_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

/* What Clang is told of pointers and access scopes; to other compilers it is nothing. */
#if defined(__clang__)
#define og_foreign              __attribute__((noderef, address_space(1)))
#define og_ref                  __attribute__((noderef, address_space(2)))
#define og_mut                  __attribute__((noderef, address_space(3)))
#define og_valid                __attribute__((noderef, address_space(4)))
#define OG_CAPABILITY(name)     __attribute__((capability(name)))
#define OG_REQUIRES(...)        __attribute__((requires_capability(__VA_ARGS__)))
#define OG_REQUIRES_SHARED(...) __attribute__((requires_shared_capability(__VA_ARGS__)))
#define OG_ACQUIRE(...)         __attribute__((acquire_capability(__VA_ARGS__)))
#define OG_RELEASE(...)         __attribute__((release_capability(__VA_ARGS__)))
#define OG_EXCLUSIVE_TO_SHARED(a)                                                                  \
    __attribute__((release_capability(a), acquire_shared_capability(a)))
#define OG_SHARED_TO_EXCLUSIVE(a)                                                                  \
    __attribute__((release_shared_capability(a), acquire_capability(a)))
#define OG_NO_ANALYSIS __attribute__((no_thread_safety_analysis))
#define OG_OVERLOADED  __attribute__((overloadable))
#else
#define og_foreign
#define og_ref
#define og_mut
#define og_valid
#define OG_CAPABILITY(name)
#define OG_REQUIRES(...)
#define OG_REQUIRES_SHARED(...)
#define OG_ACQUIRE(...)
#define OG_RELEASE(...)
#define OG_EXCLUSIVE_TO_SHARED(a)
#define OG_SHARED_TO_EXCLUSIVE(a)
#define OG_NO_ANALYSIS
#define OG_OVERLOADED
#endif

/* A result that must not be ignored; a condition that nearly always holds. */
#define OG_MUST_CHECK    __attribute__((warn_unused_result))
#define OG_LIKELY(truth) __builtin_expect(!!(truth), 1)

/* The type that a pointer of any level points to, without its level. */
#define og_type_of(pointer) __typeof__(((void)0, *(pointer)))

/* The number that a foreign pointer is. Takes og_foreign pointers only. */
static inline uintptr_t og_foreign_address(const volatile void og_foreign *pointer)
{
    return (uintptr_t)pointer;
}

/* The address that a reference, readable or writable, stands for. A host pointer or
 * an og_foreign one does not convert: upgrade it first. */
#if defined(__clang__)
static inline uintptr_t OG_OVERLOADED og_reference_address(const volatile void og_ref *reference)
{
    return (uintptr_t)reference;
}

/* The same of a writable one. */
static inline uintptr_t OG_OVERLOADED og_reference_address(const volatile void og_mut *reference)
{
    return (uintptr_t)reference;
}
#else
static inline uintptr_t og_reference_address(const volatile void *reference)
{
    return (uintptr_t)reference;
}
#endif

/* The address of a writable reference. */
static inline uintptr_t og_writable_address(const volatile void og_mut *reference)
{
    return (uintptr_t)reference;
}

/* A reference as the library's own prototypes want it: a plain pointer, to be handed to
 * the library and never dereferenced by the host. For stubs; programs should not need it. */
#if defined(__clang__)
#define og_pass(reference) ((void *)og_reference_address(reference))
#else
#define og_pass(reference) ((og_type_of(reference) *)og_reference_address(reference))
#endif

/* --- for the macros of the other headers --- */

/* A host pointer whose type came from og_type_of, which to Clang still says "noderef". */
#define OG_PLAIN(pointer) ((void *)(uintptr_t)(pointer))

/* Is the type, which no function could return if it were an array, a pointer? */
#define OG_IS_POINTER(type) (__builtin_classify_type(((type(*)(void))0)()) == 5)
/* Is it an integer, a character, an enum or a bool? */
#define OG_IS_INTEGER(type) (__builtin_classify_type(((type(*)(void))0)()) == 1)

#endif
