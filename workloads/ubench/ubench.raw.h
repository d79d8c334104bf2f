/* ubench without a sandbox: plain calls of the linked library, and memory that is simply
 * there. What a program does that trusts its library, and the base of every comparison. */
#ifndef WORKLOADS_UBENCH_UBENCH_RAW_H
#define WORKLOADS_UBENCH_UBENCH_RAW_H

#include "workloads/discipline/raw.h"
#include "workloads/ubench/library.h"

struct ubench {
    struct instance instance; /* none: the functions called are the linked library's */
    instance_scope scope;
};

static inline enum og_error ubench_open(struct ubench *ubench, const char *path,
                                        struct og_fault *fault)
{
    (void)ubench;
    (void)path;
    (void)fault;
    return OG_OK;
}

static inline void ubench_close(struct ubench *ubench)
{
    (void)ubench;
}

/* ubench_count in an instance that was loaded by hand. */
static inline enum og_error ubench_count_in(struct instance *instance, uint64_t *result,
                                            struct og_fault *fault)
{
    __typeof__(&ubench_count) count =
        (__typeof__(&ubench_count))dlsym(instance->handle, "ubench_count");
    if (!count)
        return instance_failed(fault);
    *result = count();
    return OG_OK;
}

/* --- the library's functions --- */

static inline enum og_error call_ubench_int_0(struct ubench *ubench, uint64_t *result,
                                              struct og_fault *fault)
{
    (void)ubench;
    (void)fault;
    *result = ubench_int_0();
    return OG_OK;
}

static inline enum og_error call_ubench_int_1(struct ubench *ubench, uint64_t *result, uint64_t a0,
                                              struct og_fault *fault)
{
    (void)ubench;
    (void)fault;
    *result = ubench_int_1(a0);
    return OG_OK;
}

static inline enum og_error call_ubench_int_3(struct ubench *ubench, uint64_t *result, uint64_t a0,
                                              uint64_t a1, uint64_t a2, struct og_fault *fault)
{
    (void)ubench;
    (void)fault;
    *result = ubench_int_3(a0, a1, a2);
    return OG_OK;
}

static inline enum og_error call_ubench_int_6(struct ubench *ubench, uint64_t *result, uint64_t a0,
                                              uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                                              uint64_t a5, struct og_fault *fault)
{
    (void)ubench;
    (void)fault;
    *result = ubench_int_6(a0, a1, a2, a3, a4, a5);
    return OG_OK;
}

static inline enum og_error call_ubench_int_7(struct ubench *ubench, uint64_t *result, uint64_t a0,
                                              uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                                              uint64_t a5, uint64_t a6, struct og_fault *fault)
{
    (void)ubench;
    (void)fault;
    *result = ubench_int_7(a0, a1, a2, a3, a4, a5, a6);
    return OG_OK;
}

static inline enum og_error call_ubench_int_10(struct ubench *ubench, uint64_t *result, uint64_t a0,
                                               uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                                               uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8,
                                               uint64_t a9, struct og_fault *fault)
{
    (void)ubench;
    (void)fault;
    *result = ubench_int_10(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
    return OG_OK;
}

static inline enum og_error
call_ubench_int_25(struct ubench *ubench, uint64_t *result, uint64_t a0, uint64_t a1, uint64_t a2,
                   uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8,
                   uint64_t a9, uint64_t a10, uint64_t a11, uint64_t a12, uint64_t a13,
                   uint64_t a14, uint64_t a15, uint64_t a16, uint64_t a17, uint64_t a18,
                   uint64_t a19, uint64_t a20, uint64_t a21, uint64_t a22, uint64_t a23,
                   uint64_t a24, struct og_fault *fault)
{
    (void)ubench;
    (void)fault;
    *result = ubench_int_25(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15,
                            a16, a17, a18, a19, a20, a21, a22, a23, a24);
    return OG_OK;
}

static inline enum og_error call_ubench_double_8(struct ubench *ubench, double *result, double a0,
                                                 double a1, double a2, double a3, double a4,
                                                 double a5, double a6, double a7,
                                                 struct og_fault *fault)
{
    (void)ubench;
    (void)fault;
    *result = ubench_double_8(a0, a1, a2, a3, a4, a5, a6, a7);
    return OG_OK;
}

static inline enum og_error call_ubench_mixed(struct ubench *ubench, uint64_t *result, int32_t a0,
                                              double a1, const void *cookie, uint64_t a3, float a4,
                                              int16_t a5, double a6, uint8_t a7, uint64_t a8,
                                              double a9, uint32_t a10, uint64_t a11,
                                              struct og_fault *fault)
{
    (void)ubench;
    (void)fault;
    *result = ubench_mixed(a0, a1, cookie, a3, a4, a5, a6, a7, a8, a9, a10, a11);
    return OG_OK;
}

static inline enum og_error call_ubench_struct_registers(struct ubench *ubench,
                                                         struct ubench_pair *result, uint64_t a0,
                                                         uint64_t a1, struct og_fault *fault)
{
    (void)ubench;
    (void)fault;
    *result = ubench_struct_registers(a0, a1);
    return OG_OK;
}

static inline enum og_error call_ubench_struct_memory(struct ubench *ubench,
                                                      struct ubench_six *result, uint64_t a0,
                                                      uint64_t a1, struct og_fault *fault)
{
    (void)ubench;
    (void)fault;
    *result = ubench_struct_memory(a0, a1);
    return OG_OK;
}

/* --- callbacks --- */

struct host_callback {
    uint64_t (*function)(uint64_t value);
};

static inline enum og_error host_callback_open(struct ubench *ubench,
                                               struct host_callback *callback,
                                               uint64_t (*function)(uint64_t value),
                                               struct og_fault *fault)
{
    (void)ubench;
    (void)fault;
    callback->function = function;
    return OG_OK;
}

static inline void host_callback_close(struct ubench *ubench, struct host_callback *callback)
{
    (void)ubench;
    (void)callback;
}

static inline enum og_error call_ubench_call_back(struct ubench *ubench, uint64_t *result,
                                                  const struct host_callback *callback,
                                                  uint64_t value, struct og_fault *fault)
{
    (void)ubench;
    (void)fault;
    *result = ubench_call_back(callback->function, value);
    return OG_OK;
}

#include "workloads/ubench/ubench-in-place.raw.h"

#endif
