/* The raw discipline: the library is linked to the program and called like any other
 * function. What the other disciplines do around a call is empty here; og.h and
 * process.h define the same names, and say what they mean where they do something. */
#ifndef WORKLOADS_DISCIPLINE_RAW_H
#define WORKLOADS_DISCIPLINE_RAW_H

#include "workloads/discipline/consume.h"
#include <omniglot/error.h>
#include <stdlib.h>
#include <string.h>

struct instance {
    char nothing;
};

static inline enum og_error instance_open(struct instance *instance, const char *name,
                                          const char *soname, struct og_fault *fault)
{
    (void)name;
    (void)soname;
    (void)fault;
    instance->nothing = 0;
    return OG_OK;
}

static inline void instance_close(struct instance *instance)
{
    (void)instance;
}

/* ---- data that stays where the library can reach it: anywhere ---- */

#define RESIDENT_PLACEMENT 1
#define resident
#define RESIDENT_REQUIRES(scope)

typedef struct {
    char nothing;
} resident_scope;

static inline void resident_begin(struct instance *instance, resident_scope *scope)
{
    (void)instance;
    scope->nothing = 0;
}

static inline void resident_end(resident_scope *scope)
{
    (void)scope;
}

static inline enum og_error resident_alloc(struct instance *instance,
                                           unsigned char resident **memory, size_t size,
                                           struct og_fault *fault)
{
    (void)instance;
    *memory = aligned_alloc(64, (size + 63) / 64 * 64);
    return *memory ? OG_OK : og_fail(fault, OG_NO_MEMORY, NULL, 0, NULL);
}

static inline void resident_free(struct instance *instance, unsigned char resident *memory)
{
    (void)instance;
    free(memory);
}

static inline enum og_error resident_fill(resident_scope *scope, unsigned char resident *to,
                                          const unsigned char *from, size_t size,
                                          struct og_fault *fault)
{
    (void)scope;
    (void)fault;
    memcpy(to, from, size);
    return OG_OK;
}

static inline enum og_error resident_copy_out(resident_scope *scope, unsigned char *to,
                                              const unsigned char resident *from, size_t size,
                                              struct og_fault *fault)
{
    (void)scope;
    (void)fault;
    memcpy(to, from, size);
    return OG_OK;
}

static inline enum og_error resident_fold(resident_scope *scope, unsigned char *fold,
                                          const unsigned char resident *from, size_t size,
                                          struct og_fault *fault)
{
    (void)scope;
    (void)fault;
    consume_bytes(from);
    *fold ^= consume_fold(from, size);
    return OG_OK;
}

#endif
