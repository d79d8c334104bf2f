/* libsodium's functions in the og discipline. The `_resident` form is the call itself:
 * foreign pointers in, a result that is checked against the interface. The other form
 * is for data in host memory: it copies arguments to a scope of its own, calls, and
 * copies what was computed back out, validated. */
#ifndef WORKLOADS_SODIUM_OG_H
#define WORKLOADS_SODIUM_OG_H

#include "workloads/discipline/og.h"
#include <sodium.h>

struct sodium {
    struct instance instance;
    struct og_function sodium_init;
    struct og_function crypto_hash_sha256;
    struct og_function crypto_hash_sha512;
    struct og_function crypto_generichash;
    struct og_function crypto_auth_hmacsha256;
    struct og_function crypto_secretbox_easy;
    struct og_function crypto_secretbox_open_easy;
};

/* A status that the library's interface rules out. */
static inline enum og_error sodium_contract(struct og_fault *fault, const char *function)
{
    return og_fail(fault, OG_CONTRACT, function, 0, "returned what its interface rules out");
}

/* Finds the functions in the instance. */
static inline enum og_error sodium_bind(struct sodium *sodium, struct og_fault *fault)
{
    const struct {
        const char *name;
        struct og_function *function;
    } functions[] = {
        {"sodium_init", &sodium->sodium_init},
        {"crypto_hash_sha256", &sodium->crypto_hash_sha256},
        {"crypto_hash_sha512", &sodium->crypto_hash_sha512},
        {"crypto_generichash", &sodium->crypto_generichash},
        {"crypto_auth_hmacsha256", &sodium->crypto_auth_hmacsha256},
        {"crypto_secretbox_easy", &sodium->crypto_secretbox_easy},
        {"crypto_secretbox_open_easy", &sodium->crypto_secretbox_open_easy},
    };
    enum og_error error = OG_OK;
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]) && !error; i++)
        error = og_domain_lookup(sodium->instance.domain, functions[i].name, functions[i].function,
                                 fault);
    return error;
}

static inline enum og_error sodium_initialize(struct sodium *sodium, struct og_fault *fault)
{
    const struct og_function *function = &sodium->sodium_init;
    struct og_scope scope;
    int result = -1;
    og_scope_begin(sodium->instance.domain, &scope);
    enum og_error error = og_invoke_begin(&scope.access, function, fault);
    if (!error) {
        result = ((__typeof__(&sodium_init))function->entry)();
        error = og_invoke_end(&scope.access, fault);
    }
    og_scope_end(&scope);
    if (!error && result == -1)
        error = og_fail(fault, OG_SYSTEM, "sodium_init", 0, "there is no source of randomness");
    else if (!error && result != 0 && result != 1)
        error = sodium_contract(fault, "sodium_init");
    return error;
}

static inline enum og_error sodium_open(struct sodium *sodium, struct og_fault *fault)
{
    enum og_error error = instance_open(&sodium->instance, "sodium", "libsodium.so.23", fault);
    if (!error)
        error = sodium_bind(sodium, fault);
    return error ? error : sodium_initialize(sodium, fault);
}

static inline void sodium_close(struct sodium *sodium)
{
    instance_close(&sodium->instance, NULL);
}

static inline enum og_error
sodium_crypto_hash_sha256_resident(struct sodium *sodium, instance_scope *scope, int *result,
                                   unsigned char resident *out, const unsigned char resident *in,
                                   unsigned long long inlen, struct og_fault *fault)
    OG_REQUIRES(scope->access)
{
    const struct og_function *function = &sodium->crypto_hash_sha256;
    enum og_error error = og_invoke_begin(&scope->access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&crypto_hash_sha256))function->entry)(og_pass(out), og_pass(in), inlen);
    error = og_invoke_end(&scope->access, fault);
    if (!error && *result != 0)
        error = sodium_contract(fault, "crypto_hash_sha256");
    return error;
}

static inline enum og_error
sodium_crypto_hash_sha512_resident(struct sodium *sodium, instance_scope *scope, int *result,
                                   unsigned char resident *out, const unsigned char resident *in,
                                   unsigned long long inlen, struct og_fault *fault)
    OG_REQUIRES(scope->access)
{
    const struct og_function *function = &sodium->crypto_hash_sha512;
    enum og_error error = og_invoke_begin(&scope->access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&crypto_hash_sha512))function->entry)(og_pass(out), og_pass(in), inlen);
    error = og_invoke_end(&scope->access, fault);
    if (!error && *result != 0)
        error = sodium_contract(fault, "crypto_hash_sha512");
    return error;
}

static inline enum og_error
sodium_crypto_generichash_resident(struct sodium *sodium, instance_scope *scope, int *result,
                                   unsigned char resident *out, size_t outlen,
                                   const unsigned char resident *in, unsigned long long inlen,
                                   const unsigned char resident *key, size_t keylen,
                                   struct og_fault *fault) OG_REQUIRES(scope->access)
{
    const struct og_function *function = &sodium->crypto_generichash;
    enum og_error error = og_invoke_begin(&scope->access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&crypto_generichash))function->entry)(og_pass(out), outlen, og_pass(in),
                                                                 inlen, og_pass(key), keylen);
    error = og_invoke_end(&scope->access, fault);
    if (!error && *result != 0 && *result != -1)
        error = sodium_contract(fault, "crypto_generichash");
    return error;
}

static inline enum og_error sodium_crypto_auth_hmacsha256_resident(
    struct sodium *sodium, instance_scope *scope, int *result, unsigned char resident *out,
    const unsigned char resident *in, unsigned long long inlen, const unsigned char resident *k,
    struct og_fault *fault) OG_REQUIRES(scope->access)
{
    const struct og_function *function = &sodium->crypto_auth_hmacsha256;
    enum og_error error = og_invoke_begin(&scope->access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&crypto_auth_hmacsha256))function->entry)(og_pass(out), og_pass(in),
                                                                     inlen, og_pass(k));
    error = og_invoke_end(&scope->access, fault);
    if (!error && *result != 0)
        error = sodium_contract(fault, "crypto_auth_hmacsha256");
    return error;
}

static inline enum og_error sodium_crypto_secretbox_easy_resident(
    struct sodium *sodium, instance_scope *scope, int *result, unsigned char resident *c,
    const unsigned char resident *m, unsigned long long mlen, const unsigned char resident *n,
    const unsigned char resident *k, struct og_fault *fault) OG_REQUIRES(scope->access)
{
    const struct og_function *function = &sodium->crypto_secretbox_easy;
    enum og_error error = og_invoke_begin(&scope->access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&crypto_secretbox_easy))function->entry)(og_pass(c), og_pass(m), mlen,
                                                                    og_pass(n), og_pass(k));
    error = og_invoke_end(&scope->access, fault);
    if (!error && *result != 0)
        error = sodium_contract(fault, "crypto_secretbox_easy");
    return error;
}

static inline enum og_error sodium_crypto_secretbox_open_easy_resident(
    struct sodium *sodium, instance_scope *scope, int *result, unsigned char resident *m,
    const unsigned char resident *c, unsigned long long clen, const unsigned char resident *n,
    const unsigned char resident *k, struct og_fault *fault) OG_REQUIRES(scope->access)
{
    const struct og_function *function = &sodium->crypto_secretbox_open_easy;
    enum og_error error = og_invoke_begin(&scope->access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&crypto_secretbox_open_easy))function->entry)(
        og_pass(m), og_pass(c), clen, og_pass(n), og_pass(k));
    error = og_invoke_end(&scope->access, fault);
    if (!error && *result != 0 && *result != -1)
        error = sodium_contract(fault, "crypto_secretbox_open_easy");
    return error;
}

static inline enum og_error sodium_crypto_hash_sha256(struct sodium *sodium, int *result,
                                                      unsigned char *out, const unsigned char *in,
                                                      unsigned long long inlen,
                                                      struct og_fault *fault)
{
    struct og_scope scope;
    unsigned char og_mut *foreign_out = NULL;
    unsigned char og_mut *foreign_in = NULL;
    og_scope_begin(sodium->instance.domain, &scope);
    enum og_error error = argument_room(&scope, &foreign_out, crypto_hash_sha256_BYTES, fault);
    if (!error)
        error = argument_in(&scope, &foreign_in, in, inlen, fault);
    if (!error)
        error = sodium_crypto_hash_sha256_resident(sodium, &scope, result, foreign_out, foreign_in,
                                                   inlen, fault);
    if (!error)
        error = argument_out(&scope, out, foreign_out, crypto_hash_sha256_BYTES, fault);
    og_scope_end(&scope);
    return error;
}

static inline enum og_error sodium_crypto_hash_sha512(struct sodium *sodium, int *result,
                                                      unsigned char *out, const unsigned char *in,
                                                      unsigned long long inlen,
                                                      struct og_fault *fault)
{
    struct og_scope scope;
    unsigned char og_mut *foreign_out = NULL;
    unsigned char og_mut *foreign_in = NULL;
    og_scope_begin(sodium->instance.domain, &scope);
    enum og_error error = argument_room(&scope, &foreign_out, crypto_hash_sha512_BYTES, fault);
    if (!error)
        error = argument_in(&scope, &foreign_in, in, inlen, fault);
    if (!error)
        error = sodium_crypto_hash_sha512_resident(sodium, &scope, result, foreign_out, foreign_in,
                                                   inlen, fault);
    if (!error)
        error = argument_out(&scope, out, foreign_out, crypto_hash_sha512_BYTES, fault);
    og_scope_end(&scope);
    return error;
}

static inline enum og_error
sodium_crypto_generichash(struct sodium *sodium, int *result, unsigned char *out, size_t outlen,
                          const unsigned char *in, unsigned long long inlen,
                          const unsigned char *key, size_t keylen, struct og_fault *fault)
{
    struct og_scope scope;
    unsigned char og_mut *foreign_out = NULL;
    unsigned char og_mut *foreign_in = NULL;
    unsigned char og_mut *foreign_key = NULL;
    og_scope_begin(sodium->instance.domain, &scope);
    enum og_error error = argument_room(&scope, &foreign_out, outlen, fault);
    if (!error)
        error = argument_in(&scope, &foreign_in, in, inlen, fault);
    if (!error)
        error = argument_in(&scope, &foreign_key, key, keylen, fault);
    if (!error)
        error = sodium_crypto_generichash_resident(sodium, &scope, result, foreign_out, outlen,
                                                   foreign_in, inlen, foreign_key, keylen, fault);
    if (!error && *result == 0)
        error = argument_out(&scope, out, foreign_out, outlen, fault);
    og_scope_end(&scope);
    return error;
}

static inline enum og_error
sodium_crypto_auth_hmacsha256(struct sodium *sodium, int *result, unsigned char *out,
                              const unsigned char *in, unsigned long long inlen,
                              const unsigned char *k, struct og_fault *fault)
{
    struct og_scope scope;
    unsigned char og_mut *foreign_out = NULL;
    unsigned char og_mut *foreign_in = NULL;
    unsigned char og_mut *foreign_k = NULL;
    og_scope_begin(sodium->instance.domain, &scope);
    enum og_error error = argument_room(&scope, &foreign_out, crypto_auth_hmacsha256_BYTES, fault);
    if (!error)
        error = argument_in(&scope, &foreign_in, in, inlen, fault);
    if (!error)
        error = argument_in(&scope, &foreign_k, k, crypto_auth_hmacsha256_KEYBYTES, fault);
    if (!error)
        error = sodium_crypto_auth_hmacsha256_resident(sodium, &scope, result, foreign_out,
                                                       foreign_in, inlen, foreign_k, fault);
    if (!error)
        error = argument_out(&scope, out, foreign_out, crypto_auth_hmacsha256_BYTES, fault);
    og_scope_end(&scope);
    return error;
}

static inline enum og_error
sodium_crypto_secretbox_easy(struct sodium *sodium, int *result, unsigned char *c,
                             const unsigned char *m, unsigned long long mlen,
                             const unsigned char *n, const unsigned char *k, struct og_fault *fault)
{
    struct og_scope scope;
    unsigned char og_mut *foreign_c = NULL;
    unsigned char og_mut *foreign_m = NULL;
    unsigned char og_mut *foreign_n = NULL;
    unsigned char og_mut *foreign_k = NULL;
    size_t clen;
    if (__builtin_add_overflow(mlen, crypto_secretbox_MACBYTES, &clen))
        return og_fail(fault, OG_OVERFLOW, "crypto_secretbox_easy", 0, "the message is too long");
    og_scope_begin(sodium->instance.domain, &scope);
    enum og_error error = argument_room(&scope, &foreign_c, clen, fault);
    if (!error)
        error = argument_in(&scope, &foreign_m, m, mlen, fault);
    if (!error)
        error = argument_in(&scope, &foreign_n, n, crypto_secretbox_NONCEBYTES, fault);
    if (!error)
        error = argument_in(&scope, &foreign_k, k, crypto_secretbox_KEYBYTES, fault);
    if (!error)
        error = sodium_crypto_secretbox_easy_resident(sodium, &scope, result, foreign_c, foreign_m,
                                                      mlen, foreign_n, foreign_k, fault);
    if (!error)
        error = argument_out(&scope, c, foreign_c, clen, fault);
    og_scope_end(&scope);
    return error;
}

static inline enum og_error sodium_crypto_secretbox_open_easy(
    struct sodium *sodium, int *result, unsigned char *m, const unsigned char *c,
    unsigned long long clen, const unsigned char *n, const unsigned char *k, struct og_fault *fault)
{
    struct og_scope scope;
    unsigned char og_mut *foreign_m = NULL;
    unsigned char og_mut *foreign_c = NULL;
    unsigned char og_mut *foreign_n = NULL;
    unsigned char og_mut *foreign_k = NULL;
    size_t mlen = clen < crypto_secretbox_MACBYTES ? 0 : clen - crypto_secretbox_MACBYTES;
    og_scope_begin(sodium->instance.domain, &scope);
    enum og_error error = argument_room(&scope, &foreign_m, mlen, fault);
    if (!error)
        error = argument_in(&scope, &foreign_c, c, clen, fault);
    if (!error)
        error = argument_in(&scope, &foreign_n, n, crypto_secretbox_NONCEBYTES, fault);
    if (!error)
        error = argument_in(&scope, &foreign_k, k, crypto_secretbox_KEYBYTES, fault);
    if (!error)
        error = sodium_crypto_secretbox_open_easy_resident(
            sodium, &scope, result, foreign_m, foreign_c, clen, foreign_n, foreign_k, fault);
    if (!error && *result == 0)
        error = argument_out(&scope, m, foreign_m, mlen, fault);
    og_scope_end(&scope);
    return error;
}

#endif
