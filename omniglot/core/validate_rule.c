/* Validation by rule: structs, nested, with arrays, enums, counted pointers and function
 * pointers in them. One walk in address order. */
#include "extent.h"
#include "integer.h"
#include "omniglot/domain.h"
#include "omniglot/validate.h"

static enum og_error check_elements(const struct og_access *access, const struct og_rule *rule,
                                    uintptr_t address, size_t count, uintptr_t enclosing,
                                    unsigned depth, struct og_fault *fault)
    OG_REQUIRES_SHARED(access);
static enum og_error check_pointer(const struct og_access *access, const struct og_rule *rule,
                                   uintptr_t address, uintptr_t enclosing, struct og_fault *fault)
    OG_REQUIRES_SHARED(access);
static enum og_error check_element(const struct og_access *access, const struct og_rule *rule,
                                   uintptr_t address, uintptr_t enclosing, unsigned depth,
                                   struct og_fault *fault) OG_REQUIRES_SHARED(access);

static enum og_error invalid(const struct og_rule *rule, uintptr_t address, const char *message,
                             struct og_fault *fault)
{
    return og_fail(fault, OG_INVALID, rule->name, address, message);
}

static enum og_error check_pointer(const struct og_access *access, const struct og_rule *rule,
                                   uintptr_t address, uintptr_t enclosing, struct og_fault *fault)
{
    uintptr_t pointer = (uintptr_t)og_load_integer((const void *)address, sizeof(pointer), 0);
    size_t count = rule->pointee_count;
    if (rule->counted) {
        uint64_t counted = og_load_integer((const void *)(enclosing + rule->counted_offset),
                                           rule->counted_size, 0);
        if (counted > SIZE_MAX)
            return og_fail(fault, OG_OVERFLOW, rule->name, address, NULL);
        count = (size_t)counted;
    }
    if (pointer == 0 && (rule->nullable || (rule->counted && count == 0)))
        return OG_OK;
    struct og_fault reason;
    if (og_upgrade_bytes(access, pointer, rule->pointee_size, count, rule->pointee_alignment,
                         rule->rights, &reason))
        return OG_OK;
    return og_fail(fault, reason.error, rule->name, pointer, reason.message);
}

static enum og_error check_element(const struct og_access *access, const struct og_rule *rule,
                                   uintptr_t address, uintptr_t enclosing, unsigned depth,
                                   struct og_fault *fault)
{
    const void *bytes = (const void *)address;
    switch (rule->kind) {
    case OG_ANY:
        return OG_OK;
    case OG_BOOL:
        return og_load_integer(bytes, 1, 0) <= 1
                   ? OG_OK
                   : invalid(rule, address, "a bool that is neither 0 nor 1", fault);
    case OG_UNSIGNED:
    case OG_SIGNED: {
        int is_signed = rule->kind == OG_SIGNED;
        return og_is_in_range(og_load_integer(bytes, rule->size, is_signed), is_signed,
                              rule->low.u, rule->high.u)
                   ? OG_OK
                   : invalid(rule, address, "an integer outside its range", fault);
    }
    case OG_ENUM:
        /* Enumerators are compared as the enum's bytes: -1 and 0xffffffff are one. */
        return og_is_one_of((int64_t)og_load_integer(bytes, rule->size, 1), rule->values,
                            rule->value_count) ||
                       og_is_one_of((int64_t)og_load_integer(bytes, rule->size, 0), rule->values,
                                    rule->value_count)
                   ? OG_OK
                   : invalid(rule, address, "an enum that is none of its enumerators", fault);
    case OG_POINTER:
        return check_pointer(access, rule, address, enclosing, fault);
    case OG_FUNCTION: {
        uintptr_t pointer = (uintptr_t)og_load_integer(bytes, sizeof(pointer), 0);
        struct og_domain *domain = access->context->domain;
        return (pointer == 0 && rule->nullable) || domain->runtime->is_callback(domain, pointer)
                   ? OG_OK
                   : invalid(rule, address, "not a callback of this domain", fault);
    }
    case OG_STRUCT:
        if (depth == OG_RULE_DEPTH)
            return og_fail(fault, OG_BAD_ARGUMENT, rule->name, address, "rules nest too deeply");
        for (size_t i = 0; i < rule->field_count; i++) {
            const struct og_rule *field = &rule->fields[i];
            enum og_error error =
                check_elements(access, field, address + field->offset,
                               field->count ? field->count : 1, address, depth + 1, fault);
            if (error)
                return error;
        }
        return OG_OK;
    }
    return og_fail(fault, OG_BAD_ARGUMENT, rule->name, address, "a rule of no known kind");
}

static enum og_error check_elements(const struct og_access *access, const struct og_rule *rule,
                                    uintptr_t address, size_t count, uintptr_t enclosing,
                                    unsigned depth, struct og_fault *fault)
{
    if (rule->kind == OG_ANY)
        return OG_OK;
    for (size_t i = 0; i < count; i++) {
        enum og_error error =
            check_element(access, rule, address + i * rule->size, enclosing, depth, fault);
        if (error)
            return error;
    }
    return OG_OK;
}

/* Does everything that a rule reads lie inside its `size`? A rule is the host's own, but a
 * wrong one must not become a read past the object. */
static int is_sound(const struct og_rule *rule, unsigned depth)
{
    /* Any number of empty elements fits anywhere: walking them would never end. */
    if (rule->size == 0)
        return 0;
    if (rule->kind == OG_BOOL && rule->size != 1)
        return 0;
    if ((rule->kind == OG_UNSIGNED || rule->kind == OG_SIGNED || rule->kind == OG_ENUM) &&
        !og_is_integer_size(rule->size))
        return 0;
    if ((rule->kind == OG_POINTER || rule->kind == OG_FUNCTION) && rule->size != sizeof(uintptr_t))
        return 0;
    if (rule->kind != OG_STRUCT)
        return rule->kind <= OG_STRUCT;
    if (depth == OG_RULE_DEPTH)
        return 0;
    for (size_t i = 0; i < rule->field_count; i++) {
        const struct og_rule *field = &rule->fields[i];
        size_t bytes;
        if (__builtin_mul_overflow(field->size, field->count ? field->count : 1, &bytes) ||
            !og_is_within(field->offset, bytes, 0, rule->size) || !is_sound(field, depth + 1))
            return 0;
        if (field->kind == OG_POINTER && field->counted &&
            (!og_is_integer_size(field->counted_size) ||
             !og_is_within(field->counted_offset, field->counted_size, 0, rule->size)))
            return 0;
    }
    return 1;
}

const void og_valid *og_validate_rule_at(const struct og_access *access, uintptr_t address,
                                         size_t size, size_t count, size_t alignment,
                                         const struct og_rule *rule, struct og_fault *fault)
{
    if (rule->size != size || !is_sound(rule, 0) || (rule->kind == OG_POINTER && rule->counted)) {
        og_fail(fault, OG_BAD_ARGUMENT, rule->name, address, "the rule does not fit the type");
        return NULL;
    }
    if (og_check_readable(access, address, size, count, alignment, fault))
        return NULL;
    if (check_elements(access, rule, address, count, address, 0, fault))
        return NULL;
    return (const void og_valid *)address;
}
