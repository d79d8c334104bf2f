/* What the disciplines that call into a sandbox of the same process do after the call: checks of
 * the result, and windows moved on. */
#include "omniglot/bindgen/emit.h"
#include "omniglot/bindgen/memory.h"

void put_value_checks(const struct function *function)
{
    const char *wrong = ruled_out(function, "*result");
    if (wrong)
        put("    if (!error && (%s))\n        error = instance_contract(fault, \"%s\");\n", wrong,
            function->name);
    if (function->returned_handle)
        put("    if (!error && !result->foreign)\n        error = og_fail(fault, OG_NULL, \"%s\", "
            "0, \"returned NULL\");\n",
            function->name);
}

bool needs_success(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++)
        if (function->parameters[i].kind == LENGTH ||
            (function->parameters[i].kind == OBJECT && function->parameters[i].life == LIFE_NEW))
            return true;
    return false;
}

void put_success(const struct function *function)
{
    const char *condition = success(function, "*result");
    put("    bool succeeded = !error%s%s;\n", condition ? " && " : "", condition ? condition : "");
}

static bool has_windows(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++)
        if (function->parameters[i].kind == LEFT || function->parameters[i].window_count)
            return true;
    return false;
}

void put_windows_moved(const struct function *function)
{
    if (!has_windows(function))
        return;
    put("    if (!error) {\n");
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (parameter->kind == LEFT)
            put("        *%s += *%s - left_%s;\n        *%s = left_%s;\n", parameter->length->name,
                parameter->name, parameter->name, parameter->name, parameter->name);
        for (size_t j = 0; j < parameter->window_count; j++) {
            const char *host = memory_format("%s->host", parameter->name);
            const struct window *window = &parameter->windows[j];
            put("        %s.%s += %s.%s - left_%s;\n        %s.%s = left_%s;\n", host,
                window->pointer, host, window->left, window->left, host, window->left,
                window->left);
        }
    }
    put("    }\n");
}

void put_number_checks(const struct interface *interface, const struct function *shape,
                       const struct parameter *parameter)
{
    const struct type *type = parameter->type;
    const char *name = parameter->name;
    if (type->class == TYPE_ENUM)
        put("    if (!instance_is_value(%s, &%s_rule_%s))\n        refused = "
            "instance_contract(&refusal, \"%s\");\n",
            name, interface->name, type->rule->identifier, shape->name);
    if (parameter->low)
        put("    if (%s)\n        refused = instance_contract(&refusal, \"%s\");\n",
            outside(type, name, parameter->low, parameter->high), shape->name);
}
