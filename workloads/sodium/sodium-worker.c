/* libsodium in a worker process: one handler per function of sodium.process.h. A
 * handler takes the arguments apart, checks what the library itself does not (sizes of
 * fixed arrays), calls, and puts the status and the output. */
#include "baselines/process/worker.h"
#include "workloads/sodium/sodium.process.h"

#include <sodium.h>

/* A byte string that the library expects to have exactly `size` bytes. */
static const unsigned char *get_fixed(struct wire_reader *arguments, size_t size)
{
    size_t actual;
    const unsigned char *bytes = wire_get_bytes(arguments, &actual);
    if (bytes && actual != size)
        wire_reader_fail(arguments, "a fixed-size argument has another size");
    return bytes;
}

static enum og_error initialize(struct process_worker *worker, struct wire_reader *arguments,
                                struct wire_writer *results)
{
    (void)worker;
    enum og_error error = wire_finish(arguments);
    if (!error)
        wire_put_i64(results, sodium_init());
    return error;
}

/* Makes room for an output of `size` bytes in the reply itself, or gives *error. */
static unsigned char *output(struct wire_writer *results, size_t size, enum og_error *error)
{
    unsigned char *out = wire_reserve(results, size);
    *error = out ? OG_OK : wire_writer_error(results);
    return out;
}

/* Ends a reply: the output, if the call succeeded, and the status. */
static enum og_error reply(struct wire_writer *results, size_t size, int status)
{
    wire_commit(results, status == 0 ? size : 0);
    wire_put_i64(results, status);
    return wire_writer_error(results);
}

static enum og_error hash_sha256(struct process_worker *worker, struct wire_reader *arguments,
                                 struct wire_writer *results)
{
    (void)worker;
    size_t inlen;
    const unsigned char *in = wire_get_bytes(arguments, &inlen);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    unsigned char *out = output(results, crypto_hash_sha256_BYTES, &error);
    if (!out)
        return error;
    return reply(results, crypto_hash_sha256_BYTES, crypto_hash_sha256(out, in, inlen));
}

static enum og_error hash_sha512(struct process_worker *worker, struct wire_reader *arguments,
                                 struct wire_writer *results)
{
    (void)worker;
    size_t inlen;
    const unsigned char *in = wire_get_bytes(arguments, &inlen);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    unsigned char *out = output(results, crypto_hash_sha512_BYTES, &error);
    if (!out)
        return error;
    return reply(results, crypto_hash_sha512_BYTES, crypto_hash_sha512(out, in, inlen));
}

static enum og_error generichash(struct process_worker *worker, struct wire_reader *arguments,
                                 struct wire_writer *results)
{
    (void)worker;
    size_t inlen, keylen;
    uint64_t outlen = wire_get_u64(arguments);
    const unsigned char *in = wire_get_bytes(arguments, &inlen);
    const unsigned char *key = wire_get_bytes(arguments, &keylen);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    unsigned char *out = output(results, outlen, &error);
    if (!out)
        return error;
    return reply(results, outlen,
                 crypto_generichash(out, outlen, in, inlen, keylen ? key : NULL, keylen));
}

static enum og_error auth_hmacsha256(struct process_worker *worker, struct wire_reader *arguments,
                                     struct wire_writer *results)
{
    (void)worker;
    size_t inlen;
    const unsigned char *in = wire_get_bytes(arguments, &inlen);
    const unsigned char *k = get_fixed(arguments, crypto_auth_hmacsha256_KEYBYTES);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    unsigned char *out = output(results, crypto_auth_hmacsha256_BYTES, &error);
    if (!out)
        return error;
    return reply(results, crypto_auth_hmacsha256_BYTES, crypto_auth_hmacsha256(out, in, inlen, k));
}

static enum og_error secretbox_easy(struct process_worker *worker, struct wire_reader *arguments,
                                    struct wire_writer *results)
{
    (void)worker;
    size_t mlen;
    const unsigned char *m = wire_get_bytes(arguments, &mlen);
    const unsigned char *n = get_fixed(arguments, crypto_secretbox_NONCEBYTES);
    const unsigned char *k = get_fixed(arguments, crypto_secretbox_KEYBYTES);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    unsigned char *c = output(results, mlen + crypto_secretbox_MACBYTES, &error);
    if (!c)
        return error;
    return reply(results, mlen + crypto_secretbox_MACBYTES,
                 crypto_secretbox_easy(c, m, mlen, n, k));
}

static enum og_error secretbox_open_easy(struct process_worker *worker,
                                         struct wire_reader *arguments, struct wire_writer *results)
{
    (void)worker;
    size_t clen;
    const unsigned char *c = wire_get_bytes(arguments, &clen);
    const unsigned char *n = get_fixed(arguments, crypto_secretbox_NONCEBYTES);
    const unsigned char *k = get_fixed(arguments, crypto_secretbox_KEYBYTES);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    size_t mlen = clen < crypto_secretbox_MACBYTES ? 0 : clen - crypto_secretbox_MACBYTES;
    unsigned char *m = output(results, mlen, &error);
    if (!m)
        return error;
    return reply(results, mlen, crypto_secretbox_open_easy(m, c, clen, n, k));
}

const struct process_handler process_handlers[] = {
    [SODIUM_INIT] = {initialize},
    [SODIUM_CRYPTO_HASH_SHA256] = {hash_sha256},
    [SODIUM_CRYPTO_HASH_SHA512] = {hash_sha512},
    [SODIUM_CRYPTO_GENERICHASH] = {generichash},
    [SODIUM_CRYPTO_AUTH_HMACSHA256] = {auth_hmacsha256},
    [SODIUM_CRYPTO_SECRETBOX_EASY] = {secretbox_easy},
    [SODIUM_CRYPTO_SECRETBOX_OPEN_EASY] = {secretbox_open_easy},
};

const size_t process_handler_count = SODIUM_FUNCTION_COUNT;
