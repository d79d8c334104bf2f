/* ubench through Omniglot: the library in a domain, called through its entries, its memory
 * used in place behind upgrade and validation. The domain's isolation is the system's:
 * nothing here depends on it. */
#ifndef WORKLOADS_UBENCH_UBENCH_OG_H
#define WORKLOADS_UBENCH_UBENCH_OG_H

#include "workloads/discipline/og.h"
#include "workloads/ubench/library.h"
#include "workloads/ubench/ubench-functions.h"

#include <stddef.h>

/* Every call of a case is in one scope. */
struct ubench {
    struct instance instance;
    instance_scope scope;
    struct og_function functions[UBENCH_FUNCTIONS];
};

static const char *const ubench_symbols[UBENCH_FUNCTIONS] = {
    [UBENCH_INT_0] = "ubench_int_0",
    [UBENCH_INT_1] = "ubench_int_1",
    [UBENCH_INT_3] = "ubench_int_3",
    [UBENCH_INT_6] = "ubench_int_6",
    [UBENCH_INT_7] = "ubench_int_7",
    [UBENCH_INT_10] = "ubench_int_10",
    [UBENCH_INT_25] = "ubench_int_25",
    [UBENCH_DOUBLE_8] = "ubench_double_8",
    [UBENCH_MIXED] = "ubench_mixed",
    [UBENCH_STRUCT_REGISTERS] = "ubench_struct_registers",
    [UBENCH_STRUCT_MEMORY] = "ubench_struct_memory",
    [UBENCH_CALL_BACK] = "ubench_call_back",
    [UBENCH_COUNT] = "ubench_count",
};

/* Bytes of arguments on the stack: integers after the sixth, eight bytes each. */
static const size_t ubench_stacks[UBENCH_FUNCTIONS] = {
    [UBENCH_INT_7] = 1 * 8,
    [UBENCH_INT_10] = 4 * 8,
    [UBENCH_INT_25] = 19 * 8,
    [UBENCH_MIXED] = 2 * 8,
};

/* ubench_close closes what this leaves, whether it succeeded or not. */
static inline enum og_error ubench_open(struct ubench *ubench, const char *path,
                                        struct og_fault *fault)
{
    enum og_error error = instance_open(&ubench->instance, "ubench", path, fault);
    for (size_t i = 0; i < UBENCH_FUNCTIONS && !error; i++) {
        struct og_function *function = &ubench->functions[i];
        error = og_domain_lookup(ubench->instance.domain, ubench_symbols[i], function, fault);
        if (!error && ubench_stacks[i])
            error = og_function_stack(function, ubench_stacks[i], fault);
    }
    return error;
}

static inline void ubench_close(struct ubench *ubench)
{
    instance_close(&ubench->instance, NULL);
}

/* ubench_count in an instance of which nothing else is known. */
static inline enum og_error ubench_count_in(struct instance *instance, uint64_t *result,
                                            struct og_fault *fault)
{
    struct og_function function;
    enum og_error error = og_domain_lookup(instance->domain, "ubench_count", &function, fault);
    if (error)
        return error;
    struct og_scope scope;
    og_scope_begin(instance->domain, &scope);
    error = og_invoke_begin(&scope.access, &function, fault);
    if (!error) {
        *result = ((__typeof__(&ubench_count))function.entry)();
        error = og_invoke_end(&scope.access, fault);
    }
    og_scope_end(&scope);
    return error;
}

/* --- the library's functions --- */

static inline enum og_error call_ubench_int_0(struct ubench *ubench, uint64_t *result,
                                              struct og_fault *fault)
    OG_REQUIRES(ubench->scope.access)
{
    const struct og_function *function = &ubench->functions[UBENCH_INT_0];
    enum og_error error = og_invoke_begin(&ubench->scope.access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&ubench_int_0))function->entry)();
    return og_invoke_end(&ubench->scope.access, fault);
}

static inline enum og_error call_ubench_int_1(struct ubench *ubench, uint64_t *result, uint64_t a0,
                                              struct og_fault *fault)
    OG_REQUIRES(ubench->scope.access)
{
    const struct og_function *function = &ubench->functions[UBENCH_INT_1];
    enum og_error error = og_invoke_begin(&ubench->scope.access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&ubench_int_1))function->entry)(a0);
    return og_invoke_end(&ubench->scope.access, fault);
}

static inline enum og_error call_ubench_int_3(struct ubench *ubench, uint64_t *result, uint64_t a0,
                                              uint64_t a1, uint64_t a2, struct og_fault *fault)
    OG_REQUIRES(ubench->scope.access)
{
    const struct og_function *function = &ubench->functions[UBENCH_INT_3];
    enum og_error error = og_invoke_begin(&ubench->scope.access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&ubench_int_3))function->entry)(a0, a1, a2);
    return og_invoke_end(&ubench->scope.access, fault);
}

static inline enum og_error call_ubench_int_6(struct ubench *ubench, uint64_t *result, uint64_t a0,
                                              uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                                              uint64_t a5, struct og_fault *fault)
    OG_REQUIRES(ubench->scope.access)
{
    const struct og_function *function = &ubench->functions[UBENCH_INT_6];
    enum og_error error = og_invoke_begin(&ubench->scope.access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&ubench_int_6))function->entry)(a0, a1, a2, a3, a4, a5);
    return og_invoke_end(&ubench->scope.access, fault);
}

static inline enum og_error call_ubench_int_7(struct ubench *ubench, uint64_t *result, uint64_t a0,
                                              uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                                              uint64_t a5, uint64_t a6, struct og_fault *fault)
    OG_REQUIRES(ubench->scope.access)
{
    const struct og_function *function = &ubench->functions[UBENCH_INT_7];
    enum og_error error = og_invoke_begin(&ubench->scope.access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&ubench_int_7))function->entry)(a0, a1, a2, a3, a4, a5, a6);
    return og_invoke_end(&ubench->scope.access, fault);
}

static inline enum og_error call_ubench_int_10(struct ubench *ubench, uint64_t *result, uint64_t a0,
                                               uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                                               uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8,
                                               uint64_t a9, struct og_fault *fault)
    OG_REQUIRES(ubench->scope.access)
{
    const struct og_function *function = &ubench->functions[UBENCH_INT_10];
    enum og_error error = og_invoke_begin(&ubench->scope.access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&ubench_int_10))function->entry)(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
    return og_invoke_end(&ubench->scope.access, fault);
}

static inline enum og_error
call_ubench_int_25(struct ubench *ubench, uint64_t *result, uint64_t a0, uint64_t a1, uint64_t a2,
                   uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8,
                   uint64_t a9, uint64_t a10, uint64_t a11, uint64_t a12, uint64_t a13,
                   uint64_t a14, uint64_t a15, uint64_t a16, uint64_t a17, uint64_t a18,
                   uint64_t a19, uint64_t a20, uint64_t a21, uint64_t a22, uint64_t a23,
                   uint64_t a24, struct og_fault *fault) OG_REQUIRES(ubench->scope.access)
{
    const struct og_function *function = &ubench->functions[UBENCH_INT_25];
    enum og_error error = og_invoke_begin(&ubench->scope.access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&ubench_int_25))function->entry)(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9,
                                                            a10, a11, a12, a13, a14, a15, a16, a17,
                                                            a18, a19, a20, a21, a22, a23, a24);
    return og_invoke_end(&ubench->scope.access, fault);
}

static inline enum og_error
call_ubench_double_8(struct ubench *ubench, double *result, double a0, double a1, double a2,
                     double a3, double a4, double a5, double a6, double a7, struct og_fault *fault)
    OG_REQUIRES(ubench->scope.access)
{
    const struct og_function *function = &ubench->functions[UBENCH_DOUBLE_8];
    enum og_error error = og_invoke_begin(&ubench->scope.access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&ubench_double_8))function->entry)(a0, a1, a2, a3, a4, a5, a6, a7);
    return og_invoke_end(&ubench->scope.access, fault);
}

static inline enum og_error
call_ubench_mixed(struct ubench *ubench, uint64_t *result, int32_t a0, double a1,
                  const void *cookie, uint64_t a3, float a4, int16_t a5, double a6, uint8_t a7,
                  uint64_t a8, double a9, uint32_t a10, uint64_t a11, struct og_fault *fault)
    OG_REQUIRES(ubench->scope.access)
{
    const struct og_function *function = &ubench->functions[UBENCH_MIXED];
    enum og_error error = og_invoke_begin(&ubench->scope.access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&ubench_mixed))function->entry)(a0, a1, cookie, a3, a4, a5, a6, a7, a8,
                                                           a9, a10, a11);
    return og_invoke_end(&ubench->scope.access, fault);
}

static inline enum og_error call_ubench_struct_registers(struct ubench *ubench,
                                                         struct ubench_pair *result, uint64_t a0,
                                                         uint64_t a1, struct og_fault *fault)
    OG_REQUIRES(ubench->scope.access)
{
    const struct og_function *function = &ubench->functions[UBENCH_STRUCT_REGISTERS];
    enum og_error error = og_invoke_begin(&ubench->scope.access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&ubench_struct_registers))function->entry)(a0, a1);
    return og_invoke_end(&ubench->scope.access, fault);
}

static inline enum og_error call_ubench_struct_memory(struct ubench *ubench,
                                                      struct ubench_six *result, uint64_t a0,
                                                      uint64_t a1, struct og_fault *fault)
    OG_REQUIRES(ubench->scope.access)
{
    const struct og_function *function = &ubench->functions[UBENCH_STRUCT_MEMORY];
    struct og_scope scope;
    og_scope_begin(ubench->instance.domain, &scope);
    struct ubench_six og_mut *memory = og_alloc_dirty(&scope, struct ubench_six, 1, fault);
    enum og_error error = memory ? og_invoke_begin(&scope.access, function, fault) : fault->error;
    if (!error) {
        /* A struct in memory is returned where a hidden first argument says (SysV psABI 1.0,
         * 3.2.3). The compiler would let it say host memory, which the library cannot write. */
        ((void (*)(struct ubench_six *, uint64_t, uint64_t))function->entry)(og_pass(memory), a0,
                                                                             a1);
        error = og_invoke_end(&scope.access, fault);
    }
    if (!error) {
        og_read_begin(&scope.access);
        const struct ubench_six og_valid *valid =
            og_validate_array(&scope.access, memory, 1, fault);
        if (valid)
            *result = og_value(&scope.access, valid);
        else
            error = fault->error;
        og_read_end(&scope.access);
    }
    og_scope_end(&scope);
    return error;
}

/* --- callbacks --- */

struct host_callback {
    struct og_callback callback;
    uint64_t (*function)(uint64_t value);
};

static inline void host_callback_entered(void *user, struct og_scope *scope,
                                         const struct og_arguments *arguments,
                                         struct og_result *result)
{
    const struct host_callback *callback = user;
    (void)scope;
    result->integer = callback->function(arguments->integers[0]);
}

static inline enum og_error host_callback_open(struct ubench *ubench,
                                               struct host_callback *callback,
                                               uint64_t (*function)(uint64_t value),
                                               struct og_fault *fault)
{
    callback->function = function;
    return og_callback_open(ubench->instance.domain, &callback->callback, host_callback_entered,
                            callback, fault);
}

static inline void host_callback_close(struct ubench *ubench, struct host_callback *callback)
{
    (void)ubench;
    og_callback_close(&callback->callback);
}

static inline enum og_error call_ubench_call_back(struct ubench *ubench, uint64_t *result,
                                                  const struct host_callback *callback,
                                                  uint64_t value, struct og_fault *fault)
    OG_REQUIRES(ubench->scope.access)
{
    const struct og_function *function = &ubench->functions[UBENCH_CALL_BACK];
    enum og_error error = og_invoke_begin(&ubench->scope.access, function, fault);
    if (error)
        return error;
    *result = ((__typeof__(&ubench_call_back))function->entry)(
        og_callback_pointer(&callback->callback, uint64_t(*)(uint64_t)), value);
    return og_invoke_end(&ubench->scope.access, fault);
}

#include "workloads/ubench/ubench-in-place.og.h"

#endif
