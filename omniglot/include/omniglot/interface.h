/* Annotations of interface files: what a library's header does not say about its functions.
 *
 * An interface file, LIBRARY.og.h, includes the library's header and declares the functions
 * that are used once more, with annotations. The compiler checks each declaration against
 * the header's, so that the two cannot drift apart; og-bindgen reads the annotations and
 * writes the stubs of every discipline.
 *
 *     #include <omniglot/interface.h>
 *     #include <sodium.h>
 *
 *     OG_LIBRARY(sodium, "libsodium.so.23");
 *
 *     int crypto_hash_sha256(unsigned char *out OG_OUT(crypto_hash_sha256_BYTES),
 *                            const unsigned char *in OG_IN(inlen),
 *                            unsigned long long inlen) OG_RETURNS(0);
 *
 * Counts are C expressions over the function's parameters, in elements of the pointee (bytes
 * for void). Of what a pointer points to they read only what is the host's: *length of an
 * OG_LENGTH_OF or of a window, fields of OG_FIELDS that are OG_SET, or of an object. Where the
 * library has a say in such a number, or in a callback's, nothing may make a large count a small
 * one: names, constants, casts to wider integers, OG_SUM, OG_PRODUCT and OG_DIFFERENCE are a count
 * then, and `a * b` is refused. Nor is a sizeof of an array that is as long as a parameter says.
 * What the call, with the callbacks in it, changes of a count can only make it less: more is
 * OG_CONTRACT. Stubs evaluate a count more than once: it is an expression of parameters and
 * constants, changes nothing, and calls nothing but the above and builtins that compute
 * (__builtin_popcount).
 *
 * Parameters may have any names. What stubs define is called LIBRARY_..., call_FUNCTION,
 * invoke_FUNCTION and validate_TYPE: nothing in a header may be (of types: struct LIBRARY, struct
 * LIBRARY_KIND, struct LIBRARY_SHAPE). og-bindgen says what is, and what to name otherwise.
 *
 * Every pointer parameter needs an annotation; numbers need none. To GCC all of them are nothing.
 */
#ifndef OMNIGLOT_INTERFACE_H
#define OMNIGLOT_INTERFACE_H

#include <stddef.h>
#include <stdint.h>

/* How an annotation is kept for og-bindgen, which reads by libclang; to GCC it is nothing. */
#if defined(__clang__)
#define OG_ANNOTATION(text) __attribute__((annotate(text)))
#else
#define OG_ANNOTATION(text)
#endif

/* --- the library --- */

/* First in the file: the name that its stubs have, which the header has for nothing else, and what
 * the dynamic loader calls it, or the libraries that it consists of, four at most. */
#define OG_LIBRARY(name, ...)                                                                      \
    extern const char og_library_##name[] OG_ANNOTATION("OG_LIBRARY(" #name ", " #__VA_ARGS__ ")")

/* --- pointers to data, after a parameter's name --- */

/* `count` elements that the library reads during the call. */
#define OG_IN(count) OG_ANNOTATION("OG_IN(" #count ")")

/* `count` elements that it fills. Where the count is *length, of an OG_LENGTH_OF parameter,
 * that is their most before the call, and as many as there are after it. */
#define OG_OUT(count) OG_ANNOTATION("OG_OUT(" #count ")")

/* `count` elements that it reads and changes. */
#define OG_INOUT(count) OG_ANNOTATION("OG_INOUT(" #count ")")

/* A number that holds how much room `parameter` has, and then how much of it was filled; what
 * `parameter` counts by, OG_OUT(*length). */
#define OG_LENGTH_OF(parameter) OG_ANNOTATION("OG_LENGTH_OF(" #parameter ")")

/* The size of the struct that `parameter` points to, as whoever compiled the library sees it. */
#define OG_SIZE_OF(parameter) OG_ANNOTATION("OG_SIZE_OF(" #parameter ")")

/* Text that a NUL ends, read during the call. */
#define OG_STRING OG_ANNOTATION("OG_STRING()")

/* In a callback: an array of such texts that NULL ends, OG_STRINGS_MAX of them at most. */
#define OG_STRINGS OG_ANNOTATION("OG_STRINGS()")

/* Beside one of the above: NULL is an argument, too, and stays NULL. */
#define OG_OPTIONAL OG_ANNOTATION("OG_OPTIONAL()")

/* Beside OG_IN, in a function with an object: the library goes on reading the data after the
 * call, until the object ends. */
#define OG_KEPT(object) OG_ANNOTATION("OG_KEPT(" #object ")")

/* A pointer to a pointer, which the library moves on over input it has read (output it has
 * written, numbers alone), counting `left`, a pointer to a number, down by as much. */
#define OG_IN_WINDOW(left)  OG_ANNOTATION("OG_IN_WINDOW(" #left ")")
#define OG_OUT_WINDOW(left) OG_ANNOTATION("OG_OUT_WINDOW(" #left ")")

/* A pointer that is NULL in every call: the stubs have no parameter for it. */
#define OG_ABSENT OG_ANNOTATION("OG_ABSENT()")

/* A number in a pointer's place: handed through, never followed. A host's function that is called
 * back has it as `og_foreign` (foreign.h), which Clang follows for nobody. */
#define OG_OPAQUE OG_ANNOTATION("OG_OPAQUE()")

/* What the library hands to callbacks as the host's own. Host memory is not shown to it: a
 * callback gets what it was opened with, and a call is given that again, or NULL. Another is
 * OG_BAD_ARGUMENT. */
#define OG_USER OG_ANNOTATION("OG_USER()")

/* --- what the library makes and the host names --- */

/* Something of the library's own behind a pointer: made by the function that returns it,
 * used, and gone after the call that ends it. `kind`: one word, which names its type
 * (struct LIBRARY_KIND) and is checked. A library that returns NULL made nothing: OG_NULL. */
#define OG_RETURNS_HANDLE(kind) OG_ANNOTATION("OG_RETURNS_HANDLE(" #kind ")")
#define OG_HANDLE(kind)         OG_ANNOTATION("OG_HANDLE(" #kind ")")
#define OG_HANDLE_END(kind)     OG_ANNOTATION("OG_HANDLE_END(" #kind ")")

/* A struct that the library uses from one call to the next, and may point to: it is where the
 * library can reach it, from the call that starts it to the one that ends it. The host has
 * a `host` copy of its own, of which nothing crosses but what the following say. */
#define OG_OBJECT_NEW(kind) OG_ANNOTATION("OG_OBJECT_NEW(" #kind ")")
#define OG_OBJECT(kind)     OG_ANNOTATION("OG_OBJECT(" #kind ")")
#define OG_OBJECT_END(kind) OG_ANNOTATION("OG_OBJECT_END(" #kind ")")

/* A struct for one call only, of which nothing crosses but what OG_SET and OG_GET say. */
#define OG_FIELDS OG_ANNOTATION("OG_FIELDS()")

/* Fields of an object (or of one for a call), numbers or arrays of numbers, that the library gets
 * before the call (the host gets after it); aligned ones that are neither volatile nor const. */
#define OG_SET(...) OG_ANNOTATION("OG_SET(" #__VA_ARGS__ ")")
#define OG_GET(...) OG_ANNOTATION("OG_GET(" #__VA_ARGS__ ")")

/* The object's field `pointer` is a window, and its field `left` says how much is left of it:
 * set before the call, moved on by it. */
#define OG_IN_WINDOW_FIELDS(pointer, left)                                                         \
    OG_ANNOTATION("OG_IN_WINDOW_FIELDS(" #pointer ", " #left ")")
#define OG_OUT_WINDOW_FIELDS(pointer, left)                                                        \
    OG_ANNOTATION("OG_OUT_WINDOW_FIELDS(" #pointer ", " #left ")")

/* --- functions --- */

/* All values that the function returns; any other breaks the interface (OG_CONTRACT). Bools
 * and enums need none. */
#define OG_RETURNS(...) OG_ANNOTATION("OG_RETURNS(" #__VA_ARGS__ ")")

/* Those with which it has filled what it fills; with any other nothing is taken over. Without
 * this annotation: all. */
#define OG_SUCCESS(...) OG_ANNOTATION("OG_SUCCESS(" #__VA_ARGS__ ")")

/* The stubs find the function by its name at each call, in the instance that they are given,
 * even where the library is linked to the program. */
#define OG_BY_NAME OG_ANNOTATION("OG_BY_NAME()")

/* --- values --- */

/* What the library hands over (a function's result, an OG_OUT number, a callback's argument,
 * a field) is from `low` to `high`, both included, the lower one first. */
#define OG_RANGE(low, high) OG_ANNOTATION("OG_RANGE(" #low ", " #high ")")

/* Adds an annotation to a field of a struct of the library's header: OG_RANGE, OG_IN(count)
 * for a pointer to as many numbers as another field of it says, or OG_OPAQUE for a pointer or union
 * that nothing is said of. Fields of a struct without a name are those of what it is in. What no
 * rule can check (bit-fields of an enum, what is in a union without a name, types without one) is
 * not validated, and a struct that has it, a pointer or a union is not carried. */
#define OG_FIELD(type, field, ...)                                                                 \
    extern __typeof__(((type *)0)->field) OG_UNIQUE(og_field_, __LINE__)                           \
        OG_ANNOTATION("OG_FIELD(" #type ", " #field ")") __VA_ARGS__

/* Asks for a validator of a struct or enum that no function hands over. */
#define OG_VALIDATE(type)                                                                          \
    extern const type OG_UNIQUE(og_validate_, __LINE__) OG_ANNOTATION("OG_VALIDATE(" #type ")")

/* --- callbacks --- */

/* After a declaration that is not one of the library's: the shape of host functions that it
 * can call, with annotated parameters. */
#define OG_CALLED_BACK OG_ANNOTATION("OG_CALLED_BACK()")

/* A function pointer to be called back as `shape`, which must have its type; may be NULL. */
#define OG_CALLBACK(shape) OG_ANNOTATION("OG_CALLBACK(" #shape ")")

/* How many texts an array of OG_STRINGS can have. */
enum { OG_STRINGS_MAX = 256 };

/* --- for counts --- */

/* Sums and products that end at SIZE_MAX, which no memory is large enough for, and
 * differences that end at 0. */
#define OG_SUM(a, b)        og_saturated_sum((a), (b))
#define OG_PRODUCT(a, b)    og_saturated_product((a), (b))
#define OG_DIFFERENCE(a, b) og_saturated_difference((a), (b))

/* --- for the macros above --- */

static inline size_t og_saturated_sum(uint64_t a, uint64_t b)
{
    size_t sum;
    return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

static inline size_t og_saturated_product(uint64_t a, uint64_t b)
{
    size_t product;
    return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

static inline size_t og_saturated_difference(uint64_t a, uint64_t b)
{
    return og_saturated_sum(a > b ? a - b : 0, 0);
}

#define OG_UNIQUE(prefix, line)       OG_UNIQUE_AGAIN(prefix, line)
#define OG_UNIQUE_AGAIN(prefix, line) prefix##line

#endif
