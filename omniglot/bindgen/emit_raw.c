/* NAME-raw.h: the library is linked and called like any other function. */
#include "omniglot/bindgen/emit.h"

static void put_kinds(const struct interface *interface)
{
    each_kind(kind, interface) {
        put("\nstruct $library_$kind {\n");
        if (kind->is_object)
            put("    $object host; /* what the library works on */\n");
        else
            put("    $object *pointer;\n");
        put("};\n");
    }
}

static void put_callback(const struct callback *callback)
{
    put_source(&callback->shape);
    put("struct $library_$function {\n"
        "    $host function;\n"
        "};\n"
        "\n"
        "static inline enum og_error $library_$function_open(struct $library *$library, "
        "struct $library_$function *callback, $host function, void *user, "
        "struct og_fault *fault)\n"
        "{\n"
        "    (void)$library;\n"
        "    (void)user;\n"
        "    (void)fault;\n"
        "    callback->function = function;\n"
        "    return OG_OK;\n"
        "}\n"
        "\n"
        "static inline void $library_$function_close(struct $library *$library, "
        "struct $library_$function *callback)\n"
        "{\n"
        "    (void)$library;\n"
        "    (void)callback;\n"
        "}\n",
        "host", host_type(&callback->shape));
}

static bool has_opaque(const struct function *shape)
{
    for (size_t i = 0; i < shape->count; i++)
        if (shape->parameters[i].kind == OPAQUE)
            return true;
    return false;
}

/* Is the host's function of another type than the shape (host_type)? */
static bool is_other_type(const struct function *shape)
{
    for (size_t i = 0; i < shape->count; i++)
        if (shape->parameters[i].kind == IN && !shape->parameters[i].type->pointee->is_const)
            return true;
    return has_opaque(shape);
}

/* The parameter as the library gets it; in a window's case, where the stub has it. */
static void put_argument(const struct parameter *parameter, bool is_invoke)
{
    switch (parameter->kind) {
    case ABSENT:
        put("NULL");
        break;
    case HANDLE:
        put("$name->pointer");
        break;
    case OBJECT:
        put("&$name->host");
        break;
    case CALLBACK:
        put(parameter->type->is_respelt ? "$name ? (void *)$name->function : NULL"
            : is_other_type(&parameter->callback->shape)
                ? "$name ? ($type)(void (*)(void))$name->function : NULL"
                : "$name ? ($type)$name->function : NULL");
        break;
    case IN_WINDOW:
        put(!is_invoke                                    ? "$name"
            : parameter->type->pointee->pointee->is_const ? "&$name"
                                                          : "($type)&$name");
        break;
    case OUT_WINDOW:
        put(is_invoke ? "&$name" : "$name");
        break;
    case IN:
    case STRING:
        put(parameter->type->pointee->is_const ? "$name" : "($type)$name");
        break;
    case NUMBER:
    case OPAQUE:
    case USER:
    case OUT:
    case INOUT:
    case LENGTH:
    case LEFT:
    case STRINGS:
    case STRUCT:
        put("$name");
        break;
    }
}

static void put_windows_set(const struct function *function)
{
    each_parameter(parameter, function)
        each_window(window, parameter)
            put("    $name->host.$pointer = ($const$item *)$cursor;\n"
                "    $name->host.$left = *$rest;\n",
                "const", window->element->is_const ? "const " : "");
}

static void put_windows_got(const struct function *function)
{
    each_parameter(parameter, function)
        each_window(window, parameter)
            put("    *$rest = $name->host.$left;\n");
}

/* The body of call_NAME, or of invoke_NAME. */
static void put_body(const struct function *function, bool is_invoke)
{
    put("\n{\n");
    if (is_invoke)
        put_unused("scope");
    if (function->is_by_name)
        put("    $result (*function)($types) = "
            "($cast)dlsym($library->instance.handle, \"$function\");\n"
            "    if (!function)\n"
            "        return instance_failed(fault);\n",
            "types", call_types(function), "cast", call_type(function, function->result->spelling));
    else
        put("    (void)$library;\n"
            "    (void)fault;\n");
    if (is_invoke)
        put_windows_set(function);
    put("    ");
    if (function->returned_handle)
        put(function->result->pointee->is_const ? "result->pointer = ($object *)"
                                                : "result->pointer = ",
            "object", function->result->pointee->spelling);
    else if (function_has_result(function))
        put("*result = ");
    put(function->is_by_name ? "function(" : "$function(");
    each_parameter(parameter, function) {
        put(parameter == function->parameters ? "" : ", ");
        put_argument(parameter, is_invoke);
    }
    put(");\n");
    if (is_invoke)
        put_windows_got(function);
    if (function->returned_handle)
        put("    return result->pointer ? OG_OK : "
            "og_fail(fault, OG_NULL, \"$function\", 0, \"returned NULL\");\n"
            "}\n");
    else
        put("    return OG_OK;\n"
            "}\n");
}

static void put_validator(const struct rule *rule)
{
    put("\n"
        "static inline enum og_error validate_$rule(instance_scope *scope, const $type *memory, "
        "const $type **value, struct og_fault *fault)\n"
        "{\n"
        "    (void)scope;\n"
        "    (void)fault;\n"
        "    *value = memory;\n"
        "    return OG_OK;\n"
        "}\n",
        "rule", rule->identifier, "type", rule->spelling);
}

static bool needs_foreign(const struct interface *interface)
{
    for (const struct callback *callback = interface->callbacks; callback;
         callback = callback->next)
        if (has_opaque(&callback->shape))
            return true;
    return false;
}

static void put_library(const struct interface *interface)
{
    put("#include \"$support/raw/stubs.h\"\n"
        "#include \"$path\"\n"
        "$foreign"
        "\n"
        "struct $library {\n"
        "    struct instance instance; "
        "/* none: the functions called are the linked library's */\n"
        "};\n"
        "\n",
        "foreign", needs_foreign(interface) ? "#include <omniglot/foreign.h>\n" : "");
    put_open_from("void");
    put("\n{\n"
        "    (void)$library;\n"
        "    (void)path;\n"
        "    (void)options;\n"
        "    (void)fault;\n"
        "    return OG_OK;\n"
        "}\n"
        "\n");
    put_open("void");
    put("\n{\n"
        "    return $library_open_from($library, NULL, options, fault);\n"
        "}\n"
        "\n"
        "static inline void $library_close(struct $library *$library)\n"
        "{\n"
        "    (void)$library;\n"
        "}\n");
}

void emit_raw(const struct interface *interface)
{
    put_library(interface);
    put_kinds(interface);
    each_callback(callback, interface)
        put_callback(callback);
    put("\n"
        "/* That a function is deprecated, and takes no NULL, its header says to whoever calls it. "
        "*/\n"
        "#pragma GCC diagnostic push\n"
        "#pragma GCC diagnostic ignored \"-Wnonnull\"\n"
        "#pragma GCC diagnostic ignored \"-Wdeprecated-declarations\"\n");
    each_function(function, interface) {
        put_source(function);
        put_call_signature(function);
        put_body(function, false);
        if (function->is_by_name)
            continue;
        put("\n");
        put_invoke_signature(function, "");
        put_body(function, true);
    }
    put("\n#pragma GCC diagnostic pop\n");
    for (const struct rule *rule = interface->rules; rule; rule = rule->next)
        if (rule->is_asked_for)
            put_validator(rule);
}
