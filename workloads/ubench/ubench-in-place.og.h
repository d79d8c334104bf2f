/* Memory in place, through Omniglot: on the domain's heap, upgraded, validated and written
 * by the rules of the core. */
#ifndef WORKLOADS_UBENCH_UBENCH_IN_PLACE_OG_H
#define WORKLOADS_UBENCH_UBENCH_IN_PLACE_OG_H

static inline enum og_error upgrade_pointer(instance_scope *scope, uintptr_t pointer,
                                            uintptr_t *reference, struct og_fault *fault)
    OG_REQUIRES_SHARED(scope->access)
{
    const uint64_t og_foreign *foreign = (const uint64_t og_foreign *)pointer;
    const uint64_t og_ref *upgraded = og_upgrade(&scope->access, foreign, 1, fault);
    *reference = og_reference_address(upgraded);
    return upgraded ? OG_OK : fault->error;
}

static inline enum og_error validate_bool(instance_scope *scope, const bool og_mut *memory,
                                          const bool **value, struct og_fault *fault)
    OG_REQUIRES_SHARED(scope->access)
{
    const bool og_valid *valid = og_validate_bool(&scope->access, memory, fault);
    *value = og_get(&scope->access, valid);
    return valid ? OG_OK : fault->error;
}

static const int64_t ubench_shapes[] = {UBENCH_POINT, UBENCH_LINE, UBENCH_TRIANGLE, UBENCH_OTHER};
enum { UBENCH_SHAPES = sizeof(ubench_shapes) / sizeof(ubench_shapes[0]) };

static inline enum og_error validate_shape(instance_scope *scope,
                                           const enum ubench_shape og_mut *memory,
                                           const enum ubench_shape **value, struct og_fault *fault)
    OG_REQUIRES_SHARED(scope->access)
{
    const enum ubench_shape og_valid *valid =
        og_validate_enum(&scope->access, memory, ubench_shapes, UBENCH_SHAPES, fault);
    *value = og_get(&scope->access, valid);
    return valid ? OG_OK : fault->error;
}

static inline enum og_error validate_layer(instance_scope *scope, const int32_t og_mut *memory,
                                           const int32_t **value, struct og_fault *fault)
    OG_REQUIRES_SHARED(scope->access)
{
    const int32_t og_valid *valid =
        og_validate_range(&scope->access, memory, UBENCH_LAYER_LOW, UBENCH_LAYER_HIGH, fault);
    *value = og_get(&scope->access, valid);
    return valid ? OG_OK : fault->error;
}

static inline enum og_error validate_weights(instance_scope *scope,
                                             const uint64_t *const og_mut *slot, uintptr_t *pointer,
                                             struct og_fault *fault)
    OG_REQUIRES_SHARED(scope->access)
{
    const uint64_t *const og_valid *valid =
        og_validate_pointer(&scope->access, slot, 1, OG_READ, fault);
    *pointer = og_foreign_address(og_pointer(&scope->access, valid));
    return valid ? OG_OK : fault->error;
}

static const struct og_rule ubench_position_fields[] = {
    {.kind = OG_ANY,
     .name = "x",
     .offset = offsetof(struct ubench_position, x),
     .size = sizeof(double)},
    {.kind = OG_ANY,
     .name = "y",
     .offset = offsetof(struct ubench_position, y),
     .size = sizeof(double)},
};

static const struct og_rule ubench_record_fields[] = {
    {.kind = OG_ENUM,
     .name = "shape",
     .offset = offsetof(struct ubench_record, shape),
     .size = sizeof(enum ubench_shape),
     .values = ubench_shapes,
     .value_count = UBENCH_SHAPES},
    {.kind = OG_SIGNED,
     .name = "layer",
     .offset = offsetof(struct ubench_record, layer),
     .size = sizeof(int32_t),
     .low.i = UBENCH_LAYER_LOW,
     .high.i = UBENCH_LAYER_HIGH},
    {.kind = OG_BOOL,
     .name = "visible",
     .offset = offsetof(struct ubench_record, visible),
     .size = sizeof(bool)},
    {.kind = OG_ANY,
     .name = "weight_count",
     .offset = offsetof(struct ubench_record, weight_count),
     .size = sizeof(uint16_t)},
    {.kind = OG_POINTER,
     .name = "weights",
     .offset = offsetof(struct ubench_record, weights),
     .size = sizeof(uint64_t *),
     .pointee_size = sizeof(uint64_t),
     .pointee_alignment = _Alignof(uint64_t),
     .counted = 1,
     .counted_offset = offsetof(struct ubench_record, weight_count),
     .counted_size = sizeof(uint16_t),
     .rights = OG_READ},
    {.kind = OG_STRUCT,
     .name = "position",
     .offset = offsetof(struct ubench_record, position),
     .size = sizeof(struct ubench_position),
     .fields = ubench_position_fields,
     .field_count = sizeof(ubench_position_fields) / sizeof(ubench_position_fields[0])},
};

static const struct og_rule ubench_record_rule = {
    .kind = OG_STRUCT,
    .name = "struct ubench_record",
    .size = sizeof(struct ubench_record),
    .fields = ubench_record_fields,
    .field_count = sizeof(ubench_record_fields) / sizeof(ubench_record_fields[0]),
};

static inline enum og_error
validate_record(instance_scope *scope, const struct ubench_record og_mut *memory,
                const struct ubench_record **value, struct og_fault *fault)
    OG_REQUIRES_SHARED(scope->access)
{
    const struct ubench_record og_valid *valid =
        og_validate(&scope->access, memory, &ubench_record_rule, fault);
    *value = og_get(&scope->access, valid);
    return valid ? OG_OK : fault->error;
}

static inline enum og_error validate_string(instance_scope *scope, const char og_mut *memory,
                                            size_t maximum, size_t *length, struct og_fault *fault)
    OG_REQUIRES_SHARED(scope->access)
{
    const char og_valid *valid = og_validate_string(&scope->access, memory, maximum, length, fault);
    return valid ? OG_OK : fault->error;
}

static inline enum og_error validate_utf8(instance_scope *scope, const char og_mut *memory,
                                          size_t length, const char **text, struct og_fault *fault)
    OG_REQUIRES_SHARED(scope->access)
{
    const char og_valid *valid = og_validate_utf8(&scope->access, memory, length, fault);
    *text = og_get(&scope->access, valid);
    return valid ? OG_OK : fault->error;
}

static inline enum og_error validate_bytes(instance_scope *scope, const uint8_t og_mut *memory,
                                           size_t count, const uint8_t **bytes,
                                           struct og_fault *fault) OG_REQUIRES_SHARED(scope->access)
{
    const uint8_t og_valid *valid = og_validate_array(&scope->access, memory, count, fault);
    *bytes = og_get(&scope->access, valid);
    return valid ? OG_OK : fault->error;
}

#endif
