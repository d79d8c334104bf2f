/* ubench through Omniglot: the library in a domain, called through its entries, its memory
 * used in place behind upgrade and validation. The domain's isolation is the system's:
 * nothing here depends on it. */
#ifndef WORKLOADS_UBENCH_UBENCH_OG_H
#define WORKLOADS_UBENCH_UBENCH_OG_H

#include "workloads/discipline/og.h"
#include "workloads/ubench/library.h"
#include "workloads/ubench/ubench-functions.h"
#include <omniglot/parameters.h>

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

/* Bytes of arguments on the stack: what the target's registers have no room for. */
static inline size_t ubench_stack(enum ubench_function function)
{
#define INTEGERS_5                                                                                 \
    OG_PARAMETER(uint64_t), OG_PARAMETER(uint64_t), OG_PARAMETER(uint64_t),                        \
        OG_PARAMETER(uint64_t), OG_PARAMETER(uint64_t)
#define DOUBLES_4                                                                                  \
    OG_PARAMETER(double), OG_PARAMETER(double), OG_PARAMETER(double), OG_PARAMETER(double)
    switch (function) {
    case UBENCH_INT_6:
        return OG_STACK_BYTES(INTEGERS_5, OG_PARAMETER(uint64_t));
    case UBENCH_INT_7:
        return OG_STACK_BYTES(INTEGERS_5, OG_PARAMETER(uint64_t), OG_PARAMETER(uint64_t));
    case UBENCH_INT_10:
        return OG_STACK_BYTES(INTEGERS_5, INTEGERS_5);
    case UBENCH_INT_25:
        return OG_STACK_BYTES(INTEGERS_5, INTEGERS_5, INTEGERS_5, INTEGERS_5, INTEGERS_5);
    case UBENCH_DOUBLE_8:
        return OG_STACK_BYTES(DOUBLES_4, DOUBLES_4);
    case UBENCH_MIXED:
        return OG_STACK_BYTES(OG_PARAMETER(int32_t), OG_PARAMETER(double),
                              OG_PARAMETER(const void *), OG_PARAMETER(uint64_t),
                              OG_PARAMETER(float), OG_PARAMETER(int16_t), OG_PARAMETER(double),
                              OG_PARAMETER(uint8_t), OG_PARAMETER(uint64_t), OG_PARAMETER(double),
                              OG_PARAMETER(uint32_t), OG_PARAMETER(uint64_t));
    default:
        return 0;
    }
#undef INTEGERS_5
#undef DOUBLES_4
}

/* ubench_close closes what this leaves, whether it succeeded or not. */
static inline enum og_error ubench_open(struct ubench *ubench, const char *path,
                                        struct og_fault *fault)
{
    enum og_error error = instance_open(&ubench->instance, "ubench", path, fault);
    for (size_t i = 0; i < UBENCH_FUNCTIONS && !error; i++) {
        struct og_function *function = &ubench->functions[i];
        error = og_domain_lookup(ubench->instance.domain, ubench_symbols[i], function, fault);
        size_t stack = ubench_stack((enum ubench_function)i);
        if (!error && stack)
            error = og_function_stack(function, stack, fault);
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

/* A struct in memory is returned where a hidden first argument says (SysV psABI 1.0, 3.2.3;
 * RISC-V psABI 1.0, 2.1). The compiler would let it say host memory, which the library cannot
 * write. Calls `function`, which returns such a struct of `size` bytes, for *result. */
static inline enum og_error ubench_struct_in_memory(struct ubench *ubench,
                                                    const struct og_function *function,
                                                    unsigned char *result, size_t size, uint64_t a0,
                                                    uint64_t a1, struct og_fault *fault)
    OG_REQUIRES(ubench->scope.access)
{
    struct og_scope scope;
    og_scope_begin(ubench->instance.domain, &scope);
    unsigned char og_mut *memory =
        (unsigned char og_mut *)og_alloc_dirty_bytes(&scope, 1, size, _Alignof(uint64_t), fault);
    enum og_error error = memory ? og_invoke_begin(&scope.access, function, fault) : fault->error;
    if (!error) {
        ((void (*)(void *, uint64_t, uint64_t))function->entry)(og_pass(memory), a0, a1);
        error = og_invoke_end(&scope.access, fault);
    }
    if (!error)
        error = argument_out(&scope, result, memory, size, fault);
    og_scope_end(&scope);
    return error;
}

static inline enum og_error call_ubench_struct_registers(struct ubench *ubench,
                                                         struct ubench_pair *result, uint64_t a0,
                                                         uint64_t a1, struct og_fault *fault)
    OG_REQUIRES(ubench->scope.access)
{
    const struct og_function *function = &ubench->functions[UBENCH_STRUCT_REGISTERS];
    if (OG_RETURNED_IN_MEMORY(struct ubench_pair))
        return ubench_struct_in_memory(ubench, function, (unsigned char *)result, sizeof(*result),
                                       a0, a1, fault);
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
    return ubench_struct_in_memory(ubench, &ubench->functions[UBENCH_STRUCT_MEMORY],
                                   (unsigned char *)result, sizeof(*result), a0, a1, fault);
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
    result->integer = callback->function(og_argument_u64(arguments, 0));
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
