/* Memory in place, without a sandbox: it is simply there, and what is in it is trusted. */
#ifndef WORKLOADS_UBENCH_UBENCH_IN_PLACE_RAW_H
#define WORKLOADS_UBENCH_UBENCH_IN_PLACE_RAW_H

#define SANDBOX_SHARES_MEMORY 1
#define SANDBOX_RESIDENT

static inline void *resident_alloc(struct sandbox *sandbox, size_t size, size_t alignment,
                                   struct og_fault *fault)
{
    (void)sandbox;
    void *memory = NULL;
    if (!posix_memalign(&memory, alignment, size))
        memset(memory, 0, size);
    else
        og_fail(fault, OG_NO_MEMORY, NULL, 0, "the host is out of memory");
    return memory;
}

static inline void resident_free(struct sandbox *sandbox, void *memory)
{
    (void)sandbox;
    free(memory);
}

static inline uintptr_t resident_address(const void *memory)
{
    return (uintptr_t)memory;
}

static inline enum og_error resident_write(struct sandbox *sandbox, uint8_t *memory,
                                           const uint8_t *bytes, size_t size,
                                           struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    memcpy(memory, bytes, size);
    return OG_OK;
}

static inline enum og_error resident_read(struct sandbox *sandbox, const uint8_t *memory,
                                          uint8_t *bytes, size_t size, struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    memcpy(bytes, memory, size);
    return OG_OK;
}

static inline enum og_error resident_upgrade(struct sandbox *sandbox, uintptr_t pointer,
                                             uintptr_t *reference, struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *reference = pointer;
    return OG_OK;
}

static inline void sandbox_read_begin(struct sandbox *sandbox)
{
    (void)sandbox;
}

static inline void sandbox_read_end(struct sandbox *sandbox)
{
    (void)sandbox;
}

static inline enum og_error validate_bool(struct sandbox *sandbox, const bool *memory,
                                          const bool **value, struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *value = memory;
    return OG_OK;
}

static inline enum og_error validate_shape(struct sandbox *sandbox, const enum ubench_shape *memory,
                                           const enum ubench_shape **value, struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *value = memory;
    return OG_OK;
}

static inline enum og_error validate_layer(struct sandbox *sandbox, const int32_t *memory,
                                           const int32_t **value, struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *value = memory;
    return OG_OK;
}

static inline enum og_error validate_weights(struct sandbox *sandbox, const uint64_t *const *slot,
                                             uintptr_t *pointer, struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *pointer = (uintptr_t)*slot;
    return OG_OK;
}

static inline enum og_error validate_record(struct sandbox *sandbox,
                                            const struct ubench_record *memory,
                                            const struct ubench_record **value,
                                            struct og_fault *fault)
{
    (void)sandbox;
    (void)fault;
    *value = memory;
    return OG_OK;
}

static inline enum og_error validate_string(struct sandbox *sandbox, const char *memory,
                                            size_t maximum, size_t *length, struct og_fault *fault)
{
    (void)sandbox;
    (void)maximum;
    (void)fault;
    *length = strlen(memory);
    return OG_OK;
}

static inline enum og_error validate_utf8(struct sandbox *sandbox, const char *memory,
                                          size_t length, const char **text, struct og_fault *fault)
{
    (void)sandbox;
    (void)length;
    (void)fault;
    *text = memory;
    return OG_OK;
}

static inline enum og_error validate_bytes(struct sandbox *sandbox, const uint8_t *memory,
                                           size_t count, const uint8_t **bytes,
                                           struct og_fault *fault)
{
    (void)sandbox;
    (void)count;
    (void)fault;
    *bytes = memory;
    return OG_OK;
}

#endif
