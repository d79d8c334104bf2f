/* libsodium: SHA-256, SHA-512, BLAKE2b, HMAC-SHA-256, and sealing and opening a secret box, from
 * 8 bytes to 1 MiB in steps of 8 (HMAC-SHA-256: 64 bytes to 16 KiB in steps of 4).
 *
 * The same source for every system; WORKLOAD_STUBS brings the calls in its discipline
 * (sodium.og.h says which). Inputs come from a fixed generator and are
 * equal in all systems. A case's size is that of the message: a sealed box is 16 bytes
 * longer. `copied`: message, nonce, key and result are in host memory. `resident`: they
 * are where the library can reach them, and the result is used there. */
#include WORKLOAD_STUBS

#include "bench/harness/random.h"
#include "bench/harness/workload.h"
#include "bench/workload/case.h"

#include <stdlib.h>
#include <string.h>

enum operation { SHA256, SHA512, BLAKE2B, HMAC_SHA256, SEAL, OPEN };

struct state {
    const struct workload_case *self;
    struct sodium sodium;
    unsigned char *in;
    unsigned char *out;
    size_t in_size;
    size_t out_size;
    unsigned char nonce[crypto_secretbox_NONCEBYTES];
    unsigned char key[crypto_secretbox_KEYBYTES];
    unsigned char fold;
#if RESIDENT_PLACEMENT
    unsigned char resident *resident_in;
    unsigned char resident *resident_out;
    unsigned char resident *resident_nonce;
    unsigned char resident *resident_key;
#endif
};

/* ---- one operation on data in host memory ---- */

static enum og_error sha256(struct state *state, struct og_fault *fault)
{
    int result = -1;
    enum og_error error = call_crypto_hash_sha256(&state->sodium, &result, state->out, state->in,
                                                  state->in_size, fault);
    if (!error && result != 0)
        error = case_unexpected(fault, "crypto_hash_sha256", result);
    return error;
}

static enum og_error sha512(struct state *state, struct og_fault *fault)
{
    int result = -1;
    enum og_error error = call_crypto_hash_sha512(&state->sodium, &result, state->out, state->in,
                                                  state->in_size, fault);
    if (!error && result != 0)
        error = case_unexpected(fault, "crypto_hash_sha512", result);
    return error;
}

static enum og_error blake2b(struct state *state, struct og_fault *fault)
{
    int result = -1;
    enum og_error error =
        call_crypto_generichash(&state->sodium, &result, state->out, crypto_generichash_BYTES,
                                state->in, state->in_size, NULL, 0, fault);
    if (!error && result != 0)
        error = case_unexpected(fault, "crypto_generichash", result);
    return error;
}

static enum og_error hmac_sha256(struct state *state, struct og_fault *fault)
{
    int result = -1;
    enum og_error error = call_crypto_auth_hmacsha256(&state->sodium, &result, state->out,
                                                      state->in, state->in_size, state->key, fault);
    if (!error && result != 0)
        error = case_unexpected(fault, "crypto_auth_hmacsha256", result);
    return error;
}

static enum og_error seal(struct state *state, struct og_fault *fault)
{
    int result = -1;
    enum og_error error =
        call_crypto_secretbox_easy(&state->sodium, &result, state->out, state->in, state->in_size,
                                   state->nonce, state->key, fault);
    if (!error && result != 0)
        error = case_unexpected(fault, "crypto_secretbox_easy", result);
    return error;
}

static enum og_error open_sealed(struct state *state, struct og_fault *fault)
{
    int result = -1;
    enum og_error error =
        call_crypto_secretbox_open_easy(&state->sodium, &result, state->out, state->in,
                                        state->in_size, state->nonce, state->key, fault);
    if (!error && result != 0)
        error = case_unexpected(fault, "crypto_secretbox_open_easy", result);
    return error;
}

CASE_RUN_COPIED(sha256)
CASE_RUN_COPIED(sha512)
CASE_RUN_COPIED(blake2b)
CASE_RUN_COPIED(hmac_sha256)
CASE_RUN_COPIED(seal)
CASE_RUN_COPIED(open_sealed)

/* ---- one operation on data where the library can reach it ---- */

#if RESIDENT_PLACEMENT

/* Uses the result in place. */
static inline enum og_error use(struct state *state, instance_scope *scope, struct og_fault *fault)
    INSTANCE_REQUIRES(scope)
{
    return resident_fold(scope, &state->fold, state->resident_out, state->out_size, fault);
}

static enum og_error resident_sha256(struct state *state, instance_scope *scope,
                                     struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    int result = -1;
    enum og_error error =
        invoke_crypto_hash_sha256(&state->sodium, scope, &result, state->resident_out,
                                  state->resident_in, state->in_size, fault);
    if (!error && result != 0)
        error = case_unexpected(fault, "crypto_hash_sha256", result);
    return error ? error : use(state, scope, fault);
}

static enum og_error resident_sha512(struct state *state, instance_scope *scope,
                                     struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    int result = -1;
    enum og_error error =
        invoke_crypto_hash_sha512(&state->sodium, scope, &result, state->resident_out,
                                  state->resident_in, state->in_size, fault);
    if (!error && result != 0)
        error = case_unexpected(fault, "crypto_hash_sha512", result);
    return error ? error : use(state, scope, fault);
}

static enum og_error resident_blake2b(struct state *state, instance_scope *scope,
                                      struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    int result = -1;
    enum og_error error = invoke_crypto_generichash(
        &state->sodium, scope, &result, state->resident_out, crypto_generichash_BYTES,
        state->resident_in, state->in_size, NULL, 0, fault);
    if (!error && result != 0)
        error = case_unexpected(fault, "crypto_generichash", result);
    return error ? error : use(state, scope, fault);
}

static enum og_error resident_hmac_sha256(struct state *state, instance_scope *scope,
                                          struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    int result = -1;
    enum og_error error = invoke_crypto_auth_hmacsha256(&state->sodium, scope, &result,
                                                        state->resident_out, state->resident_in,
                                                        state->in_size, state->resident_key, fault);
    if (!error && result != 0)
        error = case_unexpected(fault, "crypto_auth_hmacsha256", result);
    return error ? error : use(state, scope, fault);
}

static enum og_error resident_seal(struct state *state, instance_scope *scope,
                                   struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    int result = -1;
    enum og_error error = invoke_crypto_secretbox_easy(
        &state->sodium, scope, &result, state->resident_out, state->resident_in, state->in_size,
        state->resident_nonce, state->resident_key, fault);
    if (!error && result != 0)
        error = case_unexpected(fault, "crypto_secretbox_easy", result);
    return error ? error : use(state, scope, fault);
}

static enum og_error resident_open_sealed(struct state *state, instance_scope *scope,
                                          struct og_fault *fault) INSTANCE_REQUIRES(scope)
{
    int result = -1;
    enum og_error error = invoke_crypto_secretbox_open_easy(
        &state->sodium, scope, &result, state->resident_out, state->resident_in, state->in_size,
        state->resident_nonce, state->resident_key, fault);
    if (!error && result != 0)
        error = case_unexpected(fault, "crypto_secretbox_open_easy", result);
    return error ? error : use(state, scope, fault);
}

CASE_RUN_RESIDENT(resident_sha256, sodium)
CASE_RUN_RESIDENT(resident_sha512, sodium)
CASE_RUN_RESIDENT(resident_blake2b, sodium)
CASE_RUN_RESIDENT(resident_hmac_sha256, sodium)
CASE_RUN_RESIDENT(resident_seal, sodium)
CASE_RUN_RESIDENT(resident_open_sealed, sodium)

static enum og_error place(struct state *state, unsigned char resident **memory,
                           const unsigned char *bytes, size_t size, struct og_fault *fault)
{
    instance_scope scope;
    enum og_error error =
        resident_alloc(&state->sodium.instance, memory, size, CASE_ALIGNMENT, fault);
    if (error)
        return error;
    instance_enter(&state->sodium.instance, &scope);
    error = resident_fill(&scope, *memory, bytes, size, fault);
    instance_leave(&scope);
    return error;
}

static enum og_error place_all(struct state *state, struct og_fault *fault)
{
    enum og_error error = place(state, &state->resident_in, state->in, state->in_size, fault);
    if (!error)
        error = place(state, &state->resident_out, state->out, state->out_size, fault);
    if (!error)
        error = place(state, &state->resident_nonce, state->nonce, sizeof(state->nonce), fault);
    if (!error)
        error = place(state, &state->resident_key, state->key, sizeof(state->key), fault);
    return error;
}

static void unplace_all(struct state *state)
{
    resident_free(&state->sodium.instance, state->resident_in);
    resident_free(&state->sodium.instance, state->resident_out);
    resident_free(&state->sodium.instance, state->resident_nonce);
    resident_free(&state->sodium.instance, state->resident_key);
}

/* One run on a result that was cleared before, then the result's way out. */
static bool output_resident(struct state *state, struct case_error *error)
{
    instance_scope scope;
    struct og_fault fault;
    instance_enter(&state->sodium.instance, &scope);
    enum og_error failed =
        resident_fill(&scope, state->resident_out, state->out, state->out_size, &fault);
    instance_leave(&scope);
    if (failed)
        return case_fail(error, &fault);
    if (!state->self->run(state, 1, NULL, error))
        return false;
    instance_enter(&state->sodium.instance, &scope);
    failed = resident_copy_out(&scope, state->out, state->resident_out, state->out_size, &fault);
    instance_leave(&scope);
    return failed ? case_fail(error, &fault) : true;
}

#else

static enum og_error place_all(struct state *state, struct og_fault *fault)
{
    (void)state;
    return og_fail(fault, OG_UNSUPPORTED, NULL, 0, "nothing is resident in this system");
}

static void unplace_all(struct state *state)
{
    (void)state;
}

static bool output_resident(struct state *state, struct case_error *error)
{
    return state->self->run(state, 1, NULL, error);
}

#endif

/* ---- cases ---- */

static bool output(void *opaque, struct case_output *output, struct case_error *error)
{
    struct state *state = opaque;
    memset(state->out, 0, state->out_size);
    output->bytes = state->out;
    output->size = state->out_size;
    if (state->self->placement == PLACEMENT_RESIDENT)
        return output_resident(state, error);
    return state->self->run(state, 1, NULL, error);
}

static void finish(void *opaque)
{
    struct state *state = opaque;
    if (!state)
        return;
    unplace_all(state);
    sodium_close(&state->sodium);
    free(state->in);
    free(state->out);
    free(state);
}

static size_t output_size(enum operation operation, size_t size)
{
    switch (operation) {
    case SHA256:
        return crypto_hash_sha256_BYTES;
    case SHA512:
        return crypto_hash_sha512_BYTES;
    case BLAKE2B:
        return crypto_generichash_BYTES;
    case HMAC_SHA256:
        return crypto_auth_hmacsha256_BYTES;
    case SEAL:
        return size + crypto_secretbox_MACBYTES;
    case OPEN:
        break;
    }
    return size;
}

/* The message, or, for opening, the box that sealing it through this system gives. */
static enum og_error make_input(struct state *state, struct og_fault *fault)
{
    struct random random = {1};
    random_fill(&random, state->nonce, sizeof(state->nonce));
    random_fill(&random, state->key, sizeof(state->key));
    if (state->self->parameter != OPEN) {
        random_fill(&random, state->in, state->in_size);
        return OG_OK;
    }
    int result = -1;
    random_fill(&random, state->out, state->out_size);
    enum og_error error =
        call_crypto_secretbox_easy(&state->sodium, &result, state->in, state->out, state->out_size,
                                   state->nonce, state->key, fault);
    if (!error && result != 0)
        error = case_unexpected(fault, "crypto_secretbox_easy", result);
    return error;
}

static enum og_error open_library(struct state *state, struct og_fault *fault)
{
    int result = -1;
    enum og_error error = sodium_open(&state->sodium, CASE_OPTIONS(), fault);
    if (!error)
        error = call_sodium_init(&state->sodium, &result, fault);
    if (!error && result < 0)
        error = og_fail(fault, OG_SYSTEM, "sodium_init", 0, "there is no source of randomness");
    return error;
}

static enum og_error make(struct state *state, const struct workload_case *self,
                          struct case_error *error, struct og_fault *fault)
{
    (void)error;
    state->self = self;
    state->in_size = self->size + (self->parameter == OPEN ? crypto_secretbox_MACBYTES : 0);
    state->out_size = output_size(self->parameter, self->size);
    state->in = case_allocate(state->in_size, fault);
    state->out = case_allocate(state->out_size, fault);
    enum og_error failed = state->in && state->out ? OG_OK : OG_NO_MEMORY;
    if (!failed)
        failed = open_library(state, fault);
    if (!failed)
        failed = make_input(state, fault);
    if (!failed && self->placement == PLACEMENT_RESIDENT)
        failed = place_all(state, fault);
    return failed;
}

CASE_PREPARE(make)

#define CASE(name, which, placed, runs, bytes)                                                     \
    {                                                                                              \
        .operation = name, .placement = placed, .size = bytes, .parameter = which,                 \
        .prepare = prepare, .run = runs, .output = output, .finish = finish,                       \
    }

#define EVERY_SIZE(name, which, placed, runs)                                                      \
    CASE(name, which, placed, runs, 8), CASE(name, which, placed, runs, 64),                       \
        CASE(name, which, placed, runs, 512), CASE(name, which, placed, runs, 4096),               \
        CASE(name, which, placed, runs, 32768), CASE(name, which, placed, runs, 262144),           \
        CASE(name, which, placed, runs, 1048576)

/* Sizes of messages, as HMACs are made of; the embedded target has no room for more. */
#define MESSAGE_SIZES(name, which, placed, runs)                                                   \
    CASE(name, which, placed, runs, 64), CASE(name, which, placed, runs, 256),                     \
        CASE(name, which, placed, runs, 1024), CASE(name, which, placed, runs, 4096),              \
        CASE(name, which, placed, runs, 16384)

static const struct workload_case cases[] = {
    EVERY_SIZE("sha256", SHA256, PLACEMENT_COPIED, run_sha256),
    CASE("sha256", SHA256, PLACEMENT_COPIED, run_sha256, 16384),
    EVERY_SIZE("sha512", SHA512, PLACEMENT_COPIED, run_sha512),
    EVERY_SIZE("blake2b", BLAKE2B, PLACEMENT_COPIED, run_blake2b),
    MESSAGE_SIZES("hmac-sha256", HMAC_SHA256, PLACEMENT_COPIED, run_hmac_sha256),
    EVERY_SIZE("secretbox-seal", SEAL, PLACEMENT_COPIED, run_seal),
    EVERY_SIZE("secretbox-open", OPEN, PLACEMENT_COPIED, run_open_sealed),
#if RESIDENT_PLACEMENT
    EVERY_SIZE("sha256", SHA256, PLACEMENT_RESIDENT, run_resident_sha256),
    CASE("sha256", SHA256, PLACEMENT_RESIDENT, run_resident_sha256, 16384),
    EVERY_SIZE("sha512", SHA512, PLACEMENT_RESIDENT, run_resident_sha512),
    EVERY_SIZE("blake2b", BLAKE2B, PLACEMENT_RESIDENT, run_resident_blake2b),
    MESSAGE_SIZES("hmac-sha256", HMAC_SHA256, PLACEMENT_RESIDENT, run_resident_hmac_sha256),
    EVERY_SIZE("secretbox-seal", SEAL, PLACEMENT_RESIDENT, run_resident_seal),
    EVERY_SIZE("secretbox-open", OPEN, PLACEMENT_RESIDENT, run_resident_open_sealed),
#endif
};

const struct workload_table WORKLOAD_TABLE = {
    .workload = "sodium",
    .system = WORKLOAD_SYSTEM_NAME,
    .cases = cases,
    .count = sizeof(cases) / sizeof(cases[0]),
};
