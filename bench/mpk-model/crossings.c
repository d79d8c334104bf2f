/* Stands in for the functions of Omniglot that workloads call: does what they do, and counts. */
#include "bench/mpk-model/crossings.h"

#include <omniglot/omniglot.h>

#include <stddef.h>
#include <stdlib.h>

#include "bench/mpk-model/crossings_thunks.h"

struct crossings crossings;
_Static_assert(offsetof(struct crossings, calls) == 0 &&
                   offsetof(struct crossings, stack_words) == 8,
               "crossings_thunks.S adds to them");

/* Hidden, for the thunks to find them. */
extern const char crossings_thunks[];
void (*crossings_targets[CROSSINGS_THUNKS])(void);
uint64_t crossings_words[CROSSINGS_THUNKS];
static const struct og_domain *owners[CROSSINGS_THUNKS]; /* NULL: the thunk is free */

/* A callback's own function, which is called when it has been counted. */
struct counted {
    struct counted *next;
    const struct og_callback *callback;
    og_callback_function *function;
    void *user;
};

static struct counted *all_counted; /* kept until the program ends */

#define STANDS_IN(type, name, ...)                                                                 \
    type __real_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

/* --- calls --- */

static void (*thunk(size_t index))(void)
{
    return (void (*)(void))(uintptr_t)(crossings_thunks + index * CROSSINGS_THUNK_SIZE);
}

STANDS_IN(enum og_error, og_domain_lookup, struct og_domain *domain, const char *symbol,
          struct og_function *function, struct og_fault *fault)
{
    enum og_error error = __real_og_domain_lookup(domain, symbol, function, fault);
    if (error)
        return error;
    for (size_t i = 0; i < CROSSINGS_THUNKS; i++) {
        if (owners[i])
            continue;
        owners[i] = domain;
        crossings_targets[i] = function->entry;
        crossings_words[i] = 0;
        function->entry = thunk(i);
        return OG_OK;
    }
    function->domain = NULL;
    return og_fail(fault, OG_NO_MEMORY, symbol, 0, "no thunk is left to count its calls");
}

STANDS_IN(enum og_error, og_function_takes, struct og_function *function,
          const struct og_parameter *parameters, size_t count, struct og_fault *fault)
{
    size_t index =
        ((uintptr_t)function->entry - (uintptr_t)crossings_thunks) / CROSSINGS_THUNK_SIZE;
    struct og_function real = *function;
    if (index >= CROSSINGS_THUNKS || owners[index] != function->domain)
        return og_fail(fault, OG_BAD_ARGUMENT, NULL, 0, "the function was not looked up");
    real.entry = crossings_targets[index];
    enum og_error error = __real_og_function_takes(&real, parameters, count, fault);
    if (error)
        return error;
    crossings_targets[index] = real.entry;
    crossings_words[index] = (og_stack_bytes(parameters, count) + 7) / 8;
    return OG_OK;
}

/* --- callbacks --- */

static void count_callback(void *user, struct og_scope *scope, const struct og_arguments *arguments,
                           struct og_result *result)
{
    const struct counted *counted = user;
    crossings.callbacks++;
    counted->function(counted->user, scope, arguments, result);
}

STANDS_IN(enum og_error, og_callback_open, struct og_domain *domain, struct og_callback *callback,
          og_callback_function *function, void *user, struct og_fault *fault)
{
    struct counted *counted = all_counted;
    while (counted && counted->callback != callback)
        counted = counted->next;
    if (!counted) {
        counted = malloc(sizeof(*counted));
        if (!counted)
            return og_out_of_memory(fault);
        counted->next = all_counted;
        counted->callback = callback;
        all_counted = counted;
    }
    counted->function = function;
    counted->user = user;
    return __real_og_callback_open(domain, callback, count_callback, counted, fault);
}

/* --- the heap --- */

STANDS_IN(void og_mut *, og_heap_alloc_bytes, const struct og_access *access, size_t size,
          size_t count, size_t alignment, struct og_fault *fault)
{
    crossings.heap_calls++;
    return __real_og_heap_alloc_bytes(access, size, count, alignment, fault);
}

STANDS_IN(enum og_error, og_heap_free, const struct og_access *access, void og_mut *memory,
          struct og_fault *fault)
{
    crossings.heap_calls++;
    return __real_og_heap_free(access, memory, fault);
}

/* --- a domain's life --- */

STANDS_IN(enum og_error, og_domain_open, struct og_domain **domain, const char *const *libraries,
          const struct og_options *options, struct og_fault *fault)
{
    crossings.lives++;
    return __real_og_domain_open(domain, libraries, options, fault);
}

STANDS_IN(enum og_error, og_domain_reset, struct og_domain *domain, struct og_fault *fault)
{
    crossings.lives++;
    return __real_og_domain_reset(domain, fault);
}

STANDS_IN(enum og_error, og_domain_close, struct og_domain *domain, struct og_fault *fault)
{
    crossings.lives++;
    enum og_error error = __real_og_domain_close(domain, fault);
    for (size_t i = 0; i < CROSSINGS_THUNKS && !error; i++)
        if (owners[i] == domain)
            owners[i] = NULL;
    return error;
}
