/* Memory in place, without a sandbox: it is simply there, and what is in it is trusted. */
#ifndef WORKLOADS_UBENCH_UBENCH_IN_PLACE_RAW_H
#define WORKLOADS_UBENCH_UBENCH_IN_PLACE_RAW_H

static inline enum og_error upgrade_pointer(instance_scope *scope, uintptr_t pointer,
                                            uintptr_t *reference, struct og_fault *fault)
{
    (void)scope;
    (void)fault;
    *reference = pointer;
    return OG_OK;
}

static inline enum og_error validate_bool(instance_scope *scope, const bool *memory,
                                          const bool **value, struct og_fault *fault)
{
    (void)scope;
    (void)fault;
    *value = memory;
    return OG_OK;
}

static inline enum og_error validate_shape(instance_scope *scope, const enum ubench_shape *memory,
                                           const enum ubench_shape **value, struct og_fault *fault)
{
    (void)scope;
    (void)fault;
    *value = memory;
    return OG_OK;
}

static inline enum og_error validate_layer(instance_scope *scope, const int32_t *memory,
                                           const int32_t **value, struct og_fault *fault)
{
    (void)scope;
    (void)fault;
    *value = memory;
    return OG_OK;
}

static inline enum og_error validate_weights(instance_scope *scope, const uint64_t *const *slot,
                                             uintptr_t *pointer, struct og_fault *fault)
{
    (void)scope;
    (void)fault;
    *pointer = (uintptr_t)*slot;
    return OG_OK;
}

static inline enum og_error validate_record(instance_scope *scope,
                                            const struct ubench_record *memory,
                                            const struct ubench_record **value,
                                            struct og_fault *fault)
{
    (void)scope;
    (void)fault;
    *value = memory;
    return OG_OK;
}

static inline enum og_error validate_string(instance_scope *scope, const char *memory,
                                            size_t maximum, size_t *length, struct og_fault *fault)
{
    (void)scope;
    (void)maximum;
    (void)fault;
    *length = strlen(memory);
    return OG_OK;
}

static inline enum og_error validate_utf8(instance_scope *scope, const char *memory, size_t length,
                                          const char **text, struct og_fault *fault)
{
    (void)scope;
    (void)length;
    (void)fault;
    *text = memory;
    return OG_OK;
}

static inline enum og_error validate_bytes(instance_scope *scope, const uint8_t *memory,
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
