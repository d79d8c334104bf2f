/* NAME-process.h: the host's side of the process discipline. Arguments are put into a message
 * in the order of the parameters; what comes back is, in this order: an output that the worker
 * wrote into the message itself, the result, lengths, fields, and the other outputs. */
#include "omniglot/bindgen/emit.h"
#include "omniglot/bindgen/memory.h"
#include "omniglot/bindgen/wire_order.h"

#include <string.h>

/* --- arguments --- */

static void put_number_argument(const struct type *type, const char *value)
{
    if (type->class == TYPE_FLOATING)
        put("    wire_put_f64(arguments, %s);\n", value);
    else
        put("    wire_put_u64(arguments, (uint64_t)%s);\n", value);
}

static void put_object_argument(const struct interface *interface,
                                const struct parameter *parameter)
{
    const char *name = parameter->name;
    if (parameter->life != LIFE_NEW)
        put("    wire_put_u64(arguments, process_handle(%s->instance.sandbox, %s->handle, "
            "%s->generation));\n",
            interface->name, name, name);
    for (unsigned i = 0; parameter->set && i < parameter->set->count; i++) {
        const char *field =
            memory_format("%s->%s%s", name, parameter->kind == OBJECT ? "host." : "",
                          parameter->set->arguments[i]);
        put("    wire_put_bytes(arguments, &%s, sizeof(%s));\n", field, field);
    }
    for (size_t i = 0; i < parameter->window_count; i++) {
        const struct window *window = &parameter->windows[i];
        put("    wire_put_u64(arguments, (uint64_t)%s->host.%s);\n", name, window->left);
        if (!window->is_output)
            put("    wire_put_bytes(arguments, %s->host.%s, OG_PRODUCT(%s->host.%s, "
                "sizeof(%s)));\n",
                name, window->pointer, name, window->left, window->element->spelling);
    }
}

static void put_argument(const struct interface *interface, const struct function *function,
                         const struct parameter *parameter)
{
    const char *name = parameter->name;
    const struct type *pointee = parameter->type->pointee;
    if (parameter->is_optional)
        put("    wire_put_u64(arguments, %s != NULL);\n", name);
    switch (parameter->kind) {
    case NUMBER:
        put_number_argument(parameter->type, name);
        break;
    case OPAQUE:
        put("    wire_put_u64(arguments, (uintptr_t)%s);\n", name);
        break;
    case USER:
        put_unused(name);
        break;
    case IN:
    case INOUT:
        put("    wire_put_bytes(arguments, %s, %sOG_PRODUCT(%s, sizeof(%s))%s);\n", name,
            parameter->is_optional ? memory_format("%s ? ", name) : "",
            host_count(function, parameter), element_of(pointee),
            parameter->is_optional ? " : 0" : "");
        break;
    case LENGTH:
    case LEFT:
        put("    wire_put_u64(arguments, (uint64_t)*%s);\n", name);
        break;
    case IN_WINDOW:
        put("    wire_put_bytes(arguments, *%s, OG_PRODUCT(*%s, sizeof(**%s)));\n", name,
            parameter->length->name, name);
        break;
    case STRING:
        put("    wire_put_bytes(arguments, %s, %sstrlen((const char *)%s) + 1%s);\n", name,
            parameter->is_optional ? memory_format("%s ? ", name) : "", name,
            parameter->is_optional ? " : 0" : "");
        break;
    case STRUCT:
    case OBJECT:
        if (parameter->kind == STRUCT) {
            struct parameter structure = *parameter;
            structure.life = LIFE_NEW; /* no handle */
            put_object_argument(interface, &structure);
        } else {
            put_object_argument(interface, parameter);
        }
        break;
    case HANDLE:
        put("    wire_put_u64(arguments, process_handle(%s->instance.sandbox, %s->handle, "
            "%s->generation));\n",
            interface->name, name, name);
        break;
    case CALLBACK:
        put("    wire_put_u64(arguments, %s != NULL);\n", name);
        break;
    default:
        break;
    }
}

/* --- results --- */

static void put_result(const struct function *function)
{
    const struct type *type = function->result;
    if (function->returned_handle)
        put("    result->handle = wire_get_u64(&results);\n    result->generation = "
            "process_generation(sandbox);\n");
    else if (type->class == TYPE_FLOATING)
        put("    *result = (%s)wire_get_f64(&results);\n", type->spelling);
    else if (type->class == TYPE_STRUCT)
        put("    wire_get_into(&results, result, sizeof(*result));\n");
    else if (type->class == TYPE_BOOL)
        put("    uint64_t truth = wire_get_u64(&results);\n    *result = truth == 1;\n");
    else if (type->class != TYPE_VOID)
        put("    *result = process_get_integer(&results, %s);\n", type->spelling);
}

static void put_locals(const struct interface *interface, const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        const char *name = parameter->name;
        if (parameter->kind == LENGTH || parameter->kind == LEFT)
            put("    %s left_%s = *%s;\n", parameter->type->pointee->spelling, name, name);
        if (is_filled(parameter) && is_reserved(interface, function, parameter))
            put("    size_t room_%s = OG_PRODUCT(%s, sizeof(%s)), size_%s = 0;\n", name,
                host_count(function, parameter), element_of(parameter->type->pointee), name);
        if (parameter->kind == OUT_WINDOW)
            put("    size_t size_%s = 0;\n", name);
        for (size_t j = 0; j < parameter->window_count; j++) {
            const struct window *window = &parameter->windows[j];
            put("    %s left_%s = %s->host.%s;\n", window->count_type->spelling, window->left, name,
                window->left);
            if (window->is_output)
                put("    size_t size_%s = 0;\n", window->pointer);
        }
    }
}

/* Output that comes first, since it was written into the message by the library. */
static void put_reserved(const struct interface *interface, const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (is_reserved(interface, function, parameter) && parameter->kind == OUT)
            put("    wire_get_up_to(&results, %s, room_%s, &size_%s);\n", parameter->name,
                parameter->name, parameter->name);
    }
}

static void put_window_output(const char *pointer, const char *name, const char *left)
{
    put("    wire_get_up_to(&results, %s, OG_PRODUCT(%s, sizeof(*%s)), &size_%s);\n", pointer, left,
        pointer, name);
}

static void put_lefts(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (parameter->kind == LENGTH || parameter->kind == LEFT)
            put("    left_%s = process_get_integer(&results, %s);\n", parameter->name,
                parameter->type->pointee->spelling);
        for (size_t j = 0; j < parameter->window_count; j++)
            put("    left_%s = process_get_integer(&results, %s);\n", parameter->windows[j].left,
                parameter->windows[j].count_type->spelling);
    }
}

static void put_windows(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (parameter->kind == OUT_WINDOW)
            put_window_output(memory_format("*%s", parameter->name), parameter->name,
                              memory_format("*%s", parameter->length->name));
        for (size_t j = 0; j < parameter->window_count; j++)
            if (parameter->windows[j].is_output)
                put_window_output(
                    memory_format("%s->host.%s", parameter->name, parameter->windows[j].pointer),
                    parameter->windows[j].pointer,
                    memory_format("%s->host.%s", parameter->name, parameter->windows[j].left));
    }
}

static void put_fields(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        for (unsigned j = 0; parameter->get && j < parameter->get->count; j++) {
            const char *field =
                memory_format("%s->%s%s", parameter->name, parameter->kind == OBJECT ? "host." : "",
                              parameter->get->arguments[j]);
            put("    wire_get_into(&results, &%s, sizeof(%s));\n", field, field);
        }
        if (parameter->kind == OBJECT && parameter->life == LIFE_NEW)
            put("    %s->handle = wire_get_u64(&results);\n    %s->generation = "
                "process_generation(sandbox);\n",
                parameter->name, parameter->name);
        if ((parameter->kind == OBJECT || parameter->kind == HANDLE) && parameter->life == LIFE_END)
            put("    %s->handle = 0;\n", parameter->name);
    }
}

/* An output of which there is as much as the count says after a success, and nothing else. */
static void put_outputs(const struct interface *interface, const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (!is_filled(parameter) || is_reserved(interface, function, parameter))
            continue;
        put("    if (succeeded%s%s)\n        wire_get_into(&results, %s, OG_PRODUCT(%s, "
            "sizeof(%s)));\n",
            parameter->is_optional ? " && " : "", parameter->is_optional ? parameter->name : "",
            parameter->name, host_count(function, parameter), element_of(parameter->type->pointee));
    }
}

/* --- what is not believed --- */

static void put_distrust(const char *condition, const char *what)
{
    put("    if (!error && (%s))\n        error = process_distrust(sandbox, \"%s\", fault);\n",
        condition, what);
}

static void put_checks(const struct interface *interface, const struct function *function)
{
    const char *wrong = ruled_out(function, "*result");
    if (wrong)
        put_distrust(wrong,
                     memory_format("a result that the interface of %s rules out", function->name));
    if (function->result->class == TYPE_BOOL)
        put_distrust("truth > 1", memory_format("a result of %s that is no bool", function->name));
    if (function->result->class == TYPE_STRUCT && !function->result->rule->is_plain)
        put_distrust(memory_format("!host_rule_holds(&%s_rule_%s, result, 1)", interface->name,
                                   function->result->rule->identifier),
                     memory_format("a result that the interface of %s rules out", function->name));
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        const char *name = parameter->name;
        if (parameter->kind == OBJECT && parameter->life == LIFE_NEW)
            put_distrust(memory_format("succeeded != (%s->handle != 0)", name),
                         "an object without a handle, or the reverse");
        if (is_filled(parameter) && is_reserved(interface, function, parameter))
            put_distrust(memory_format("size_%s != (succeeded ? OG_PRODUCT(%s, sizeof(%s)) : 0)",
                                       name, host_count(function, parameter),
                                       element_of(parameter->type->pointee)),
                         memory_format("an output of another size than %s gives", function->name));
        const char *rule =
            is_filled(parameter) ? element_rule(interface, function, parameter) : NULL;
        if (rule)
            put_distrust(memory_format("succeeded%s%s && !host_rule_holds(&%s, %s, %s)",
                                       parameter->is_optional ? " && " : "",
                                       parameter->is_optional ? name : "", rule, name,
                                       host_count(function, parameter)),
                         memory_format("an output of %s that is no value", function->name));
        if (parameter->kind == OUT_WINDOW)
            put_distrust(memory_format("size_%s != OG_PRODUCT(*%s - left_%s, sizeof(**%s))", name,
                                       parameter->length->name, parameter->length->name, name),
                         "an output of another size than is left");
        for (size_t j = 0; j < parameter->window_count; j++)
            if (parameter->windows[j].is_output)
                put_distrust(memory_format("size_%s != OG_PRODUCT(%s->host.%s - left_%s, "
                                           "sizeof(*%s->host.%s))",
                                           parameter->windows[j].pointer, name,
                                           parameter->windows[j].left, parameter->windows[j].left,
                                           name, parameter->windows[j].pointer),
                             "an output of another size than is left");
    }
    if (function->returned_handle)
        put("    if (!error && !result->handle)\n        error = og_fail(fault, OG_NULL, \"%s\", "
            "0, "
            "\"returned NULL\");\n",
            function->name);
}

/* Lengths are checked before anything is measured by them. */
static void put_length_checks(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        const char *name = parameter->name;
        if (parameter->kind == LEFT)
            put("    process_check_left(&results, left_%s, *%s);\n", name, name);
        if (parameter->kind == LENGTH) /* after a failure it may say anything */
            put("    if (succeeded)\n        process_check_left(&results, left_%s, *%s);\n    if "
                "(succeeded && !results.error)\n        *%s = left_%s;\n",
                name, name, name, name);
        for (size_t j = 0; j < parameter->window_count; j++)
            put("    process_check_left(&results, left_%s, %s->host.%s);\n",
                parameter->windows[j].left, name, parameter->windows[j].left);
    }
}

static void put_checked_windows_moved(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (parameter->kind == LEFT)
            put("    if (!error) {\n        *%s += *%s - left_%s;\n        *%s = left_%s;\n    }\n",
                parameter->length->name, parameter->name, parameter->name, parameter->name,
                parameter->name);
        for (size_t j = 0; j < parameter->window_count; j++)
            put("    if (!error) {\n        %s->host.%s += %s->host.%s - left_%s;\n        "
                "%s->host.%s = left_%s;\n    }\n",
                parameter->name, parameter->windows[j].pointer, parameter->name,
                parameter->windows[j].left, parameter->windows[j].left, parameter->name,
                parameter->windows[j].left, parameter->windows[j].left);
    }
}

static bool has_outputs(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++)
        if (is_filled(&function->parameters[i]) || function->parameters[i].kind == LENGTH ||
            (function->parameters[i].kind == OBJECT && function->parameters[i].life == LIFE_NEW))
            return true;
    return false;
}

static void put_body(const struct interface *interface, const struct function *function)
{
    const char *condition = success(function, "*result");
    put("\n{\n    struct process_sandbox *sandbox = %s->instance.sandbox;\n    struct wire_reader "
        "results;\n",
        interface->name);
    put_locals(interface, function);
    put("    %sprocess_call_begin(sandbox, %s);\n",
        has_arguments(function) ? "struct wire_writer *arguments = " : "",
        function_number(interface, function));
    for (size_t i = 0; i < function->count; i++)
        put_argument(interface, function, &function->parameters[i]);
    put("    enum og_error error = process_call_finish(sandbox, &results, fault);\n    if "
        "(error)\n        return error;\n");
    put_reserved(interface, function);
    put_windows(function);
    put_result(function);
    if (has_outputs(function))
        put("    bool succeeded = %s;\n", condition ? condition : "true");
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

static void put_callback_argument(const struct parameter *parameter)
{
    const char *name = parameter->name;
    const struct type *type = parameter->type;
    switch (parameter->kind) {
    case NUMBER:
        if (type->class == TYPE_FLOATING)
            put("    %s %s = wire_get_f64(arguments);\n", type->spelling, name);
        else if (type->class == TYPE_BOOL)
            put("    %s %s = process_get_bool(arguments);\n", type->spelling, name);
        else
            put("    %s %s = process_get_integer(arguments, %s);\n", type->spelling, name,
                type->spelling);
        break;
    case OPAQUE:
        put("    %s %s = (%s)(uintptr_t)wire_get_u64(arguments);\n", type->spelling, name,
            type->spelling);
        break;
    case STRING:
        put("    const %s *%s = (const %s *)process_get_string(arguments, %s);\n",
            type->pointee->spelling, name, type->pointee->spelling,
            parameter->is_optional ? "true" : "false");
        break;
    case STRINGS:
        put("    const char *strings_%s[OG_STRINGS_MAX + 1];\n    process_get_strings(arguments, "
            "strings_%s);\n    const %s **%s = (const %s **)strings_%s;\n",
            name, name, type->pointee->pointee->spelling, name, type->pointee->pointee->spelling,
            name);
        break;
    case IN:
        put("    size_t size_%s = 0;\n    const %s *%s = process_get_array(arguments, %s, "
            "&size_%s);\n",
            name, element_of(type->pointee), name, parameter->is_optional ? "true" : "false", name);
        break;
    default:
        break;
    }
}

static void put_callback_checks(const struct interface *interface, const struct function *shape)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct parameter *parameter = &shape->parameters[i];
        const char *name = parameter->name;
        if (parameter->kind == IN)
            put("    if (%s && size_%s != OG_PRODUCT(%s, sizeof(*%s)))\n        "
                "wire_reader_fail(arguments, \"an array of another size than announced\");\n",
                name, name, parameter->count, name);
        if (parameter->low)
            put("    if (%s)\n        wire_reader_fail(arguments, \"an argument that the interface "
                "rules out\");\n",
                outside(parameter->type, name, parameter->low, parameter->high));
        if (parameter->kind == NUMBER && parameter->type->class == TYPE_ENUM)
            put("    if (!instance_is_value(%s, &%s_rule_%s))\n        wire_reader_fail(arguments, "
                "\"an argument that is no enumerator\");\n",
                name, interface->name, parameter->type->rule->identifier);
    }
}

static void put_callback(const struct interface *interface, const struct callback *callback)
{
    const struct function *shape = &callback->shape;
    const char *library = interface->name, *type = host_struct(interface, shape->name);
    put_source(shape);
    put("%s {\n    __typeof__(&%s) function;\n    void *user;\n};\n\n", type, shape->name);
    put("static inline enum og_error %s_%s_entered(void *user, struct wire_reader *arguments, "
        "struct wire_writer *results)\n{\n    const %s *callback = user;\n",
        library, shape->name, type);
    for (size_t i = 0; i < shape->count; i++)
        put_callback_argument(&shape->parameters[i]);
    put_callback_checks(interface, shape);
    put("    enum og_error error = wire_finish(arguments);\n    if (error)\n        return "
        "error;\n    ");
    if (shape->result->class == TYPE_VOID)
        put("(void)results;\n    ");
    else
        put("wire_put_%s(results, %s", shape->result->class == TYPE_FLOATING ? "f64" : "u64",
            shape->result->class == TYPE_FLOATING ? "" : "(uint64_t)");
    put("callback->function(");
    for (size_t i = 0; i < shape->count; i++)
        put("%s%s", i ? ", " : "",
            shape->parameters[i].kind == USER ? "callback->user" : shape->parameters[i].name);
    put("%s;\n    return OG_OK;\n}\n\n", shape->result->class == TYPE_VOID ? ")" : "))");
    put("/* One of each shape at a time: the worker knows it by number. OG_BUSY: there is one. "
        "*/\n");
    put("static inline enum og_error %s_%s_open(struct %s *%s, %s *callback, __typeof__(&%s) "
        "function, void *user, struct og_fault *fault)\n{\n    if (%s->callbacks[%u] && "
        "%s->callbacks[%u] != callback)\n        return og_fail(fault, OG_BUSY, \"%s\", 0, "
        "\"another one of this shape is open\");\n",
        library, shape->name, library, library, type, shape->name, library, callback->number,
        library, callback->number, shape->name);
    put("    callback->function = function;\n    callback->user = user;\n    "
        "%s->callbacks[%u] = callback;\n    enum og_error error = "
        "process_callback_register(%s->instance.sandbox, %u, %s_%s_entered, callback);\n    return "
        "error ? og_fail(fault, error, NULL, 0, \"the callback is not accepted\") : OG_OK;\n}\n\n",
        library, callback->number, library, callback->number, library, shape->name);
    put("static inline void %s_%s_close(struct %s *%s, %s *callback)\n{\n    if "
        "(!%s->instance.sandbox || %s->callbacks[%u] != callback)\n        return;\n    "
        "(void)process_callback_register(%s->instance.sandbox, %u, NULL, NULL);\n    "
        "%s->callbacks[%u] = NULL;\n}\n",
        library, shape->name, library, library, type, library, library, callback->number, library,
        callback->number, library, callback->number);
}

/* --- the file --- */

static void put_library(const struct interface *interface)
{
    const char *name = interface->name;
    unsigned callbacks = 0;
    put("/* The worker's functions. */\nenum {\n");
    for (const struct function *function = interface->functions; function;
         function = function->next)
        put("    %s,\n", function_number(interface, function));
    char *count = (char *)memory_format("%s", name);
    for (char *at = count; *at; at++)
        *at = (char)(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
    put("    %s_FUNCTION_COUNT\n};\n\n", count);
    for (const struct callback *callback = interface->callbacks; callback;
         callback = callback->next)
        callbacks++;
    put("struct %s {\n    struct instance instance;\n", name);
    if (callbacks)
        put("    const void *callbacks[%u]; /* the open ones */\n", callbacks);
    put("};\n");
    for (const struct kind *kind = interface->kinds; kind; kind = kind->next) {
        put("\n%s {\n", host_struct(interface, kind->name));
        if (kind->is_object)
            put("    %s host; /* the caller's */\n", kind->pointee->spelling);
        put("    uint64_t handle;\n    uint64_t generation; /* of the worker that knows the handle "
            "*/\n};\n");
    }
    put("\n/* `path` is not used: the worker is linked to the library. */\n");
    put_open_and_close(interface, "struct process_options");
}

void emit_process(const struct interface *interface)
{
    put_baseline(interface, "process/stubs.h");
    put("#include \"%s-types.h\"\n\n", interface->name);
    put_library(interface);
    for (const struct callback *callback = interface->callbacks; callback;
         callback = callback->next)
        put_callback(interface, callback);
    for (const struct function *function = interface->functions; function;
         function = function->next) {
        put_source(function);
        put_call_signature(interface, function);
        put_body(interface, function);
        if (!function_is_without_data(function) || function->is_by_name)
            continue;
        put("\n");
        put_invoke_signature(interface, function, "");
        put("\n{\n    (void)scope;\n    return call_%s(%s%s", function->name, interface->name,
            function_has_result(function) ? ", result" : "");
        for (size_t i = 0; i < function->count; i++)
            if (function->parameters[i].kind != ABSENT)
                put(", %s", function->parameters[i].name);
        put(", fault);\n}\n");
    }
}
