/* libsodium through the copying sandbox: every argument is copied into memory that the library's
 * malloc gives, and every result out of it. The calls themselves are those of sodium.og.h. */
#ifndef WORKLOADS_SODIUM_COPYING_H
#define WORKLOADS_SODIUM_COPYING_H

#include "workloads/discipline/copying.h"

/* The og discipline's own way to copy has these names there. */
#define sodium_open                       sodium_og_open
#define sodium_crypto_hash_sha256         sodium_og_crypto_hash_sha256
#define sodium_crypto_hash_sha512         sodium_og_crypto_hash_sha512
#define sodium_crypto_generichash         sodium_og_crypto_generichash
#define sodium_crypto_auth_hmacsha256     sodium_og_crypto_auth_hmacsha256
#define sodium_crypto_secretbox_easy      sodium_og_crypto_secretbox_easy
#define sodium_crypto_secretbox_open_easy sodium_og_crypto_secretbox_open_easy
#include "workloads/sodium/sodium.og.h"
#undef sodium_open
#undef sodium_crypto_hash_sha256
#undef sodium_crypto_hash_sha512
#undef sodium_crypto_generichash
#undef sodium_crypto_auth_hmacsha256
#undef sodium_crypto_secretbox_easy
#undef sodium_crypto_secretbox_open_easy

/* The instance's allocator; an image has one instance. */
static struct copying sodium_copying;

static inline enum og_error sodium_open(struct sodium *sodium, struct og_fault *fault)
{
    enum og_error error = sodium_og_open(sodium, fault);
    return error ? error : copying_open(&sodium_copying, sodium->instance.domain, fault);
}

/* One call: a buffer for the output and up to three inputs, made, filled, and after it freed. */
struct sodium_copies {
    unsigned char og_mut *out, *in, *n, *k;
};

static inline enum og_error sodium_copies_make(struct sodium_copies *copies, struct og_scope *scope,
                                               size_t out_size, const unsigned char *in,
                                               size_t in_size, const unsigned char *n,
                                               size_t n_size, const unsigned char *k, size_t k_size,
                                               struct og_fault *fault) OG_REQUIRES(scope->access)
{
    *copies = (struct sodium_copies){NULL, NULL, NULL, NULL};
    enum og_error error = copying_room(&sodium_copying, scope, &copies->out, out_size, fault);
    if (!error)
        error = copying_in(&sodium_copying, scope, &copies->in, in, in_size, fault);
    if (!error)
        error = copying_in(&sodium_copying, scope, &copies->n, n, n_size, fault);
    if (!error)
        error = copying_in(&sodium_copying, scope, &copies->k, k, k_size, fault);
    return error;
}

static inline enum og_error sodium_copies_free(struct sodium_copies *copies, struct og_scope *scope,
                                               enum og_error error, struct og_fault *fault)
    OG_REQUIRES(scope->access)
{
    error = copying_free(&sodium_copying, scope, copies->k, error, fault);
    error = copying_free(&sodium_copying, scope, copies->n, error, fault);
    error = copying_free(&sodium_copying, scope, copies->in, error, fault);
    return copying_free(&sodium_copying, scope, copies->out, error, fault);
}

static inline enum og_error sodium_crypto_hash_sha256(struct sodium *sodium, int *result,
                                                      unsigned char *out, const unsigned char *in,
                                                      unsigned long long inlen,
                                                      struct og_fault *fault)
{
    struct og_scope scope;
    struct sodium_copies copies;
    og_scope_begin(sodium->instance.domain, &scope);
    enum og_error error = sodium_copies_make(&copies, &scope, crypto_hash_sha256_BYTES, in, inlen,
                                             NULL, 0, NULL, 0, fault);
    if (!error)
        error = sodium_crypto_hash_sha256_resident(sodium, &scope, result, copies.out, copies.in,
                                                   inlen, fault);
    if (!error && *result == 0)
        error = copying_out(&scope, out, copies.out, crypto_hash_sha256_BYTES, fault);
    error = sodium_copies_free(&copies, &scope, error, fault);
    og_scope_end(&scope);
    return error;
}

static inline enum og_error sodium_crypto_hash_sha512(struct sodium *sodium, int *result,
                                                      unsigned char *out, const unsigned char *in,
                                                      unsigned long long inlen,
                                                      struct og_fault *fault)
{
    struct og_scope scope;
    struct sodium_copies copies;
    og_scope_begin(sodium->instance.domain, &scope);
    enum og_error error = sodium_copies_make(&copies, &scope, crypto_hash_sha512_BYTES, in, inlen,
                                             NULL, 0, NULL, 0, fault);
    if (!error)
        error = sodium_crypto_hash_sha512_resident(sodium, &scope, result, copies.out, copies.in,
                                                   inlen, fault);
    if (!error && *result == 0)
        error = copying_out(&scope, out, copies.out, crypto_hash_sha512_BYTES, fault);
    error = sodium_copies_free(&copies, &scope, error, fault);
    og_scope_end(&scope);
    return error;
}

static inline enum og_error
sodium_crypto_generichash(struct sodium *sodium, int *result, unsigned char *out, size_t outlen,
                          const unsigned char *in, unsigned long long inlen,
                          const unsigned char *key, size_t keylen, struct og_fault *fault)
{
    struct og_scope scope;
    struct sodium_copies copies;
    og_scope_begin(sodium->instance.domain, &scope);
    enum og_error error =
        sodium_copies_make(&copies, &scope, outlen, in, inlen, NULL, 0, key, keylen, fault);
    if (!error)
        error = sodium_crypto_generichash_resident(sodium, &scope, result, copies.out, outlen,
                                                   copies.in, inlen, copies.k, keylen, fault);
    if (!error && *result == 0)
        error = copying_out(&scope, out, copies.out, outlen, fault);
    error = sodium_copies_free(&copies, &scope, error, fault);
    og_scope_end(&scope);
    return error;
}

static inline enum og_error
sodium_crypto_auth_hmacsha256(struct sodium *sodium, int *result, unsigned char *out,
                              const unsigned char *in, unsigned long long inlen,
                              const unsigned char *k, struct og_fault *fault)
{
    struct og_scope scope;
    struct sodium_copies copies;
    og_scope_begin(sodium->instance.domain, &scope);
    enum og_error error =
        sodium_copies_make(&copies, &scope, crypto_auth_hmacsha256_BYTES, in, inlen, NULL, 0, k,
                           crypto_auth_hmacsha256_KEYBYTES, fault);
    if (!error)
        error = sodium_crypto_auth_hmacsha256_resident(sodium, &scope, result, copies.out,
                                                       copies.in, inlen, copies.k, fault);
    if (!error && *result == 0)
        error = copying_out(&scope, out, copies.out, crypto_auth_hmacsha256_BYTES, fault);
    error = sodium_copies_free(&copies, &scope, error, fault);
    og_scope_end(&scope);
    return error;
}

static inline enum og_error
sodium_crypto_secretbox_easy(struct sodium *sodium, int *result, unsigned char *c,
                             const unsigned char *m, unsigned long long mlen,
                             const unsigned char *n, const unsigned char *k, struct og_fault *fault)
{
    struct og_scope scope;
    struct sodium_copies copies;
    og_scope_begin(sodium->instance.domain, &scope);
    enum og_error error =
        sodium_copies_make(&copies, &scope, mlen + crypto_secretbox_MACBYTES, m, mlen, n,
                           crypto_secretbox_NONCEBYTES, k, crypto_secretbox_KEYBYTES, fault);
    if (!error)
        error = sodium_crypto_secretbox_easy_resident(sodium, &scope, result, copies.out, copies.in,
                                                      mlen, copies.n, copies.k, fault);
    if (!error && *result == 0)
        error = copying_out(&scope, c, copies.out, mlen + crypto_secretbox_MACBYTES, fault);
    error = sodium_copies_free(&copies, &scope, error, fault);
    og_scope_end(&scope);
    return error;
}

static inline enum og_error sodium_crypto_secretbox_open_easy(
    struct sodium *sodium, int *result, unsigned char *m, const unsigned char *c,
    unsigned long long clen, const unsigned char *n, const unsigned char *k, struct og_fault *fault)
{
    struct og_scope scope;
    size_t mlen = clen < crypto_secretbox_MACBYTES ? 0 : clen - crypto_secretbox_MACBYTES;
    struct sodium_copies copies;
    og_scope_begin(sodium->instance.domain, &scope);
    enum og_error error =
        sodium_copies_make(&copies, &scope, mlen, c, clen, n, crypto_secretbox_NONCEBYTES, k,
                           crypto_secretbox_KEYBYTES, fault);
    if (!error)
        error = sodium_crypto_secretbox_open_easy_resident(
            sodium, &scope, result, copies.out, copies.in, clen, copies.n, copies.k, fault);
    if (!error && *result == 0)
        error = copying_out(&scope, m, copies.out, mlen, fault);
    error = sodium_copies_free(&copies, &scope, error, fault);
    og_scope_end(&scope);
    return error;
}

#endif
