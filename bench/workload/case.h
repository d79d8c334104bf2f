/* What the cases of every library's workload are made of: the loop over an operation,
 * host buffers, and the way from a fault to the one sentence that the harness gets.
 * Included after the stubs. */
#ifndef BENCH_WORKLOAD_CASE_H
#define BENCH_WORKLOAD_CASE_H

#include "bench/workload/consume.h"
#include WORKLOAD_DISCIPLINE
#include "bench/harness/workload.h"
#include <omniglot/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fills *error from *fault; returns false, for `return case_fail(...)`. */
static inline bool case_fail(struct case_error *error, const struct og_fault *fault)
{
    snprintf(error->message, sizeof(error->message), "%s: %s%s%s", og_error_name(fault->error),
             fault->symbol, *fault->symbol ? ": " : "", fault->message);
    return false;
}

/* The library's `function` came back with a status that the workload's input cannot bring
 * about. Fills *fault; returns OG_CONTRACT. */
static inline enum og_error case_unexpected(struct og_fault *fault, const char *function,
                                            int status)
{
    char message[64];
    snprintf(message, sizeof(message), "returned %d, which this workload never leads to", status);
    return og_fail(fault, OG_CONTRACT, function, 0, message);
}

/* Host buffers and resident ones both start at a cache line. */
enum { CASE_ALIGNMENT = 64 };

/* A zeroed host buffer. The caller frees it. NULL and *fault when there is no memory. */
static inline unsigned char *case_allocate(size_t size, struct og_fault *fault)
{
    unsigned char *memory = aligned_alloc(CASE_ALIGNMENT, (size + CASE_ALIGNMENT - 1) /
                                                              CASE_ALIGNMENT * CASE_ALIGNMENT);
    if (memory)
        memset(memory, 0, size);
    else
        og_out_of_memory(fault);
    return memory;
}

/* Defines prepare, a case's, with
 *     enum og_error make(struct state *state, const struct workload_case *self,
 *                        struct case_error *error, struct og_fault *fault)
 * which fills a zeroed state. Why it fails is in *fault, if not in *error; finish then takes back
 * what there is of the state. */
#define CASE_PREPARE(make)                                                                         \
    static void *prepare(const struct workload_case *self, struct case_error *error)               \
    {                                                                                              \
        struct og_fault fault;                                                                     \
        struct state *state = calloc(1, sizeof(*state));                                           \
        if (!state) {                                                                              \
            snprintf(error->message, sizeof(error->message), "the host is out of memory");         \
            return NULL;                                                                           \
        }                                                                                          \
        *error->message = '\0';                                                                    \
        if (!make(state, self, error, &fault))                                                     \
            return state;                                                                          \
        if (!*error->message)                                                                      \
            case_fail(error, &fault);                                                              \
        finish(state);                                                                             \
        return NULL;                                                                               \
    }

/* Defines run_OPERATION: a case's run, with
 *     enum og_error OPERATION(struct state *state, struct og_fault *fault)
 * inlined in its loop. */
#define CASE_RUN_COPIED(operation)                                                                 \
    static bool run_##operation(void *opaque, uint64_t iterations, uint64_t *elapsed,              \
                                struct case_error *error)                                          \
    {                                                                                              \
        struct state *state = opaque;                                                              \
        struct og_fault fault;                                                                     \
        (void)elapsed;                                                                             \
        for (uint64_t i = 0; i < iterations; i++) {                                                \
            if (operation(state, &fault))                                                          \
                return case_fail(error, &fault);                                                   \
            consume_bytes(state);                                                                  \
        }                                                                                          \
        return true;                                                                               \
    }

/* The same for an operation on resident data, which gets the scope of the whole run and
 * uses its result in place:
 *     enum og_error OPERATION(struct state *state, instance_scope *scope,
 *                             struct og_fault *fault) INSTANCE_REQUIRES(scope)
 * `library` is the member of struct state whose instance it is. */
#define CASE_RUN_RESIDENT(operation, library)                                                      \
    static bool run_##operation(void *opaque, uint64_t iterations, uint64_t *elapsed,              \
                                struct case_error *error)                                          \
    {                                                                                              \
        struct state *state = opaque;                                                              \
        struct og_fault fault;                                                                     \
        instance_scope scope;                                                                      \
        enum og_error failed = OG_OK;                                                              \
        (void)elapsed;                                                                             \
        instance_enter(&state->library.instance, &scope);                                          \
        for (uint64_t i = 0; i < iterations && !failed; i++)                                       \
            failed = operation(state, &scope, &fault);                                             \
        instance_leave(&scope);                                                                    \
        return failed ? case_fail(error, &fault) : true;                                           \
    }

#endif
