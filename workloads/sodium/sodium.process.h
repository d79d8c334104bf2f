/* libsodium's functions in the process discipline: arguments are serialized, the worker
 * (sodium-worker.c) makes the call, and its results are deserialized to host memory.
 * Inputs are on the wire in the order of the library's parameters; what comes back is the
 * output, empty when the call failed, and then the status. */
#ifndef WORKLOADS_SODIUM_PROCESS_H
#define WORKLOADS_SODIUM_PROCESS_H

#include "workloads/discipline/process.h"
#include <sodium.h>

/* The worker's functions. */
enum {
    SODIUM_INIT,
    SODIUM_CRYPTO_HASH_SHA256,
    SODIUM_CRYPTO_HASH_SHA512,
    SODIUM_CRYPTO_GENERICHASH,
    SODIUM_CRYPTO_AUTH_HMACSHA256,
    SODIUM_CRYPTO_SECRETBOX_EASY,
    SODIUM_CRYPTO_SECRETBOX_OPEN_EASY,
    SODIUM_FUNCTION_COUNT
};

struct sodium {
    struct instance instance;
};

/* Gets the output, of `size` bytes where the status is 0 and empty otherwise, and the
 * status behind it. */
static inline enum og_error sodium_results(struct sodium *sodium, struct wire_reader *results,
                                           int *result, unsigned char *out, size_t size,
                                           struct og_fault *fault)
{
    struct process_sandbox *sandbox = sodium->instance.sandbox;
    size_t received;
    wire_get_up_to(results, out, size, &received);
    *result = wire_get_i32(results);
    enum og_error error = process_results_finish(sandbox, results, fault);
    if (error)
        return error;
    if ((*result != 0 && *result != -1) || received != (*result == 0 ? size : 0))
        return process_distrust(sandbox, "a status or an output's size that libsodium never gives",
                                fault);
    return OG_OK;
}

/* A worker that replaces a lost one is not initialized again: libsodium computes the same
 * there, by its portable code. */
static inline enum og_error sodium_open(struct sodium *sodium, struct og_fault *fault)
{
    struct wire_reader results;
    enum og_error error = instance_open(&sodium->instance, "sodium", "libsodium.so.23", fault);
    if (error)
        return error;
    process_call_begin(sodium->instance.sandbox, SODIUM_INIT);
    error = process_call_finish(sodium->instance.sandbox, &results, fault);
    if (error)
        return error;
    int result = wire_get_i32(&results);
    error = process_results_finish(sodium->instance.sandbox, &results, fault);
    if (!error && result < 0)
        error = og_fail(fault, OG_SYSTEM, "sodium_init", 0, "there is no source of randomness");
    return error;
}

static inline void sodium_close(struct sodium *sodium)
{
    instance_close(&sodium->instance, NULL);
}

static inline enum og_error sodium_crypto_hash_sha256(struct sodium *sodium, int *result,
                                                      unsigned char *out, const unsigned char *in,
                                                      unsigned long long inlen,
                                                      struct og_fault *fault)
{
    struct wire_reader results;
    struct wire_writer *arguments =
        process_call_begin(sodium->instance.sandbox, SODIUM_CRYPTO_HASH_SHA256);
    wire_put_bytes(arguments, in, inlen);
    enum og_error error = process_call_finish(sodium->instance.sandbox, &results, fault);
    return error ? error
                 : sodium_results(sodium, &results, result, out, crypto_hash_sha256_BYTES, fault);
}

static inline enum og_error sodium_crypto_hash_sha512(struct sodium *sodium, int *result,
                                                      unsigned char *out, const unsigned char *in,
                                                      unsigned long long inlen,
                                                      struct og_fault *fault)
{
    struct wire_reader results;
    struct wire_writer *arguments =
        process_call_begin(sodium->instance.sandbox, SODIUM_CRYPTO_HASH_SHA512);
    wire_put_bytes(arguments, in, inlen);
    enum og_error error = process_call_finish(sodium->instance.sandbox, &results, fault);
    return error ? error
                 : sodium_results(sodium, &results, result, out, crypto_hash_sha512_BYTES, fault);
}

static inline enum og_error
sodium_crypto_generichash(struct sodium *sodium, int *result, unsigned char *out, size_t outlen,
                          const unsigned char *in, unsigned long long inlen,
                          const unsigned char *key, size_t keylen, struct og_fault *fault)
{
    struct wire_reader results;
    struct wire_writer *arguments =
        process_call_begin(sodium->instance.sandbox, SODIUM_CRYPTO_GENERICHASH);
    wire_put_u64(arguments, outlen);
    wire_put_bytes(arguments, in, inlen);
    wire_put_bytes(arguments, key, keylen);
    enum og_error error = process_call_finish(sodium->instance.sandbox, &results, fault);
    return error ? error : sodium_results(sodium, &results, result, out, outlen, fault);
}

static inline enum og_error
sodium_crypto_auth_hmacsha256(struct sodium *sodium, int *result, unsigned char *out,
                              const unsigned char *in, unsigned long long inlen,
                              const unsigned char *k, struct og_fault *fault)
{
    struct wire_reader results;
    struct wire_writer *arguments =
        process_call_begin(sodium->instance.sandbox, SODIUM_CRYPTO_AUTH_HMACSHA256);
    wire_put_bytes(arguments, in, inlen);
    wire_put_bytes(arguments, k, crypto_auth_hmacsha256_KEYBYTES);
    enum og_error error = process_call_finish(sodium->instance.sandbox, &results, fault);
    return error
               ? error
               : sodium_results(sodium, &results, result, out, crypto_auth_hmacsha256_BYTES, fault);
}

static inline enum og_error
sodium_crypto_secretbox_easy(struct sodium *sodium, int *result, unsigned char *c,
                             const unsigned char *m, unsigned long long mlen,
                             const unsigned char *n, const unsigned char *k, struct og_fault *fault)
{
    struct wire_reader results;
    struct wire_writer *arguments =
        process_call_begin(sodium->instance.sandbox, SODIUM_CRYPTO_SECRETBOX_EASY);
    wire_put_bytes(arguments, m, mlen);
    wire_put_bytes(arguments, n, crypto_secretbox_NONCEBYTES);
    wire_put_bytes(arguments, k, crypto_secretbox_KEYBYTES);
    enum og_error error = process_call_finish(sodium->instance.sandbox, &results, fault);
    return error ? error
                 : sodium_results(sodium, &results, result, c, mlen + crypto_secretbox_MACBYTES,
                                  fault);
}

static inline enum og_error sodium_crypto_secretbox_open_easy(
    struct sodium *sodium, int *result, unsigned char *m, const unsigned char *c,
    unsigned long long clen, const unsigned char *n, const unsigned char *k, struct og_fault *fault)
{
    struct wire_reader results;
    struct wire_writer *arguments =
        process_call_begin(sodium->instance.sandbox, SODIUM_CRYPTO_SECRETBOX_OPEN_EASY);
    wire_put_bytes(arguments, c, clen);
    wire_put_bytes(arguments, n, crypto_secretbox_NONCEBYTES);
    wire_put_bytes(arguments, k, crypto_secretbox_KEYBYTES);
    enum og_error error = process_call_finish(sodium->instance.sandbox, &results, fault);
    size_t mlen = clen < crypto_secretbox_MACBYTES ? 0 : clen - crypto_secretbox_MACBYTES;
    return error ? error : sodium_results(sodium, &results, result, m, mlen, fault);
}

#endif
