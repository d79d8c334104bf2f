/* What generated raw stubs build on: the library is linked to the program and called like any other
 * function. What the other disciplines do around a call is empty here. */
#ifndef RAW_STUBS_H
#define RAW_STUBS_H

#include "baselines/scopeless.h"
#include <dlfcn.h>
#include <omniglot/error.h>
#include <stdbool.h>

/* The library loaded by hand, as a program does that does not bring it from its start. What
 * calls the linked library needs none: all zero then. */
struct instance {
    const char *soname;
    void *handle;
};

/* dlerror's sentence begins with the library's name. */
static inline enum og_error instance_failed(struct og_fault *fault)
{
    return og_fail(fault, OG_NOT_FOUND, NULL, 0, dlerror());
}

static inline enum og_error instance_open(struct instance *instance, const char *name,
                                          const char *soname, const void *options,
                                          struct og_fault *fault)
{
    (void)name;
    (void)options; /* there is nothing to choose */
    instance->soname = soname;
    instance->handle = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
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
    return error ? error : instance_open(instance, NULL, instance->soname, NULL, fault);
}

#endif
