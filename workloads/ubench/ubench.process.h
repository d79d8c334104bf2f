/* ubench through the process sandbox: the library in a worker, every argument and result
 * serialized. Nothing is shared, so what works in place does not exist here. */
#ifndef WORKLOADS_UBENCH_UBENCH_PROCESS_H
#define WORKLOADS_UBENCH_UBENCH_PROCESS_H

#include "baselines/process/process.h"
#include "workloads/ubench/library.h"
#include "workloads/ubench/ubench-functions.h"

/* --- one instance of the library: one worker --- */

struct instance {
    struct process_sandbox *process;
};

static inline enum og_error instance_open(struct instance *instance, const char *path,
                                          struct og_fault *fault)
{
    (void)path; /* the worker brings the library */
    const struct process_options options = {
        .library = "ubench",
#ifdef WORKLOAD_SYSTEM_process_ring
        .transport = PROCESS_RING,
#else
        .transport = PROCESS_SOCKET,
#endif
    };
    return process_open(&instance->process, &options, fault);
}

static inline enum og_error instance_close(struct instance *instance, struct og_fault *fault)
{
    (void)fault;
    process_close(instance->process);
    instance->process = NULL;
    return OG_OK;
}

static inline enum og_error instance_reset(struct instance *instance, struct og_fault *fault)
{
    return process_reset(instance->process, fault);
}

static inline enum og_error instance_count(struct instance *instance, uint64_t *result,
                                           struct og_fault *fault)
{
    process_call_begin(instance->process, UBENCH_COUNT);
    struct wire_reader results;
    enum og_error error = process_call_finish(instance->process, &results, fault);
    if (error)
        return error;
    *result = wire_get_u64(&results);
    return process_results_finish(instance->process, &results, fault);
}

/* --- the library for many calls --- */

struct sandbox {
    struct instance instance;
};

static inline enum og_error sandbox_open(struct sandbox *sandbox, const char *path,
                                         struct og_fault *fault)
{
    return instance_open(&sandbox->instance, path, fault);
}

static inline void sandbox_close(struct sandbox *sandbox)
{
    instance_close(&sandbox->instance, NULL);
}

static inline void sandbox_enter(struct sandbox *sandbox)
{
    (void)sandbox;
}

static inline void sandbox_leave(struct sandbox *sandbox)
{
    (void)sandbox;
}

/* --- the library's functions --- */

static inline enum og_error call_ubench_int_0(struct sandbox *sandbox, uint64_t *result,
                                              struct og_fault *fault)
{
    process_call_begin(sandbox->instance.process, UBENCH_INT_0);
    struct wire_reader results;
    enum og_error error = process_call_finish(sandbox->instance.process, &results, fault);
    if (error)
        return error;
    *result = wire_get_u64(&results);
    return process_results_finish(sandbox->instance.process, &results, fault);
}

static inline enum og_error call_ubench_int_1(struct sandbox *sandbox, uint64_t *result,
                                              uint64_t a0, struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(sandbox->instance.process, UBENCH_INT_1);
    wire_put_u64(arguments, a0);
    struct wire_reader results;
    enum og_error error = process_call_finish(sandbox->instance.process, &results, fault);
    if (error)
        return error;
    *result = wire_get_u64(&results);
    return process_results_finish(sandbox->instance.process, &results, fault);
}

static inline enum og_error call_ubench_int_3(struct sandbox *sandbox, uint64_t *result,
                                              uint64_t a0, uint64_t a1, uint64_t a2,
                                              struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(sandbox->instance.process, UBENCH_INT_3);
    wire_put_u64(arguments, a0);
    wire_put_u64(arguments, a1);
    wire_put_u64(arguments, a2);
    struct wire_reader results;
    enum og_error error = process_call_finish(sandbox->instance.process, &results, fault);
    if (error)
        return error;
    *result = wire_get_u64(&results);
    return process_results_finish(sandbox->instance.process, &results, fault);
}

static inline enum og_error call_ubench_int_6(struct sandbox *sandbox, uint64_t *result,
                                              uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                                              uint64_t a4, uint64_t a5, struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(sandbox->instance.process, UBENCH_INT_6);
    wire_put_u64(arguments, a0);
    wire_put_u64(arguments, a1);
    wire_put_u64(arguments, a2);
    wire_put_u64(arguments, a3);
    wire_put_u64(arguments, a4);
    wire_put_u64(arguments, a5);
    struct wire_reader results;
    enum og_error error = process_call_finish(sandbox->instance.process, &results, fault);
    if (error)
        return error;
    *result = wire_get_u64(&results);
    return process_results_finish(sandbox->instance.process, &results, fault);
}

static inline enum og_error call_ubench_int_7(struct sandbox *sandbox, uint64_t *result,
                                              uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                                              uint64_t a4, uint64_t a5, uint64_t a6,
                                              struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(sandbox->instance.process, UBENCH_INT_7);
    wire_put_u64(arguments, a0);
    wire_put_u64(arguments, a1);
    wire_put_u64(arguments, a2);
    wire_put_u64(arguments, a3);
    wire_put_u64(arguments, a4);
    wire_put_u64(arguments, a5);
    wire_put_u64(arguments, a6);
    struct wire_reader results;
    enum og_error error = process_call_finish(sandbox->instance.process, &results, fault);
    if (error)
        return error;
    *result = wire_get_u64(&results);
    return process_results_finish(sandbox->instance.process, &results, fault);
}

static inline enum og_error call_ubench_int_10(struct sandbox *sandbox, uint64_t *result,
                                               uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                                               uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7,
                                               uint64_t a8, uint64_t a9, struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(sandbox->instance.process, UBENCH_INT_10);
    wire_put_u64(arguments, a0);
    wire_put_u64(arguments, a1);
    wire_put_u64(arguments, a2);
    wire_put_u64(arguments, a3);
    wire_put_u64(arguments, a4);
    wire_put_u64(arguments, a5);
    wire_put_u64(arguments, a6);
    wire_put_u64(arguments, a7);
    wire_put_u64(arguments, a8);
    wire_put_u64(arguments, a9);
    struct wire_reader results;
    enum og_error error = process_call_finish(sandbox->instance.process, &results, fault);
    if (error)
        return error;
    *result = wire_get_u64(&results);
    return process_results_finish(sandbox->instance.process, &results, fault);
}

static inline enum og_error
call_ubench_int_25(struct sandbox *sandbox, uint64_t *result, uint64_t a0, uint64_t a1, uint64_t a2,
                   uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8,
                   uint64_t a9, uint64_t a10, uint64_t a11, uint64_t a12, uint64_t a13,
                   uint64_t a14, uint64_t a15, uint64_t a16, uint64_t a17, uint64_t a18,
                   uint64_t a19, uint64_t a20, uint64_t a21, uint64_t a22, uint64_t a23,
                   uint64_t a24, struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(sandbox->instance.process, UBENCH_INT_25);
    wire_put_u64(arguments, a0);
    wire_put_u64(arguments, a1);
    wire_put_u64(arguments, a2);
    wire_put_u64(arguments, a3);
    wire_put_u64(arguments, a4);
    wire_put_u64(arguments, a5);
    wire_put_u64(arguments, a6);
    wire_put_u64(arguments, a7);
    wire_put_u64(arguments, a8);
    wire_put_u64(arguments, a9);
    wire_put_u64(arguments, a10);
    wire_put_u64(arguments, a11);
    wire_put_u64(arguments, a12);
    wire_put_u64(arguments, a13);
    wire_put_u64(arguments, a14);
    wire_put_u64(arguments, a15);
    wire_put_u64(arguments, a16);
    wire_put_u64(arguments, a17);
    wire_put_u64(arguments, a18);
    wire_put_u64(arguments, a19);
    wire_put_u64(arguments, a20);
    wire_put_u64(arguments, a21);
    wire_put_u64(arguments, a22);
    wire_put_u64(arguments, a23);
    wire_put_u64(arguments, a24);
    struct wire_reader results;
    enum og_error error = process_call_finish(sandbox->instance.process, &results, fault);
    if (error)
        return error;
    *result = wire_get_u64(&results);
    return process_results_finish(sandbox->instance.process, &results, fault);
}

static inline enum og_error call_ubench_double_8(struct sandbox *sandbox, double *result, double a0,
                                                 double a1, double a2, double a3, double a4,
                                                 double a5, double a6, double a7,
                                                 struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(sandbox->instance.process, UBENCH_DOUBLE_8);
    wire_put_f64(arguments, a0);
    wire_put_f64(arguments, a1);
    wire_put_f64(arguments, a2);
    wire_put_f64(arguments, a3);
    wire_put_f64(arguments, a4);
    wire_put_f64(arguments, a5);
    wire_put_f64(arguments, a6);
    wire_put_f64(arguments, a7);
    struct wire_reader results;
    enum og_error error = process_call_finish(sandbox->instance.process, &results, fault);
    if (error)
        return error;
    *result = wire_get_f64(&results);
    return process_results_finish(sandbox->instance.process, &results, fault);
}

static inline enum og_error call_ubench_mixed(struct sandbox *sandbox, uint64_t *result, int32_t a0,
                                              double a1, const void *cookie, uint64_t a3, float a4,
                                              int16_t a5, double a6, uint8_t a7, uint64_t a8,
                                              double a9, uint32_t a10, uint64_t a11,
                                              struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(sandbox->instance.process, UBENCH_MIXED);
    wire_put_i64(arguments, a0);
    wire_put_f64(arguments, a1);
    wire_put_u64(arguments, (uintptr_t)cookie);
    wire_put_u64(arguments, a3);
    wire_put_f64(arguments, a4);
    wire_put_i64(arguments, a5);
    wire_put_f64(arguments, a6);
    wire_put_u8(arguments, a7);
    wire_put_u64(arguments, a8);
    wire_put_f64(arguments, a9);
    wire_put_u32(arguments, a10);
    wire_put_u64(arguments, a11);
    struct wire_reader results;
    enum og_error error = process_call_finish(sandbox->instance.process, &results, fault);
    if (error)
        return error;
    *result = wire_get_u64(&results);
    return process_results_finish(sandbox->instance.process, &results, fault);
}

static inline enum og_error call_ubench_struct_registers(struct sandbox *sandbox,
                                                         struct ubench_pair *result, uint64_t a0,
                                                         uint64_t a1, struct og_fault *fault)
{
    struct wire_writer *arguments =
        process_call_begin(sandbox->instance.process, UBENCH_STRUCT_REGISTERS);
    wire_put_u64(arguments, a0);
    wire_put_u64(arguments, a1);
    struct wire_reader results;
    enum og_error error = process_call_finish(sandbox->instance.process, &results, fault);
    if (error)
        return error;
    result->first = wire_get_u64(&results);
    result->second = wire_get_u64(&results);
    return process_results_finish(sandbox->instance.process, &results, fault);
}

static inline enum og_error call_ubench_struct_memory(struct sandbox *sandbox,
                                                      struct ubench_six *result, uint64_t a0,
                                                      uint64_t a1, struct og_fault *fault)
{
    struct wire_writer *arguments =
        process_call_begin(sandbox->instance.process, UBENCH_STRUCT_MEMORY);
    wire_put_u64(arguments, a0);
    wire_put_u64(arguments, a1);
    struct wire_reader results;
    enum og_error error = process_call_finish(sandbox->instance.process, &results, fault);
    if (error)
        return error;
    for (size_t i = 0; i < sizeof(result->values) / sizeof(result->values[0]); i++)
        result->values[i] = wire_get_u64(&results);
    return process_results_finish(sandbox->instance.process, &results, fault);
}

/* --- callbacks --- */

struct sandbox_callback {
    uint64_t (*function)(uint64_t value);
};

static inline enum og_error sandbox_callback_entered(void *user, struct wire_reader *arguments,
                                                     struct wire_writer *results)
{
    const struct sandbox_callback *callback = user;
    uint64_t value = wire_get_u64(arguments);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    wire_put_u64(results, callback->function(value));
    return OG_OK;
}

static inline enum og_error sandbox_callback_open(struct sandbox *sandbox,
                                                  struct sandbox_callback *callback,
                                                  uint64_t (*function)(uint64_t value),
                                                  struct og_fault *fault)
{
    callback->function = function;
    enum og_error error = process_callback_register(sandbox->instance.process, UBENCH_FUNCTION,
                                                    sandbox_callback_entered, callback);
    if (error)
        *fault = (struct og_fault){.error = error, .message = "the callback is not accepted"};
    return error;
}

static inline void sandbox_callback_close(struct sandbox *sandbox,
                                          struct sandbox_callback *callback)
{
    (void)callback;
    enum og_error refused =
        process_callback_register(sandbox->instance.process, UBENCH_FUNCTION, NULL, NULL);
    (void)refused;
}

static inline enum og_error call_ubench_call_back(struct sandbox *sandbox, uint64_t *result,
                                                  const struct sandbox_callback *callback,
                                                  uint64_t value, struct og_fault *fault)
{
    (void)callback; /* the worker knows it by number */
    struct wire_writer *arguments = process_call_begin(sandbox->instance.process, UBENCH_CALL_BACK);
    wire_put_u64(arguments, value);
    struct wire_reader results;
    enum og_error error = process_call_finish(sandbox->instance.process, &results, fault);
    if (error)
        return error;
    *result = wire_get_u64(&results);
    return process_results_finish(sandbox->instance.process, &results, fault);
}

#define SANDBOX_SHARES_MEMORY 0

#endif
