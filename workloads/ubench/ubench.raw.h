/* ubench without a sandbox: plain calls of the linked library, and memory that is simply
 * there. What a program does that trusts its library, and the base of every comparison. */
#ifndef WORKLOADS_UBENCH_UBENCH_RAW_H
#define WORKLOADS_UBENCH_UBENCH_RAW_H

#include "workloads/ubench/library.h"

#include <dlfcn.h>
#include <omniglot/error.h>
#include <stdlib.h>
#include <string.h>

/* --- one instance of the library, loaded and unloaded by hand --- */

struct instance {
    const char *path;
    void *handle;
};

static inline enum og_error instance_failed(struct og_fault *fault)
{
    /* dlerror's sentence begins with the path. */
    return og_fail(fault, OG_NOT_FOUND, NULL, 0, dlerror());
}

/* Opening is what a program without domains does to bring a library in: dlopen. */
static inline enum og_error instance_open(struct instance *instance, const char *path,
                                          struct og_fault *fault)
{
    instance->path = path;
    instance->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    return instance->handle ? OG_OK : instance_failed(fault);
}

static inline enum og_error instance_close(struct instance *instance, struct og_fault *fault)
{
    int failed = instance->handle ? dlclose(instance->handle) : 0;
    instance->handle = NULL;
    return failed ? instance_failed(fault) : OG_OK;
}

/* The only way back to a library's first state is to load it again. */
static inline enum og_error instance_reset(struct instance *instance, struct og_fault *fault)
{
    enum og_error error = instance_close(instance, fault);
    return error ? error : instance_open(instance, instance->path, fault);
}

static inline enum og_error instance_count(struct instance *instance, uint64_t *result,
                                           struct og_fault *fault)
{
    __typeof__(&ubench_count) count =
        (__typeof__(&ubench_count))dlsym(instance->handle, "ubench_count");
    if (!count)
        return instance_failed(fault);
    *result = count();
    return OG_OK;
}

/* --- the linked library --- */

struct sandbox {
    char unused; /* the library is the program's own */
};

static inline enum og_error sandbox_open(struct sandbox *sandbox, const char *path,
                                         struct og_fault *fault)
{
    (void)sandbox;
    (void)path;
    (void)fault;
    return OG_OK;
}

static inline void sandbox_close(struct sandbox *sandbox)
{
    (void)sandbox;
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
    (void)sandbox;
    (void)fault;
    *result = ubench_int_0();
    return OG_OK;
}

static inline enum og_error call_ubench_int_1(struct sandbox *sandbox, uint64_t *result,
                                              uint64_t a0, struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *result = ubench_int_1(a0);
    return OG_OK;
}

static inline enum og_error call_ubench_int_3(struct sandbox *sandbox, uint64_t *result,
                                              uint64_t a0, uint64_t a1, uint64_t a2,
                                              struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *result = ubench_int_3(a0, a1, a2);
    return OG_OK;
}

static inline enum og_error call_ubench_int_6(struct sandbox *sandbox, uint64_t *result,
                                              uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                                              uint64_t a4, uint64_t a5, struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *result = ubench_int_6(a0, a1, a2, a3, a4, a5);
    return OG_OK;
}

static inline enum og_error call_ubench_int_7(struct sandbox *sandbox, uint64_t *result,
                                              uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                                              uint64_t a4, uint64_t a5, uint64_t a6,
                                              struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *result = ubench_int_7(a0, a1, a2, a3, a4, a5, a6);
    return OG_OK;
}

static inline enum og_error call_ubench_int_10(struct sandbox *sandbox, uint64_t *result,
                                               uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                                               uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7,
                                               uint64_t a8, uint64_t a9, struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *result = ubench_int_10(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
    return OG_OK;
}

static inline enum og_error
call_ubench_int_25(struct sandbox *sandbox, uint64_t *result, uint64_t a0, uint64_t a1, uint64_t a2,
                   uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8,
                   uint64_t a9, uint64_t a10, uint64_t a11, uint64_t a12, uint64_t a13,
                   uint64_t a14, uint64_t a15, uint64_t a16, uint64_t a17, uint64_t a18,
                   uint64_t a19, uint64_t a20, uint64_t a21, uint64_t a22, uint64_t a23,
                   uint64_t a24, struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *result = ubench_int_25(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15,
                            a16, a17, a18, a19, a20, a21, a22, a23, a24);
    return OG_OK;
}

static inline enum og_error call_ubench_double_8(struct sandbox *sandbox, double *result, double a0,
                                                 double a1, double a2, double a3, double a4,
                                                 double a5, double a6, double a7,
                                                 struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *result = ubench_double_8(a0, a1, a2, a3, a4, a5, a6, a7);
    return OG_OK;
}

static inline enum og_error call_ubench_mixed(struct sandbox *sandbox, uint64_t *result, int32_t a0,
                                              double a1, const void *cookie, uint64_t a3, float a4,
                                              int16_t a5, double a6, uint8_t a7, uint64_t a8,
                                              double a9, uint32_t a10, uint64_t a11,
                                              struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *result = ubench_mixed(a0, a1, cookie, a3, a4, a5, a6, a7, a8, a9, a10, a11);
    return OG_OK;
}

static inline enum og_error call_ubench_struct_registers(struct sandbox *sandbox,
                                                         struct ubench_pair *result, uint64_t a0,
                                                         uint64_t a1, struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *result = ubench_struct_registers(a0, a1);
    return OG_OK;
}

static inline enum og_error call_ubench_struct_memory(struct sandbox *sandbox,
                                                      struct ubench_six *result, uint64_t a0,
                                                      uint64_t a1, struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *result = ubench_struct_memory(a0, a1);
    return OG_OK;
}

/* --- callbacks --- */

struct sandbox_callback {
    uint64_t (*function)(uint64_t value);
};

static inline enum og_error sandbox_callback_open(struct sandbox *sandbox,
                                                  struct sandbox_callback *callback,
                                                  uint64_t (*function)(uint64_t value),
                                                  struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    callback->function = function;
    return OG_OK;
}

static inline void sandbox_callback_close(struct sandbox *sandbox,
                                          struct sandbox_callback *callback)
{
    (void)sandbox;
    (void)callback;
}

static inline enum og_error call_ubench_call_back(struct sandbox *sandbox, uint64_t *result,
                                                  const struct sandbox_callback *callback,
                                                  uint64_t value, struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *result = ubench_call_back(callback->function, value);
    return OG_OK;
}

#include "workloads/ubench/ubench-in-place.raw.h"

#endif
