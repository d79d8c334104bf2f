/* What the disciplines that call into a sandbox of the same process do after the call: checks of
 * the result, and windows moved on. */
#include "omniglot/bindgen/emit.h"

void put_value_checks(const struct function *function)
{
    const char *wrong = ruled_out(function, "*result");
    if (wrong)
        put("    if (!error && $wrong)\n"
            "        error = instance_contract(fault, \"$function\");\n",
            "wrong", wrong);
    if (function->returned_handle)
        put("    if (!error && !result->foreign)\n"
            "        error = og_fail(fault, OG_NULL, \"$function\", 0, \"returned NULL\");\n");
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
    put("    bool succeeded = $condition;\n", "condition",
        both("!error", success(function, "*result")));
}

const char *field_outside(const struct parameter *parameter, const struct field *field)
{
    if (!field->low)
        return NULL;
    const char *value = fill(parameter->kind == OBJECT ? "$name->host.$field" : "$name->$field",
                             "field", field->name);
    return outside(field->type, value, field->low, field->high);
}

void put_field_check(const struct parameter *parameter, const struct field *field)
{
    const char *wrong = field_outside(parameter, field);
    if (wrong)
        put("    if (!error && ($wrong))\n"
            "        error = instance_contract(fault, \"$function\");\n",
            "wrong", wrong);
}

const char *room_of(const struct parameter *parameter)
{
    return fill(parameter->is_moving ? "most_$name" : "$count");
}

void put_most(const struct parameter *parameter)
{
    if (parameter->is_moving)
        put("    const size_t most_$name = $count;\n");
}

void put_most_check(const struct function *function, const struct parameter *parameter)
{
    if (parameter->is_moving)
        put_step_if(both(success(function, "*result"), condition_of(parameter)),
                    "instance_count($count, most_$name, \"$function\", fault)");
}

const char *other_user(const struct function *function, const struct parameter *parameter)
{
    const char *condition = NULL;
    bool is_handed_on = false;
    if (parameter->kind != CALLBACK)
        return NULL;
    for (size_t i = 0; i < parameter->callback->shape.count; i++)
        is_handed_on = is_handed_on || parameter->callback->shape.parameters[i].kind == USER;
    for (size_t i = 0; is_handed_on && i < function->count; i++)
        if (function->parameters[i].kind == USER)
            condition =
                fill("$others && $user && $user != $name->user", "others",
                     condition ? condition : parameter->name, "user", function->parameters[i].name);
    return condition;
}

const char refusal_of_user[] = "og_fail(fault, OG_BAD_ARGUMENT, \"$function\", 0, "
                               "\"another user than its callback was opened with\")";

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
    each_parameter(parameter, function) {
        if (parameter->kind == LEFT)
            put("        *$length += *$name - left_$name;\n"
                "        *$name = left_$name;\n");
        each_window(window, parameter)
            put("        $name->host.$pointer += $name->host.$left - left_$rest;\n"
                "        $name->host.$left = left_$rest;\n");
    }
    put("    }\n");
}

void put_number_checks(const struct parameter *parameter)
{
    const struct type *type = parameter->type;
    if (type->class == TYPE_ENUM)
        put("    if (!instance_is_value($name, &$library_rule_$rule))\n"
            "        refused = instance_contract(&refusal, \"$function\");\n",
            "rule", type->rule->identifier);
    if (parameter->low)
        put("    if ($outside)\n"
            "        refused = instance_contract(&refusal, \"$function\");\n",
            "outside", outside(type, parameter->name, parameter->low, parameter->high));
}
