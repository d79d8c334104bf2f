/* Validation by rule: structs, nested, with arrays, enums, counted pointers and function
 * pointers in them. One walk in address order.
 *
 * A rule is the host's own, but a wrong one must not become a read past the object: what
 * each step is about to read is checked against the rule it belongs to. */
#include "extent.h"
#include "integer.h"
#include "omniglot/runtime.h"
#include "omniglot/validate.h"

static enum og_error check_elements(const struct og_access *access, const struct og_rule *rule,
                                    uintptr_t address, size_t count, uintptr_t enclosing,
                                    unsigned depth, struct og_fault *fault)
    OG_REQUIRES_SHARED(access);
static enum og_error check_pointer(const struct og_access *access, const struct og_rule *rule,
                                   uintptr_t address, uintptr_t enclosing, struct og_fault *fault)
    OG_REQUIRES_SHARED(access);
static enum og_error check_fields(const struct og_access *access, const struct og_rule *rule,
                                  uintptr_t address, unsigned depth, struct og_fault *fault)
    OG_REQUIRES_SHARED(access);

static enum og_error invalid(const struct og_rule *rule, uintptr_t address, const char *message,
                             struct og_fault *fault)
{
    return og_fail(fault, OG_INVALID, rule->name, address, message);
}

static enum og_error unsound(const struct og_rule *rule, uintptr_t address, struct og_fault *fault)
{
    return og_fail(fault, OG_BAD_ARGUMENT, rule->name, address, "the rule does not fit the type");
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
    reason.error = OG_NULL;
    reason.message[0] = '\0';
    if (og_upgrade_bytes(access, pointer, rule->pointee_size, count, rule->pointee_alignment,
                         rule->rights, &reason))
        return OG_OK;
    return og_fail(fault, reason.error, rule->name, pointer, reason.message);
}

/* Enumerators are compared as the enum's bytes: -1 and 0xffffffff are one. */
static int is_enumerator(const struct og_rule *rule, uint64_t value)
{
    return og_is_one_of((int64_t)value, rule->values, rule->value_count) ||
           og_is_one_of((int64_t)og_extend_sign(value, rule->size), rule->values,
                        rule->value_count);
}

static int is_function(const struct og_rule *rule, struct og_domain *domain, uintptr_t pointer)
{
    return (pointer == 0 && rule->nullable) || domain->runtime->is_callback(domain, pointer);
}

/* Does what the field reads lie inside its struct? */
static int is_inside(const struct og_rule *field, const struct og_rule *rule)
{
    size_t bytes;
    return !__builtin_mul_overflow(field->size, field->count ? field->count : 1, &bytes) &&
           og_is_within(field->offset, bytes, 0, rule->size);
}

/* The same of the number that counts a pointer's pointees. */
static int is_count_inside(const struct og_rule *field, const struct og_rule *rule)
{
    return og_is_integer_size(field->counted_size) &&
           og_is_within(field->counted_offset, field->counted_size, 0, rule->size);
}

static enum og_error check_fields(const struct og_access *access, const struct og_rule *rule,
                                  uintptr_t address, unsigned depth, struct og_fault *fault)
{
    for (size_t i = 0; i < rule->field_count; i++) {
        const struct og_rule *field = &rule->fields[i];
        if (field->kind == OG_ANY)
            continue;
        if (!is_inside(field, rule) ||
            (field->kind == OG_POINTER && field->counted && !is_count_inside(field, rule)))
            return unsound(field, address, fault);
        enum og_error error =
            check_elements(access, field, address + field->offset, field->count ? field->count : 1,
                           address, depth, fault);
        if (error)
            return error;
    }
    return OG_OK;
}

/* Is each of the `count` elements what the rule says? The caller has checked that count times
 * size bytes are there; `enclosing` is the struct that they are a field of. */
static enum og_error check_elements(const struct og_access *access, const struct og_rule *rule,
                                    uintptr_t address, size_t count, uintptr_t enclosing,
                                    unsigned depth, struct og_fault *fault)
{
    size_t size = rule->size;
    /* A rule without a size was left out or forgotten: it would accept anything. */
    if (size == 0)
        return unsound(rule, address, fault);
    uintptr_t end = address + count * size;
    switch (rule->kind) {
    case OG_ANY:
        return OG_OK;
    case OG_BOOL:
        if (size != 1)
            return unsound(rule, address, fault);
        for (; address != end; address++)
            if (!og_is_bool(address))
                return invalid(rule, address, "a bool that is neither 0 nor 1", fault);
        return OG_OK;
    case OG_UNSIGNED:
    case OG_SIGNED: {
        int is_signed = rule->kind == OG_SIGNED;
        if (!og_is_integer_size(size))
            return unsound(rule, address, fault);
        for (; address != end; address += size)
            if (!og_is_in_range(og_load_integer((const void *)address, size, is_signed), is_signed,
                                rule->low.u, rule->high.u))
                return invalid(rule, address, "an integer outside its range", fault);
        return OG_OK;
    }
    case OG_ENUM:
        if (!og_is_integer_size(size))
            return unsound(rule, address, fault);
        for (; address != end; address += size)
            if (!is_enumerator(rule, og_load_integer((const void *)address, size, 0)))
                return invalid(rule, address, "an enum that is none of its enumerators", fault);
        return OG_OK;
    case OG_POINTER:
        if (size != sizeof(uintptr_t))
            return unsound(rule, address, fault);
        for (; address != end; address += size) {
            enum og_error error = check_pointer(access, rule, address, enclosing, fault);
            if (error)
                return error;
        }
        return OG_OK;
    case OG_FUNCTION:
        if (size != sizeof(uintptr_t))
            return unsound(rule, address, fault);
        for (; address != end; address += size)
            if (!is_function(rule, access->context->domain,
                             (uintptr_t)og_load_integer((const void *)address, size, 0)))
                return invalid(rule, address, "not a callback of this domain", fault);
        return OG_OK;
    case OG_STRUCT:
        if (depth == OG_RULE_DEPTH)
            return og_fail(fault, OG_BAD_ARGUMENT, rule->name, address, "rules nest too deeply");
        for (; address != end; address += size) {
            enum og_error error = check_fields(access, rule, address, depth + 1, fault);
            if (error)
                return error;
        }
        return OG_OK;
    }
    return og_fail(fault, OG_BAD_ARGUMENT, rule->name, address, "a rule of no known kind");
}

const void og_valid *og_validate_rule_at(const struct og_access *access, uintptr_t address,
                                         size_t size, size_t count, size_t alignment,
                                         const struct og_rule *rule, struct og_fault *fault)
{
    if (rule->size != size || (rule->kind == OG_POINTER && rule->counted)) {
        unsound(rule, address, fault);
        return NULL;
    }
    if (og_check_readable(access, address, size, count, alignment, fault))
        return NULL;
    if (check_elements(access, rule, address, count, address, 0, fault))
        return NULL;
    return (const void og_valid *)address;
}
