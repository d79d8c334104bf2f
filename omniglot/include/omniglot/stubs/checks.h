/* Checks of values that are already in host memory: a result in a register, what was copied
 * out of a message. By the same rules as those of foreign memory (omniglot/validate.h); a
 * pointer is never right here. */
#ifndef OMNIGLOT_STUBS_CHECKS_H
#define OMNIGLOT_STUBS_CHECKS_H

#include <omniglot/error.h>
#include <omniglot/validate.h>
#include <stdbool.h>
#include <string.h>

#ifndef __cplusplus

/* The library broke its interface in `function`. Fills *fault; returns OG_CONTRACT. */
static inline enum og_error instance_contract(struct og_fault *fault, const char *function)
{
    return og_fail(fault, OG_CONTRACT, function, 0, "its interface rules this out");
}

/* After a call that can change what a count is made of: it is no more than what there was room
 * for before. */
static inline enum og_error instance_count(size_t count, size_t most, const char *function,
                                           struct og_fault *fault)
{
    return count <= most ? OG_OK : instance_contract(fault, function);
}

/* Takes what is no value, padding, out of `count` objects of `size` bytes. `solid`: the bits of one
 * that are fields'. */
static inline void host_keep_solid(unsigned char *bytes, size_t count, size_t size,
                                   const unsigned char *solid)
{
    for (size_t i = 0; i < count; i++, bytes += size)
        for (size_t j = 0; j < size; j++)
            bytes[j] &= solid[j];
}

/* The `size` bytes at `bytes` as a number. */
static inline uint64_t host_rule_number(const unsigned char *bytes, size_t size, bool is_signed)
{
    uint64_t number = 0;
    memcpy(&number, bytes, size);
    if (is_signed && size < sizeof(number) && number >> (8 * size - 1))
        number |= UINT64_MAX << (8 * size);
    return number;
}

static inline bool host_rule_is_enumerator(const struct og_rule *rule, const unsigned char *bytes)
{
    uint64_t value = host_rule_number(bytes, rule->size, false);
    uint64_t extended = host_rule_number(bytes, rule->size, true);
    for (size_t i = 0; i < rule->value_count; i++)
        if ((uint64_t)rule->values[i] == value || (uint64_t)rule->values[i] == extended)
            return true;
    return false;
}

static inline bool host_rule_holds(const struct og_rule *rule, const void *values, size_t count);

/* Is the value of rule->size bytes at `bytes` one? */
static inline bool host_rule_holds_once(const struct og_rule *rule, const unsigned char *bytes)
{
    uint64_t number;
    switch (rule->kind) {
    case OG_ANY:
        return true;
    case OG_BOOL:
        return bytes[0] <= 1;
    case OG_UNSIGNED:
        number = host_rule_number(bytes, rule->size, false);
        return number >= rule->low.u && number <= rule->high.u;
    case OG_SIGNED:
        number = host_rule_number(bytes, rule->size, true);
        return (int64_t)number >= rule->low.i && (int64_t)number <= rule->high.i;
    case OG_ENUM:
        return host_rule_is_enumerator(rule, bytes);
    case OG_STRUCT:
        for (size_t i = 0; i < rule->field_count; i++)
            if (!host_rule_holds(&rule->fields[i], bytes + rule->fields[i].offset,
                                 rule->fields[i].count ? rule->fields[i].count : 1))
                return false;
        return true;
    case OG_POINTER:
    case OG_FUNCTION:
        break;
    }
    return false;
}

/* Is each of the `count` values at `values` what the rule says? */
static inline bool host_rule_holds(const struct og_rule *rule, const void *values, size_t count)
{
    const unsigned char *bytes = values;
    for (size_t i = 0; rule->kind != OG_ANY && i < count; i++)
        if (!host_rule_holds_once(rule, bytes + i * rule->size))
            return false;
    return true;
}

/* Is *value, a struct that `function` returned, what the rule says? */
static inline enum og_error instance_check_value(const void *value, const struct og_rule *rule,
                                                 const char *function, struct og_fault *fault)
{
    return host_rule_holds(rule, value, 1) ? OG_OK : instance_contract(fault, function);
}

/* Is the number `value`, a variable of the rule's type, what the rule says? */
#define instance_is_value(value, rule) host_rule_holds((rule), &(value), 1)

#endif

#endif
