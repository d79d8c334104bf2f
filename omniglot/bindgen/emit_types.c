/* NAME-types.h: layouts, which the compiler compares, and rules that say what bytes are a
 * value of each enum and struct in use. */
#include "omniglot/bindgen/emit.h"
#include "omniglot/bindgen/memory.h"
#include "omniglot/bindgen/padding.h"

static const char *rule_name(const struct interface *interface, const struct rule *rule)
{
    return memory_format("%s_rule_%s", interface->name, rule->identifier);
}

const char *element_rule(const struct interface *interface, const struct function *function,
                         const struct parameter *parameter)
{
    const struct type *element = parameter->type->pointee;
    if (parameter->low)
        return memory_format("%s_rule_%s_%s", interface->name, function->name, parameter->declared);
    if (element->class == TYPE_BOOL)
        return memory_format("%s_rule_bool", interface->name);
    return element->rule && !element->rule->is_plain ? rule_name(interface, element->rule) : NULL;
}

static void put_layout(const struct rule *rule)
{
    put("_Static_assert(sizeof($type) == $size, "
        "\"another layout of $type than og-bindgen saw\");\n",
        "type", rule->spelling, "size", number(rule->size));
    for (size_t i = 0; !rule->is_enum && i < rule->count; i++)
        if (!rule->fields[i].is_bits && *rule->fields[i].name)
            put("_Static_assert(offsetof($type, $field) == $offset, "
                "\"another layout of $type\");\n",
                "type", rule->spelling, "field", rule->fields[i].name, "offset",
                number(rule->fields[i].offset));
}

/* What of a rule depends on a value's type; OG_RANGE is the field's. */
static void put_kind(const struct type *type, const char *low, const char *high)
{
    switch (type->class) {
    case TYPE_BOOL:
        put(".kind = OG_BOOL");
        break;
    case TYPE_ENUM:
        put(".kind = OG_ENUM, .values = $library_values_$rule, .value_count = $count", "rule",
            type->rule->identifier, "count", number(type->rule->count));
        break;
    case TYPE_STRUCT:
        put(".kind = OG_STRUCT, .fields = $library_fields_$rule, .field_count = $count", "rule",
            type->rule->identifier, "count", number(type->rule->count));
        break;
    case TYPE_INTEGER:
        if (low)
            put(type->is_signed ? ".kind = OG_SIGNED, .low.i = $low, .high.i = $high"
                                : ".kind = OG_UNSIGNED, .low.u = $low, .high.u = $high",
                "low", low, "high", high);
        else
            put(".kind = OG_ANY");
        break;
    case TYPE_VOID:
    case TYPE_FLOATING:
    case TYPE_POINTER:
    case TYPE_FUNCTION:
    case TYPE_OTHER:
        put(".kind = OG_ANY");
        break;
    }
}

static void put_pointer_field(const struct rule *rule, const struct field *field)
{
    const struct type *pointee = field->type->pointee;
    put(".kind = OG_POINTER, .pointee_size = sizeof($item), .pointee_alignment = _Alignof($item), "
        ".rights = OG_READ$write, ",
        "item", element_of(pointee), "write", pointee->is_const ? "" : " | OG_WRITE");
    if (field->counter)
        put(".counted = 1, .counted_offset = offsetof($type, $counter), "
            ".counted_size = sizeof((($type *)0)->$counter)",
            "type", rule->spelling, "counter", field->counter->name);
    else
        put(".pointee_count = $count", "count", field->counted_by);
}

static void put_field(const struct rule *rule, const struct field *field)
{
    const struct type *type = field->type;
    if (field->is_bits || !*field->name) {
        put("{.kind = OG_ANY, .name = \"$field\", .size = 1},\n", "field", field->name);
        return;
    }
    put("{.name = \"$field\", .offset = offsetof($type, $field), "
        ".size = sizeof((($type *)0)->$field)",
        "field", field->name, "type", rule->spelling);
    if (field->is_array)
        put(" / $count, .count = $count", "count", number(field->count));
    put(", ");
    if (field->is_opaque || type->class == TYPE_OTHER)
        put(".kind = OG_ANY");
    else if (type->class == TYPE_FUNCTION)
        put(".kind = OG_FUNCTION, .nullable = 1");
    else if (type->class == TYPE_POINTER && field->counted_by)
        put_pointer_field(rule, field);
    else
        put_kind(type, field->low, field->high);
    put("},\n");
}

static void put_enum_rule(const struct rule *rule)
{
    put("static const int64_t $library_values_$rule[] __attribute__((unused)) = {", "rule",
        rule->identifier);
    for (size_t i = 0; i < rule->count; i++)
        put("$comma$value", "comma", i ? ", " : "", "value", rule->names[i]);
    put("};\n"
        "static const struct og_rule $library_rule_$rule __attribute__((unused)) = "
        "{.kind = OG_ENUM, .name = \"$type\", .size = sizeof($type), "
        ".values = $library_values_$rule, .value_count = $count};\n",
        "rule", rule->identifier, "type", rule->spelling, "count", number(rule->count));
}

static void put_struct_rule(const struct rule *rule)
{
    put("static const struct og_rule $library_fields_$rule[] __attribute__((unused)) = {\n", "rule",
        rule->identifier);
    for (size_t i = 0; i < rule->count; i++)
        put_field(rule, &rule->fields[i]);
    put("};\n"
        "static const struct og_rule $library_rule_$rule __attribute__((unused)) = "
        "{.kind = OG_STRUCT, .name = \"$type\", .size = sizeof($type), "
        ".fields = $library_fields_$rule, .field_count = $count};\n",
        "rule", rule->identifier, "type", rule->spelling, "count", number(rule->count));
}

static void put_rule(const struct rule *rule)
{
    put("\n/* $type */\n", "type", rule->spelling);
    put_layout(rule);
    if (rule->is_enum)
        put_enum_rule(rule);
    else
        put_struct_rule(rule);
}

const char *element_mask(const struct interface *interface, const struct parameter *parameter)
{
    return padding_sent(parameter) ? memory_format("%s_solid_%s", interface->name,
                                                   parameter->type->pointee->rule->identifier)
                                   : NULL;
}

/* Which bits of a struct that the host hands over are a value's. */
static void put_mask(const struct interface *interface, const struct rule *rule)
{
    for (const struct function *function = interface->functions; function;
         function = function->next)
        for (size_t i = 0; i < function->count; i++) {
            const unsigned char *mask = padding_sent(&function->parameters[i]);
            if (!mask || function->parameters[i].type->pointee->rule != rule)
                continue;
            put("static const unsigned char $library_solid_$rule[] __attribute__((unused)) = {",
                "rule", rule->identifier);
            for (size_t j = 0; j < rule->size; j++)
                put("$comma$byte", "comma", j ? ", " : "", "byte", number(mask[j]));
            put("};\n");
            return;
        }
}

/* The rule of a number that a function hands over with OG_RANGE. */
static void put_ranges(const struct function *function)
{
    each_parameter(parameter, function) {
        if (!is_filled(parameter) || !parameter->low)
            continue;
        put("\n/* $declared of $function */\n"
            "static const struct og_rule $library_rule_$function_$declared __attribute__((unused)) "
            "= "
            "{.name = \"$declared\", .size = sizeof($pointee), ");
        put_kind(parameter->type->pointee, parameter->low, parameter->high);
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
    put("/* An interface file repeats of a function no more than its types. */\n"
        "#if defined(__cplusplus) && defined(__clang__)\n"
        "#pragma clang diagnostic push\n"
        "#pragma clang diagnostic ignored \"-Wmissing-exception-spec\"\n"
        "#endif\n"
        "#include \"$path\"\n"
        "#if defined(__cplusplus) && defined(__clang__)\n"
        "#pragma clang diagnostic pop\n"
        "#endif\n"
        "\n"
        "#include <omniglot/validate.h>\n"
        "#include <stdbool.h>\n"
        "#include <stddef.h>\n"
        "#include <stdint.h>\n"
        "#include <string.h>\n"
        "\n"
        "#ifndef __cplusplus\n");
    if (uses_bool(interface))
        put("\n"
            "static const struct og_rule $library_rule_bool __attribute__((unused)) = "
            "{.kind = OG_BOOL, .name = \"bool\", .size = sizeof(bool)};\n");
    for (const struct rule *rule = interface->rules; rule; rule = rule->next)
        if (rule->is_used) {
            put_rule(rule);
            put_mask(interface, rule);
        }
    each_function(function, interface)
        put_ranges(function);
    put("\n#endif\n");
}
