/* NAME-types.h: layouts, which the compiler compares, and rules that say what bytes are a
 * value of each enum and struct in use. */
#include "omniglot/bindgen/emit.h"
#include "omniglot/bindgen/memory.h"

#include <string.h>

static const char *rule_name(const struct interface *interface, const struct rule *rule)
{
    return memory_format("%s_rule_%s", interface->name, rule->identifier);
}

const char *element_rule(const struct interface *interface, const struct function *function,
                         const struct parameter *parameter)
{
    const struct type *element = parameter->type->pointee;
    if (parameter->low)
        return memory_format("%s_rule_%s_%s", interface->name, function->name, parameter->name);
    if (element->class == TYPE_BOOL)
        return memory_format("%s_rule_bool", interface->name);
    return element->rule && !element->rule->is_plain ? rule_name(interface, element->rule) : NULL;
}

static void put_layout(const struct rule *rule)
{
    put("_Static_assert(sizeof(%s) == %zu, \"another layout of %s than og-bindgen saw\");\n",
        rule->spelling, rule->size, rule->spelling);
    for (size_t i = 0; !rule->is_enum && i < rule->count; i++)
        if (!rule->fields[i].is_bits && *rule->fields[i].name)
            put("_Static_assert(offsetof(%s, %s) == %zu, \"another layout of %s\");\n",
                rule->spelling, rule->fields[i].name, rule->fields[i].offset, rule->spelling);
}

/* What of a rule depends on a value's type; OG_RANGE is the field's. */
static void put_kind(const struct interface *interface, const struct type *type, const char *low,
                     const char *high)
{
    switch (type->class) {
    case TYPE_BOOL:
        put(".kind = OG_BOOL");
        break;
    case TYPE_ENUM:
        put(".kind = OG_ENUM, .values = %s_values_%s, .value_count = %zu", interface->name,
            type->rule->identifier, type->rule->count);
        break;
    case TYPE_STRUCT:
        put(".kind = OG_STRUCT, .fields = %s_fields_%s, .field_count = %zu", interface->name,
            type->rule->identifier, type->rule->count);
        break;
    case TYPE_INTEGER:
        if (low)
            put(".kind = %s, .low.%c = %s, .high.%c = %s",
                type->is_signed ? "OG_SIGNED" : "OG_UNSIGNED", type->is_signed ? 'i' : 'u', low,
                type->is_signed ? 'i' : 'u', high);
        else
            put(".kind = OG_ANY");
        break;
    default:
        put(".kind = OG_ANY");
        break;
    }
}

static void put_field(const struct interface *interface, const struct rule *rule,
                      const struct field *field)
{
    const struct type *type = field->type;
    if (field->is_bits || !*field->name) {
        put("{.kind = OG_ANY, .name = \"%s\", .size = 1},\n", field->name);
        return;
    }
    put("{.name = \"%s\", .offset = offsetof(%s, %s), .size = sizeof(((%s *)0)->%s)", field->name,
        rule->spelling, field->name, rule->spelling, field->name);
    if (field->is_array)
        put(" / %zu, .count = %zu", field->count, field->count);
    put(", ");
    if (field->is_opaque || type->class == TYPE_OTHER) {
        put(".kind = OG_ANY");
    } else if (type->class == TYPE_FUNCTION) {
        put(".kind = OG_FUNCTION, .nullable = 1");
    } else if (type->class == TYPE_POINTER && field->counted_by) {
        const char *element = element_of(type->pointee);
        put(".kind = OG_POINTER, .pointee_size = sizeof(%s), .pointee_alignment = _Alignof(%s), "
            ".rights = OG_READ%s, ",
            element, element, type->pointee->is_const ? "" : " | OG_WRITE");
        if (field->counter)
            put(".counted = 1, .counted_offset = offsetof(%s, %s), "
                ".counted_size = sizeof(((%s *)0)->%s)",
                rule->spelling, field->counter->name, rule->spelling, field->counter->name);
        else
            put(".pointee_count = %s", field->counted_by);
    } else {
        put_kind(interface, type, field->low, field->high);
    }
    put("},\n");
}

static void put_rule(const struct interface *interface, const struct rule *rule)
{
    put("\n/* %s */\n", rule->spelling);
    put_layout(rule);
    if (rule->is_enum) {
        put("static const int64_t %s_values_%s[] __attribute__((unused)) = {", interface->name,
            rule->identifier);
        for (size_t i = 0; i < rule->count; i++)
            put("%s%s", i ? ", " : "", rule->names[i]);
        put("};\n");
        put("static const struct og_rule %s __attribute__((unused)) = {.kind = OG_ENUM, "
            ".name = \"%s\", .size = sizeof(%s), .values = %s_values_%s, .value_count = %zu};\n",
            rule_name(interface, rule), rule->spelling, rule->spelling, interface->name,
            rule->identifier, rule->count);
        return;
    }
    put("static const struct og_rule %s_fields_%s[] __attribute__((unused)) = {\n", interface->name,
        rule->identifier);
    for (size_t i = 0; i < rule->count; i++)
        put_field(interface, rule, &rule->fields[i]);
    put("};\n");
    put("static const struct og_rule %s __attribute__((unused)) = {.kind = OG_STRUCT, "
        ".name = \"%s\", .size = sizeof(%s), .fields = %s_fields_%s, .field_count = %zu};\n",
        rule_name(interface, rule), rule->spelling, rule->spelling, interface->name,
        rule->identifier, rule->count);
}

/* The rule of a number that a function hands over with OG_RANGE. */
static void put_ranges(const struct interface *interface, const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (!is_filled(parameter) || !parameter->low)
            continue;
        put("\n/* %s of %s */\n", parameter->name, function->name);
        put("static const struct og_rule %s_rule_%s_%s __attribute__((unused)) = {"
            ".name = \"%s\", .size = sizeof(%s), ",
            interface->name, function->name, parameter->name, parameter->name,
            parameter->type->pointee->spelling);
        put_kind(interface, parameter->type->pointee, parameter->low, parameter->high);
        put("};\n");
    }
}

static bool uses_bool(const struct interface *interface)
{
    for (const struct function *function = interface->functions; function;
         function = function->next)
        for (size_t i = 0; i < function->count; i++)
            if (is_filled(&function->parameters[i]) &&
                function->parameters[i].type->pointee->class == TYPE_BOOL)
                return true;
    return false;
}

void emit_types(const struct interface *interface)
{
    put("#include \"%s\"\n\n#include <omniglot/validate.h>\n#include <stdbool.h>\n#include "
        "<stddef.h>\n#include <stdint.h>\n#include <string.h>\n",
        interface->path);
    if (uses_bool(interface))
        put("\nstatic const struct og_rule %s_rule_bool __attribute__((unused)) = {.kind = "
            "OG_BOOL, .name = \"bool\", .size = sizeof(bool)};\n",
            interface->name);
    for (const struct rule *rule = interface->rules; rule; rule = rule->next)
        if (rule->is_used)
            put_rule(interface, rule);
    for (const struct function *function = interface->functions; function;
         function = function->next)
        put_ranges(interface, function);
}
