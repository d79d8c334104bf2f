/* ubench through the process sandbox: the library in a worker, every argument and result
 * serialized. Nothing is shared, so what works in place does not exist here. */
#ifndef WORKLOADS_UBENCH_UBENCH_PROCESS_H
#define WORKLOADS_UBENCH_UBENCH_PROCESS_H

#include "workloads/discipline/process.h"
#include "workloads/ubench/library.h"
#include "workloads/ubench/ubench-functions.h"

struct ubench {
    struct instance instance;
    instance_scope scope;
};

static inline enum og_error ubench_open(struct ubench *ubench, const char *path,
                                        struct og_fault *fault)
{
    return instance_open(&ubench->instance, "ubench", path, fault);
}

static inline void ubench_close(struct ubench *ubench)
{
    instance_close(&ubench->instance, NULL);
}

/* Sends a call that was begun, and gets its one result. */
static inline enum og_error ubench_finish_u64(struct process_sandbox *sandbox, uint64_t *result,
                                              struct og_fault *fault)
{
    struct wire_reader results;
    enum og_error error = process_call_finish(sandbox, &results, fault);
    if (error)
        return error;
    *result = wire_get_u64(&results);
    return process_results_finish(sandbox, &results, fault);
}

/* ubench_count in an instance of which nothing else is known. */
static inline enum og_error ubench_count_in(struct instance *instance, uint64_t *result,
                                            struct og_fault *fault)
{
    process_call_begin(instance->sandbox, UBENCH_COUNT);
    return ubench_finish_u64(instance->sandbox, result, fault);
}

/* --- the library's functions --- */

static inline enum og_error call_ubench_int_0(struct ubench *ubench, uint64_t *result,
                                              struct og_fault *fault)
{
    process_call_begin(ubench->instance.sandbox, UBENCH_INT_0);
    return ubench_finish_u64(ubench->instance.sandbox, result, fault);
}

static inline enum og_error call_ubench_int_1(struct ubench *ubench, uint64_t *result, uint64_t a0,
                                              struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(ubench->instance.sandbox, UBENCH_INT_1);
    wire_put_u64(arguments, a0);
    return ubench_finish_u64(ubench->instance.sandbox, result, fault);
}

static inline enum og_error call_ubench_int_3(struct ubench *ubench, uint64_t *result, uint64_t a0,
                                              uint64_t a1, uint64_t a2, struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(ubench->instance.sandbox, UBENCH_INT_3);
    wire_put_u64(arguments, a0);
    wire_put_u64(arguments, a1);
    wire_put_u64(arguments, a2);
    return ubench_finish_u64(ubench->instance.sandbox, result, fault);
}

static inline enum og_error call_ubench_int_6(struct ubench *ubench, uint64_t *result, uint64_t a0,
                                              uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                                              uint64_t a5, struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(ubench->instance.sandbox, UBENCH_INT_6);
    wire_put_u64(arguments, a0);
    wire_put_u64(arguments, a1);
    wire_put_u64(arguments, a2);
    wire_put_u64(arguments, a3);
    wire_put_u64(arguments, a4);
    wire_put_u64(arguments, a5);
    return ubench_finish_u64(ubench->instance.sandbox, result, fault);
}

static inline enum og_error call_ubench_int_7(struct ubench *ubench, uint64_t *result, uint64_t a0,
                                              uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                                              uint64_t a5, uint64_t a6, struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(ubench->instance.sandbox, UBENCH_INT_7);
    wire_put_u64(arguments, a0);
    wire_put_u64(arguments, a1);
    wire_put_u64(arguments, a2);
    wire_put_u64(arguments, a3);
    wire_put_u64(arguments, a4);
    wire_put_u64(arguments, a5);
    wire_put_u64(arguments, a6);
    return ubench_finish_u64(ubench->instance.sandbox, result, fault);
}

static inline enum og_error call_ubench_int_10(struct ubench *ubench, uint64_t *result, uint64_t a0,
                                               uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                                               uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8,
                                               uint64_t a9, struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(ubench->instance.sandbox, UBENCH_INT_10);
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
    return ubench_finish_u64(ubench->instance.sandbox, result, fault);
}

static inline enum og_error
call_ubench_int_25(struct ubench *ubench, uint64_t *result, uint64_t a0, uint64_t a1, uint64_t a2,
                   uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8,
                   uint64_t a9, uint64_t a10, uint64_t a11, uint64_t a12, uint64_t a13,
                   uint64_t a14, uint64_t a15, uint64_t a16, uint64_t a17, uint64_t a18,
                   uint64_t a19, uint64_t a20, uint64_t a21, uint64_t a22, uint64_t a23,
                   uint64_t a24, struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(ubench->instance.sandbox, UBENCH_INT_25);
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
    return ubench_finish_u64(ubench->instance.sandbox, result, fault);
}

static inline enum og_error call_ubench_double_8(struct ubench *ubench, double *result, double a0,
                                                 double a1, double a2, double a3, double a4,
                                                 double a5, double a6, double a7,
                                                 struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(ubench->instance.sandbox, UBENCH_DOUBLE_8);
    wire_put_f64(arguments, a0);
    wire_put_f64(arguments, a1);
    wire_put_f64(arguments, a2);
    wire_put_f64(arguments, a3);
    wire_put_f64(arguments, a4);
    wire_put_f64(arguments, a5);
    wire_put_f64(arguments, a6);
    wire_put_f64(arguments, a7);
    struct wire_reader results;
    enum og_error error = process_call_finish(ubench->instance.sandbox, &results, fault);
    if (error)
        return error;
    *result = wire_get_f64(&results);
    return process_results_finish(ubench->instance.sandbox, &results, fault);
}

static inline enum og_error call_ubench_mixed(struct ubench *ubench, uint64_t *result, int32_t a0,
                                              double a1, const void *cookie, uint64_t a3, float a4,
                                              int16_t a5, double a6, uint8_t a7, uint64_t a8,
                                              double a9, uint32_t a10, uint64_t a11,
                                              struct og_fault *fault)
{
    struct wire_writer *arguments = process_call_begin(ubench->instance.sandbox, UBENCH_MIXED);
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
    return ubench_finish_u64(ubench->instance.sandbox, result, fault);
}

static inline enum og_error call_ubench_struct_registers(struct ubench *ubench,
                                                         struct ubench_pair *result, uint64_t a0,
                                                         uint64_t a1, struct og_fault *fault)
{
    struct wire_writer *arguments =
        process_call_begin(ubench->instance.sandbox, UBENCH_STRUCT_REGISTERS);
    wire_put_u64(arguments, a0);
    wire_put_u64(arguments, a1);
    struct wire_reader results;
    enum og_error error = process_call_finish(ubench->instance.sandbox, &results, fault);
    if (error)
        return error;
    result->first = wire_get_u64(&results);
    result->second = wire_get_u64(&results);
    return process_results_finish(ubench->instance.sandbox, &results, fault);
}

static inline enum og_error call_ubench_struct_memory(struct ubench *ubench,
                                                      struct ubench_six *result, uint64_t a0,
                                                      uint64_t a1, struct og_fault *fault)
{
    struct wire_writer *arguments =
        process_call_begin(ubench->instance.sandbox, UBENCH_STRUCT_MEMORY);
    wire_put_u64(arguments, a0);
    wire_put_u64(arguments, a1);
    struct wire_reader results;
    enum og_error error = process_call_finish(ubench->instance.sandbox, &results, fault);
    if (error)
        return error;
    for (size_t i = 0; i < sizeof(result->values) / sizeof(result->values[0]); i++)
        result->values[i] = wire_get_u64(&results);
    return process_results_finish(ubench->instance.sandbox, &results, fault);
}

/* --- callbacks --- */

struct host_callback {
    uint64_t (*function)(uint64_t value);
};

static inline enum og_error host_callback_entered(void *user, struct wire_reader *arguments,
                                                  struct wire_writer *results)
{
    const struct host_callback *callback = user;
    uint64_t value = wire_get_u64(arguments);
    enum og_error error = wire_finish(arguments);
    if (error)
        return error;
    wire_put_u64(results, callback->function(value));
    return OG_OK;
}

static inline enum og_error host_callback_open(struct ubench *ubench,
                                               struct host_callback *callback,
                                               uint64_t (*function)(uint64_t value),
                                               struct og_fault *fault)
{
    callback->function = function;
    enum og_error error = process_callback_register(ubench->instance.sandbox, UBENCH_FUNCTION,
                                                    host_callback_entered, callback);
    return error ? og_fail(fault, error, NULL, 0, "the callback is not accepted") : OG_OK;
}

/* One that was never opened is fine. */
static inline void host_callback_close(struct ubench *ubench, struct host_callback *callback)
{
    (void)callback;
    if (ubench->instance.sandbox)
        (void)process_callback_register(ubench->instance.sandbox, UBENCH_FUNCTION, NULL, NULL);
}

static inline enum og_error call_ubench_call_back(struct ubench *ubench, uint64_t *result,
                                                  const struct host_callback *callback,
                                                  uint64_t value, struct og_fault *fault)
{
    (void)callback; /* the worker knows it by number */
    struct wire_writer *arguments = process_call_begin(ubench->instance.sandbox, UBENCH_CALL_BACK);
    wire_put_u64(arguments, value);
    return ubench_finish_u64(ubench->instance.sandbox, result, fault);
}

#endif
