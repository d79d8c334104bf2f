/* NAME-process.h: the host's side of the process discipline. Arguments are put into a message
 * in the order of the parameters; what comes back is, in this order: an output that the worker
 * wrote into the message itself, the result, lengths, fields, and the other outputs. */
#include "omniglot/bindgen/emit.h"
#include "omniglot/bindgen/wire_order.h"

/* --- arguments --- */

static void put_handle_argument(void)
{
    put("    wire_put_u64(arguments, "
        "process_handle($library->instance.sandbox, $name->handle, $name->generation));\n");
}

/* Fields that are set, and windows: of a struct, or of an object's host part. */
static void put_fields_argument(const struct parameter *parameter)
{
    for (unsigned i = 0; parameter->set && i < parameter->set->count; i++)
        put(parameter->kind == OBJECT
                ? "    wire_put_bytes(arguments, &$name->host.$field, "
                  "sizeof($name->host.$field));\n"
                : "    wire_put_bytes(arguments, &$name->$field, sizeof($name->$field));\n",
            "field", parameter->set->arguments[i]);
    each_window(window, parameter) {
        put("    wire_put_u64(arguments, (uint64_t)$name->host.$left);\n");
        if (!window->is_output)
            put("    wire_put_bytes(arguments, $name->host.$pointer, "
                "OG_PRODUCT($name->host.$left, sizeof($item)));\n");
    }
}

static void put_argument(const struct interface *interface, const struct parameter *parameter)
{
    const char *mask = element_mask(interface, parameter);
    if (parameter->is_optional)
        put("    wire_put_u64(arguments, $name != NULL);\n");
    switch (parameter->kind) {
    case NUMBER:
        put(parameter->type->class == TYPE_FLOATING
                ? "    wire_put_f64(arguments, $name);\n"
                : "    wire_put_u64(arguments, (uint64_t)$name);\n");
        break;
    case OPAQUE:
        put("    wire_put_u64(arguments, (uintptr_t)$name);\n");
        break;
    case USER:
        put("    (void)$name;\n");
        break;
    case IN:
    case INOUT:
        if (mask) {
            put(parameter->is_optional
                    ? "    process_put_solid(arguments, $name, $name ? $count : 0, "
                      "sizeof($element), $mask);\n"
                    : "    process_put_solid(arguments, $name, $count, sizeof($element), $mask);\n",
                "mask", mask);
            break;
        }
        put(parameter->is_optional
                ? "    wire_put_bytes(arguments, $name, "
                  "$name ? OG_PRODUCT($count, sizeof($element)) : 0);\n"
                : "    wire_put_bytes(arguments, $name, OG_PRODUCT($count, sizeof($element)));\n");
        break;
    case LENGTH:
    case LEFT:
        put("    wire_put_u64(arguments, (uint64_t)*$name);\n");
        break;
    case IN_WINDOW:
        put("    wire_put_bytes(arguments, *$name, OG_PRODUCT(*$length, sizeof(**$name)));\n");
        break;
    case STRING:
        put(parameter->is_optional
                ? "    wire_put_bytes(arguments, $name, "
                  "$name ? strlen((const char *)$name) + 1 : 0);\n"
                : "    wire_put_bytes(arguments, $name, strlen((const char *)$name) + 1);\n");
        break;
    case STRUCT:
        if (!parameter->set && !parameter->get)
            put_unused(parameter->name);
        put_fields_argument(parameter);
        break;
    case OBJECT:
        if (parameter->life != LIFE_NEW)
            put_handle_argument();
        put_fields_argument(parameter);
        break;
    case HANDLE:
        put_handle_argument();
        break;
    case CALLBACK:
        put("    wire_put_u64(arguments, $name != NULL);\n");
        break;
    case OUT:
    case OUT_WINDOW:
    case ABSENT:
    case STRINGS:
        break;
    }
}

/* --- results --- */

static void put_result(const struct function *function)
{
    const struct type *type = function->result;
    if (function->returned_handle)
        put("    result->handle = wire_get_u64(&results);\n"
            "    result->generation = process_generation(sandbox);\n");
    else if (type->class == TYPE_FLOATING)
        put("    *result = ($result)wire_get_f64(&results);\n");
    else if (type->class == TYPE_STRUCT)
        put("    wire_get_into(&results, result, sizeof(*result));\n");
    else if (type->class == TYPE_BOOL)
        put("    uint64_t truth = wire_get_u64(&results);\n"
            "    *result = truth == 1;\n");
    else if (type->class != TYPE_VOID)
        put("    *result = process_get_integer(&results, $result);\n");
}

static void put_locals(const struct interface *interface, const struct function *function)
{
    each_parameter(parameter, function) {
        if (parameter->kind == LENGTH || parameter->kind == LEFT)
            put("    $pointee left_$name = *$name;\n");
        if (is_filled(parameter) && is_reserved(interface, function, parameter))
            put("    size_t room_$name = OG_PRODUCT($count, sizeof($element)), size_$name = 0;\n");
        else
            put_most(parameter);
        if (parameter->kind == OUT_WINDOW)
            put("    size_t size_$name = 0;\n");
        each_window(window, parameter) {
            put("    $counter left_$rest = $name->host.$left;\n");
            if (window->is_output)
                put("    size_t size_$cursor = 0;\n");
        }
    }
}

/* Output that comes first, since it was written into the message by the library. */
static void put_reserved(const struct interface *interface, const struct function *function)
{
    each_parameter(parameter, function)
        if (is_reserved(interface, function, parameter) && parameter->kind == OUT)
            put("    wire_get_up_to(&results, $name, room_$name, &size_$name);\n");
}

static void put_windows(const struct function *function)
{
    each_parameter(parameter, function) {
        if (parameter->kind == OUT_WINDOW)
            put("    wire_get_up_to(&results, *$name, OG_PRODUCT(*$length, sizeof(**$name)), "
                "&size_$name);\n");
        each_window(window, parameter)
            if (window->is_output)
                put("    wire_get_up_to(&results, $name->host.$pointer, "
                    "OG_PRODUCT($name->host.$left, sizeof(*$name->host.$pointer)), "
                    "&size_$cursor);\n");
    }
}

static void put_lefts(const struct function *function)
{
    each_parameter(parameter, function) {
        if (parameter->kind == LENGTH || parameter->kind == LEFT)
            put("    left_$name = process_get_integer(&results, $pointee);\n");
        each_window(window, parameter)
            put("    left_$rest = process_get_integer(&results, $counter);\n");
    }
}

static void put_fields(const struct function *function)
{
    each_parameter(parameter, function) {
        for (unsigned i = 0; parameter->get && i < parameter->get->count; i++) {
            const char *field = parameter->get->arguments[i];
            const char *wrong = field_outside(parameter, named_field(parameter, field));
            put(parameter->kind == OBJECT
                    ? "    wire_get_into(&results, &$name->host.$field, "
                      "sizeof($name->host.$field));\n"
                    : "    wire_get_into(&results, &$name->$field, sizeof($name->$field));\n",
                "field", field);
            if (wrong)
                put("    if ($wrong)\n"
                    "        wire_reader_fail(&results, "
                    "\"a field that the interface rules out\");\n",
                    "wrong", wrong);
        }
        if (parameter->kind == OBJECT && parameter->life == LIFE_NEW)
            put("    $name->handle = wire_get_u64(&results);\n"
                "    $name->generation = process_generation(sandbox);\n");
        if ((parameter->kind == OBJECT || parameter->kind == HANDLE) && parameter->life == LIFE_END)
            put("    $name->handle = 0;\n");
    }
}

/* An output of which there is as much as the count says after a success, and nothing else. */
static void put_outputs(const struct interface *interface, const struct function *function)
{
    each_parameter(parameter, function) {
        if (!is_filled(parameter) || is_reserved(interface, function, parameter))
            continue;
        const char *condition = both(succeeded(function), condition_of(parameter));
        if (parameter->is_moving)
            put("    if ($condition)\n"
                "        wire_reader_fail(&results, \"more is filled than there was room for\");\n",
                "condition", both(condition, fill("$count > most_$name")));
        put_if(condition);
        put("    wire_get_into(&results, $name, OG_PRODUCT($count, sizeof($element)));\n");
    }
}

/* --- what is not believed --- */

static void put_distrust(const char *condition, const char *what)
{
    put("    if (!error && $condition)\n"
        "        error = process_distrust(sandbox, \"$what\", fault);\n",
        "condition", condition, "what", what);
}

static void put_result_checks(const struct function *function)
{
    const char *wrong = ruled_out(function, "*result");
    const struct type *type = function->result;
    if (wrong)
        put_distrust(wrong, fill("a result that the interface of $function rules out"));
    if (type->class == TYPE_BOOL)
        put_distrust("truth > 1", fill("a result of $function that is no bool"));
    if (type->class == TYPE_STRUCT && !type->rule->is_plain)
        put_distrust(fill("!host_rule_holds(&$library_rule_$rule, result, 1)", "rule",
                          type->rule->identifier),
                     fill("a result that the interface of $function rules out"));
}

static void put_output_checks(const struct interface *interface, const struct function *function,
                              const struct parameter *parameter)
{
    const char *rule = is_filled(parameter) ? element_rule(interface, function, parameter) : NULL;
    if (parameter->kind == OBJECT && parameter->life == LIFE_NEW)
        put_distrust(function->success ? fill("succeeded != ($name->handle != 0)")
                                       : fill("!$name->handle"),
                     "an object without a handle, or the reverse");
    if (is_filled(parameter) && is_reserved(interface, function, parameter))
        put_distrust(
            fill(function->success
                     ? "size_$name != (succeeded ? OG_PRODUCT($count, sizeof($element)) : 0)"
                     : "size_$name != OG_PRODUCT($count, sizeof($element))"),
            fill("an output of another size than $function gives"));
    if (rule)
        put_distrust(both(both(succeeded(function), condition_of(parameter)),
                          fill("!host_rule_holds(&$rule, $name, $count)", "rule", rule)),
                     fill("an output of $function that is no value"));
    if (parameter->kind == OUT_WINDOW)
        put_distrust(fill("size_$name != OG_PRODUCT(*$length - left_$length, sizeof(**$name))"),
                     "an output of another size than is left");
    each_window(window, parameter)
        if (window->is_output)
            put_distrust(fill("size_$cursor != OG_PRODUCT($name->host.$left - left_$rest, "
                              "sizeof(*$name->host.$pointer))"),
                         "an output of another size than is left");
}

static void put_checks(const struct interface *interface, const struct function *function)
{
    put_result_checks(function);
    each_parameter(parameter, function)
        put_output_checks(interface, function, parameter);
    if (function->returned_handle)
        put("    if (!error && !result->handle)\n"
            "        error = og_fail(fault, OG_NULL, \"$function\", 0, \"returned NULL\");\n");
}

/* Lengths are checked before anything is measured by them. */
static void put_length_checks(const struct function *function)
{
    each_parameter(parameter, function) {
        if (parameter->kind == LEFT)
            put("    process_check_left(&results, left_$name, *$name);\n");
        if (parameter->kind == LENGTH) { /* after a failure it may say anything */
            put_if(succeeded(function));
            put("    process_check_left(&results, left_$name, *$name);\n");
            put_if(both(succeeded(function), "!results.error"));
            put("    *$name = left_$name;\n");
        }
        each_window(window, parameter)
            put("    process_check_left(&results, left_$rest, $name->host.$left);\n");
    }
}

static void put_checked_windows_moved(const struct function *function)
{
    each_parameter(parameter, function) {
        if (parameter->kind == LEFT)
            put("    if (!error) {\n"
                "        *$length += *$name - left_$name;\n"
                "        *$name = left_$name;\n"
                "    }\n");
        each_window(window, parameter)
            put("    if (!error) {\n"
                "        $name->host.$pointer += $name->host.$left - left_$rest;\n"
                "        $name->host.$left = left_$rest;\n"
                "    }\n");
    }
}

static void put_body(const struct interface *interface, const struct function *function)
{
    put("\n{\n"
        "    struct process_sandbox *sandbox = $library->instance.sandbox;\n"
        "    struct wire_reader results;\n");
    each_parameter(parameter, function)
        if (other_user(function, parameter))
            put("    if ($condition)\n"
                "        return $refusal;\n",
                "condition", other_user(function, parameter), "refusal", fill(refusal_of_user));
    put_locals(interface, function);
    put(has_arguments(function)
            ? "    struct wire_writer *arguments = "
              "process_call_begin(sandbox, $library_number_of_$function);\n"
            : "    process_call_begin(sandbox, $library_number_of_$function);\n");
    each_parameter(parameter, function)
        put_argument(interface, parameter);
    put("    enum og_error error = process_call_finish(sandbox, &results, fault);\n"
        "    if (error)\n"
        "        return error;\n");
    put_reserved(interface, function);
    put_windows(function);
    put_result(function);
    if (depends_on_success(function))
        put("    bool succeeded = $condition;\n", "condition", success(function, "*result"));
    put_lefts(function);
    put_length_checks(function);
    put_fields(function);
    put_outputs(interface, function);
    put("    error = process_results_finish(sandbox, &results, fault);\n");
    put_checks(interface, function);
    put_checked_windows_moved(function);
    put("    return error;\n}\n");
}

/* --- callbacks --- */

static void put_callback_number(const struct parameter *parameter)
{
    if (parameter->type->class == TYPE_FLOATING)
        put("    $type $name = wire_get_f64(arguments);\n");
    else if (parameter->type->class == TYPE_BOOL)
        put("    $type $name = process_get_bool(arguments);\n");
    else
        put("    $type $name = process_get_integer(arguments, $type);\n");
}

static void put_callback_argument(const struct parameter *parameter)
{
    const char *optional = parameter->is_optional ? "true" : "false";
    switch (parameter->kind) {
    case NUMBER:
        put_callback_number(parameter);
        break;
    case OPAQUE:
        put("    $opaque$name = ($opaque)(uintptr_t)wire_get_u64(arguments);\n", "opaque",
            opaque_type(parameter));
        break;
    case STRING:
        put("    const $pointee *$name = "
            "(const $pointee *)process_get_string(arguments, $optional);\n",
            "optional", optional);
        break;
    case STRINGS:
        put("    const char *strings_$name[OG_STRINGS_MAX + 1];\n"
            "    process_get_strings(arguments, strings_$name);\n"
            "    const $element **$name = (const $element **)strings_$name;\n");
        break;
    case IN:
        put("    size_t size_$name = 0;\n"
            "    const $element *$name = process_get_array(arguments, $optional, &size_$name);\n",
            "optional", optional);
        break;
    case ABSENT:
    case USER:
    case OUT:
    case INOUT:
    case LENGTH:
    case LEFT:
    case IN_WINDOW:
    case OUT_WINDOW:
    case STRUCT:
    case HANDLE:
    case OBJECT:
    case CALLBACK:
        break;
    }
}

static void put_callback_checks(const struct parameter *parameter)
{
    if (parameter->kind == IN)
        put("    if ($name && size_$name != OG_PRODUCT($counted, sizeof(*$name)))\n"
            "        wire_reader_fail(arguments, \"an array of another size than announced\");\n");
    if (parameter->low)
        put("    if ($outside)\n"
            "        wire_reader_fail(arguments, "
            "\"an argument that the interface rules out\");\n",
            "outside", outside(parameter->type, parameter->name, parameter->low, parameter->high));
    if (parameter->kind == NUMBER && parameter->type->class == TYPE_ENUM)
        put("    if (!instance_is_value($name, &$library_rule_$rule))\n"
            "        wire_reader_fail(arguments, \"an argument that is no enumerator\");\n",
            "rule", parameter->type->rule->identifier);
}

static void put_callback_entered(const struct function *shape)
{
    put("static inline enum og_error $library_$function_entered(void *user, "
        "struct wire_reader *arguments, struct wire_writer *results)\n"
        "{\n"
        "    const struct $library_$function *callback = user;\n");
    each_parameter(parameter, shape)
        put_callback_argument(parameter);
    each_parameter(parameter, shape)
        put_callback_checks(parameter);
    put("    enum og_error error = wire_finish(arguments);\n"
        "    if (error)\n"
        "        return error;\n");
    if (shape->result->class == TYPE_VOID)
        put("    (void)results;\n"
            "    callback->function");
    else if (shape->result->class == TYPE_FLOATING)
        put("    wire_put_f64(results, callback->function");
    else
        put("    wire_put_u64(results, (uint64_t)callback->function");
    put_host_arguments(shape);
    put(shape->result->class == TYPE_VOID ? ";\n" : ");\n");
    put("    return OG_OK;\n"
        "}\n\n");
}

static void put_callback(const struct callback *callback)
{
    put_source(&callback->shape);
    put("struct $library_$function {\n"
        "    $host function;\n"
        "    void *user;\n"
        "};\n\n",
        "host", host_type(&callback->shape));
    put_callback_entered(&callback->shape);
    put("/* One of each shape at a time: the worker knows it by number. OG_BUSY: there is one. */\n"
        "static inline enum og_error $library_$function_open(struct $library *$library, "
        "struct $library_$function *callback, $host function, void *user, "
        "struct og_fault *fault)\n"
        "{\n"
        "    if ($library->callbacks[$number] && $library->callbacks[$number] != callback)\n"
        "        return og_fail(fault, OG_BUSY, \"$function\", 0, "
        "\"another one of this shape is open\");\n"
        "    callback->function = function;\n"
        "    callback->user = user;\n"
        "    $library->callbacks[$number] = callback;\n"
        "    enum og_error error = process_callback_register($library->instance.sandbox, $number, "
        "$library_$function_entered, callback);\n"
        "    return error ? og_fail(fault, error, NULL, 0, \"the callback is not accepted\") "
        ": OG_OK;\n"
        "}\n"
        "\n"
        "static inline void $library_$function_close(struct $library *$library, "
        "struct $library_$function *callback)\n"
        "{\n"
        "    if (!$library->instance.sandbox || $library->callbacks[$number] != callback)\n"
        "        return;\n"
        "    (void)process_callback_register($library->instance.sandbox, $number, NULL, NULL);\n"
        "    $library->callbacks[$number] = NULL;\n"
        "}\n",
        "host", host_type(&callback->shape), "number", number(callback->number));
}

/* --- the file --- */

static size_t callback_count(const struct interface *interface)
{
    size_t count = 0;
    for (const struct callback *callback = interface->callbacks; callback;
         callback = callback->next)
        count++;
    return count;
}

static void put_library(const struct interface *interface)
{
    put("/* The worker's functions. */\n"
        "enum {\n");
    each_function(function, interface)
        put("    $library_number_of_$function,\n");
    put("};\n"
        "\n"
        "struct $library {\n"
        "    struct instance instance;\n");
    if (interface->callbacks)
        put("    const void *callbacks[$count]; /* the open ones */\n", "count",
            number(callback_count(interface)));
    put("};\n");
    each_kind(kind, interface) {
        put("\nstruct $library_$kind {\n");
        if (kind->is_object)
            put("    $object host; /* the caller's */\n");
        put("    uint64_t handle;\n"
            "    uint64_t generation; /* of the worker that knows the handle */\n"
            "};\n");
    }
    put("\n/* `path` is not used: the worker is linked to the library. */\n");
    put_open_and_close("struct process_options");
}

void emit_process(const struct interface *interface)
{
    put("#include \"$support/process/stubs.h\"\n"
        "#include \"$library-types.h\"\n"
        "\n");
    put_library(interface);
    each_callback(callback, interface)
        put_callback(callback);
    each_function(function, interface) {
        put_source(function);
        put_call_signature(function);
        put_body(interface, function);
        if (function_is_without_data(function) && !function->is_by_name)
            put_invoke_that_calls(function);
    }
}
