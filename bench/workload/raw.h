/* What workloads have in the raw discipline: og.h says what these functions are where they do
 * something. */
#ifndef BENCH_WORKLOAD_RAW_H
#define BENCH_WORKLOAD_RAW_H

#include "baselines/raw/stubs.h"
#include "bench/workload/consume.h"
#include <stdlib.h>
#include <string.h>

/* There is nothing to choose. */
#define CASE_OPTIONS(...) NULL

/* ---- data that stays where the library can reach it: anywhere ---- */

#define RESIDENT_PLACEMENT 1
#define resident

static inline enum og_error resident_alloc(struct instance *instance,
                                           unsigned char resident **memory, size_t size,
                                           size_t alignment, struct og_fault *fault)
{
    void *zeroed = NULL;
    (void)instance;
    if (posix_memalign(&zeroed, alignment, size))
        zeroed = NULL;
    else
        memset(zeroed, 0, size);
    *memory = zeroed;
    return zeroed ? OG_OK : og_out_of_memory(fault);
}

static inline void resident_free(struct instance *instance, unsigned char resident *memory)
{
    (void)instance;
    free(memory);
}

static inline enum og_error resident_fill(instance_scope *scope, unsigned char resident *to,
                                          const unsigned char *from, size_t size,
                                          struct og_fault *fault)
{
    (void)scope;
    (void)fault;
    memcpy(to, from, size);
    return OG_OK;
}

static inline enum og_error resident_copy_out(instance_scope *scope, unsigned char *to,
                                              const unsigned char resident *from, size_t size,
                                              struct og_fault *fault)
{
    (void)scope;
    (void)fault;
    memcpy(to, from, size);
    return OG_OK;
}

static inline uintptr_t resident_address(const void resident *memory)
{
    return (uintptr_t)memory;
}

static inline void resident_read_begin(instance_scope *scope)
{
    (void)scope;
}

static inline void resident_read_end(instance_scope *scope)
{
    (void)scope;
}

static inline enum og_error resident_fold(instance_scope *scope, unsigned char *fold,
                                          const unsigned char resident *from, size_t size,
                                          struct og_fault *fault)
{
    (void)scope;
    (void)fault;
    consume_bytes(from);
    *fold ^= consume_fold(from, size);
    return OG_OK;
}

/* ---- values there, checked where they are ---- */

/* A number as an address of memory that can be read, `*reference`; not what is there. */
static inline enum og_error resident_upgrade(instance_scope *scope, uintptr_t pointer,
                                             uintptr_t *reference, struct og_fault *fault)
{
    (void)scope;
    (void)fault;
    *reference = pointer;
    return OG_OK;
}

/* The bool at `memory`, in place, in a read section; so are the following. */
static inline enum og_error resident_validate_bool(instance_scope *scope, const bool *memory,
                                                   const bool **value, struct og_fault *fault)
{
    (void)scope;
    (void)fault;
    *value = memory;
    return OG_OK;
}

/* The integer there, if it is from `low` to `high`. */
static inline enum og_error resident_validate_range(instance_scope *scope, const int32_t *memory,
                                                    int32_t low, int32_t high,
                                                    const int32_t **value, struct og_fault *fault)
{
    (void)scope;
    (void)low;
    (void)high;
    (void)fault;
    *value = memory;
    return OG_OK;
}

/* The pointer there, if it can be upgraded to one number. */
static inline enum og_error resident_validate_pointer(instance_scope *scope,
                                                      const uint64_t *const *slot,
                                                      uintptr_t *pointer, struct og_fault *fault)
{
    (void)scope;
    (void)fault;
    *pointer = (uintptr_t)*slot;
    return OG_OK;
}

/* The text there, if a NUL ends it within `maximum` bytes. */
static inline enum og_error resident_validate_string(instance_scope *scope, const char *memory,
                                                     size_t maximum, size_t *length,
                                                     struct og_fault *fault)
{
    (void)scope;
    (void)maximum;
    (void)fault;
    *length = strlen(memory);
    return OG_OK;
}

/* `length` bytes of UTF-8. */
static inline enum og_error resident_validate_utf8(instance_scope *scope, const char *memory,
                                                   size_t length, const char **text,
                                                   struct og_fault *fault)
{
    (void)scope;
    (void)length;
    (void)fault;
    *text = memory;
    return OG_OK;
}

/* `count` bytes. */
static inline enum og_error resident_validate_array(instance_scope *scope, const uint8_t *memory,
                                                    size_t count, const uint8_t **bytes,
                                                    struct og_fault *fault)
{
    (void)scope;
    (void)count;
    (void)fault;
    *bytes = memory;
    return OG_OK;
}

#endif
