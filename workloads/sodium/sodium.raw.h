/* libsodium's functions in the raw discipline: plain calls. The same names in
 * sodium.og.h and sodium.process.h; arguments are the library's own, after the
 * instance and where the result goes, and before the fault. A function whose name ends
 * in `_resident` takes data that is where the library can reach it already. */
#ifndef WORKLOADS_SODIUM_RAW_H
#define WORKLOADS_SODIUM_RAW_H

#include "workloads/discipline/raw.h"
#include <sodium.h>

struct sodium {
    struct instance instance;
};

static inline enum og_error sodium_open(struct sodium *sodium, struct og_fault *fault)
{
    (void)sodium;
    return sodium_init() < 0
               ? og_fail(fault, OG_SYSTEM, "sodium_init", 0, "there is no source of randomness")
               : OG_OK;
}

static inline void sodium_close(struct sodium *sodium)
{
    (void)sodium;
}

static inline enum og_error sodium_crypto_hash_sha256(struct sodium *sodium, int *result,
                                                      unsigned char *out, const unsigned char *in,
                                                      unsigned long long inlen,
                                                      struct og_fault *fault)
{
    (void)sodium;
    (void)fault;
    *result = crypto_hash_sha256(out, in, inlen);
    return OG_OK;
}

static inline enum og_error sodium_crypto_hash_sha512(struct sodium *sodium, int *result,
                                                      unsigned char *out, const unsigned char *in,
                                                      unsigned long long inlen,
                                                      struct og_fault *fault)
{
    (void)sodium;
    (void)fault;
    *result = crypto_hash_sha512(out, in, inlen);
    return OG_OK;
}

static inline enum og_error
sodium_crypto_generichash(struct sodium *sodium, int *result, unsigned char *out, size_t outlen,
                          const unsigned char *in, unsigned long long inlen,
                          const unsigned char *key, size_t keylen, struct og_fault *fault)
{
    (void)sodium;
    (void)fault;
    *result = crypto_generichash(out, outlen, in, inlen, key, keylen);
    return OG_OK;
}

static inline enum og_error
sodium_crypto_auth_hmacsha256(struct sodium *sodium, int *result, unsigned char *out,
                              const unsigned char *in, unsigned long long inlen,
                              const unsigned char *k, struct og_fault *fault)
{
    (void)sodium;
    (void)fault;
    *result = crypto_auth_hmacsha256(out, in, inlen, k);
    return OG_OK;
}

static inline enum og_error
sodium_crypto_secretbox_easy(struct sodium *sodium, int *result, unsigned char *c,
                             const unsigned char *m, unsigned long long mlen,
                             const unsigned char *n, const unsigned char *k, struct og_fault *fault)
{
    (void)sodium;
    (void)fault;
    *result = crypto_secretbox_easy(c, m, mlen, n, k);
    return OG_OK;
}

static inline enum og_error sodium_crypto_secretbox_open_easy(
    struct sodium *sodium, int *result, unsigned char *m, const unsigned char *c,
    unsigned long long clen, const unsigned char *n, const unsigned char *k, struct og_fault *fault)
{
    (void)sodium;
    (void)fault;
    *result = crypto_secretbox_open_easy(m, c, clen, n, k);
    return OG_OK;
}

static inline enum og_error
sodium_crypto_hash_sha256_resident(struct sodium *sodium, instance_scope *scope, int *result,
                                   unsigned char resident *out, const unsigned char resident *in,
                                   unsigned long long inlen, struct og_fault *fault)
{
    (void)scope;
    return sodium_crypto_hash_sha256(sodium, result, out, in, inlen, fault);
}

static inline enum og_error
sodium_crypto_hash_sha512_resident(struct sodium *sodium, instance_scope *scope, int *result,
                                   unsigned char resident *out, const unsigned char resident *in,
                                   unsigned long long inlen, struct og_fault *fault)
{
    (void)scope;
    return sodium_crypto_hash_sha512(sodium, result, out, in, inlen, fault);
}

static inline enum og_error sodium_crypto_generichash_resident(
    struct sodium *sodium, instance_scope *scope, int *result, unsigned char resident *out,
    size_t outlen, const unsigned char resident *in, unsigned long long inlen,
    const unsigned char resident *key, size_t keylen, struct og_fault *fault)
{
    (void)scope;
    return sodium_crypto_generichash(sodium, result, out, outlen, in, inlen, key, keylen, fault);
}

static inline enum og_error
sodium_crypto_auth_hmacsha256_resident(struct sodium *sodium, instance_scope *scope, int *result,
                                       unsigned char resident *out,
                                       const unsigned char resident *in, unsigned long long inlen,
                                       const unsigned char resident *k, struct og_fault *fault)
{
    (void)scope;
    return sodium_crypto_auth_hmacsha256(sodium, result, out, in, inlen, k, fault);
}

static inline enum og_error
sodium_crypto_secretbox_easy_resident(struct sodium *sodium, instance_scope *scope, int *result,
                                      unsigned char resident *c, const unsigned char resident *m,
                                      unsigned long long mlen, const unsigned char resident *n,
                                      const unsigned char resident *k, struct og_fault *fault)
{
    (void)scope;
    return sodium_crypto_secretbox_easy(sodium, result, c, m, mlen, n, k, fault);
}

static inline enum og_error sodium_crypto_secretbox_open_easy_resident(
    struct sodium *sodium, instance_scope *scope, int *result, unsigned char resident *m,
    const unsigned char resident *c, unsigned long long clen, const unsigned char resident *n,
    const unsigned char resident *k, struct og_fault *fault)
{
    (void)scope;
    return sodium_crypto_secretbox_open_easy(sodium, result, m, c, clen, n, k, fault);
}

#endif
