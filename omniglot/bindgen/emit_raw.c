/* NAME-raw.h: the library is linked and called like any other function. */
#include "omniglot/bindgen/emit.h"
#include "omniglot/bindgen/memory.h"

static void put_kinds(const struct interface *interface)
{
    for (const struct kind *kind = interface->kinds; kind; kind = kind->next) {
        put("\n%s {\n", host_struct(interface, kind->name));
        if (kind->is_object)
            put("    %s host; /* what the library works on */\n", kind->pointee->spelling);
        else
            put("    %s *pointer;\n", kind->pointee->spelling);
        put("};\n");
    }
}

static void put_callback(const struct interface *interface, const struct callback *callback)
{
    const char *name = callback->shape.name;
    const char *type = host_struct(interface, name);
    put_source(&callback->shape);
    put("%s {\n    __typeof__(&%s) function;\n};\n\n", type, name);
    put("static inline enum og_error %s_%s_open(struct %s *%s, %s *callback, __typeof__(&%s) "
        "function, void *user, struct og_fault *fault)\n{\n",
        interface->name, name, interface->name, interface->name, type, name);
    put_unused(interface->name);
    put_unused("user");
    put_unused("fault");
    put("    callback->function = function;\n    return OG_OK;\n}\n\n");
    put("static inline void %s_%s_close(struct %s *%s, %s *callback)\n{\n", interface->name, name,
        interface->name, interface->name, type);
    put_unused(interface->name);
    put_unused("callback");
    put("}\n");
}

/* The parameter as the library gets it; in a window's case, where the stub has it. */
static const char *argument(const struct parameter *parameter, bool is_invoke)
{
    switch (parameter->kind) {
    case ABSENT:
        return "NULL";
    case HANDLE:
        return memory_format("%s->pointer", parameter->name);
    case OBJECT:
        return memory_format("&%s->host", parameter->name);
    case CALLBACK:
        return memory_format("%s ? %s->function : NULL", parameter->name, parameter->name);
    case IN_WINDOW:
    case OUT_WINDOW:
        return memory_format("%s%s", is_invoke ? "&" : "", parameter->name);
    default:
        return parameter->name;
    }
}

static void put_windows(const struct function *function, bool is_before)
{
    for (size_t i = 0; i < function->count; i++)
        for (size_t j = 0; j < function->parameters[i].window_count; j++) {
            const struct window *window = &function->parameters[i].windows[j];
            const char *name = function->parameters[i].name;
            if (is_before)
                put("    %s->host.%s = (%s%s *)%s;\n    %s->host.%s = *%s;\n", name,
                    window->pointer, window->element->is_const ? "const " : "",
                    window->element->spelling, window->pointer, name, window->left, window->left);
            else
                put("    *%s = %s->host.%s;\n", window->left, name, window->left);
        }
}

/* The body of call_NAME, or of invoke_NAME. */
static void put_body(const struct interface *interface, const struct function *function,
                     bool is_invoke)
{
    put("\n{\n");
    if (is_invoke)
        put_unused("scope");
    if (function->is_by_name) {
        put("    __typeof__(&%s) function = (__typeof__(&%s))dlsym(%s->instance.handle, "
            "\"%s\");\n    if (!function)\n        return instance_failed(fault);\n",
            function->name, function->name, interface->name, function->name);
    } else {
        put_unused(interface->name);
        put_unused("fault");
    }
    if (is_invoke)
        put_windows(function, true);
    put("    ");
    if (function->returned_handle)
        put("result->pointer = ");
    else if (function_has_result(function))
        put("*result = ");
    put("%s(", function->is_by_name ? "function" : function->name);
    for (size_t i = 0; i < function->count; i++)
        put("%s%s", i ? ", " : "", argument(&function->parameters[i], is_invoke));
    put(");\n");
    if (is_invoke)
        put_windows(function, false);
    if (function->returned_handle)
        put("    return result->pointer ? OG_OK : og_fail(fault, OG_NULL, \"%s\", 0, \"returned "
            "NULL\");\n}\n",
            function->name);
    else
        put("    return OG_OK;\n}\n");
}

static void put_validator(const struct rule *rule)
{
    put("\nstatic inline enum og_error validate_%s(instance_scope *scope, const %s *memory, const "
        "%s **value, struct og_fault *fault)\n{\n    (void)scope;\n    (void)fault;\n    *value = "
        "memory;\n    return OG_OK;\n}\n",
        rule->identifier, rule->spelling, rule->spelling);
}

void emit_raw(const struct interface *interface)
{
    put_baseline(interface, "raw/stubs.h");
    put("#include \"%s\"\n\n", interface->path);
    put("struct %s {\n    struct instance instance; /* none: the functions called are the linked "
        "library's */\n};\n",
        interface->name);
    put("\n");
    put_open_from(interface, "void");
    put_unused(interface->name);
    put_unused("path");
    put_unused("options");
    put_unused("fault");
    put("    return OG_OK;\n}\n\n");
    put_open(interface, "void");
    put("    return %s_open_from(%s, NULL, options, fault);\n}\n\n", interface->name,
        interface->name);
    put("static inline void %s_close(struct %s *%s)\n{\n", interface->name, interface->name,
        interface->name);
    put_unused(interface->name);
    put("}\n");
    put_kinds(interface);
    for (const struct callback *callback = interface->callbacks; callback;
         callback = callback->next)
        put_callback(interface, callback);
    for (const struct function *function = interface->functions; function;
         function = function->next) {
        put_source(function);
        put_call_signature(interface, function);
        put_body(interface, function, false);
        if (function->is_by_name)
            continue;
        put("\n");
        put_invoke_signature(interface, function, "");
        put_body(interface, function, true);
    }
    for (const struct rule *rule = interface->rules; rule; rule = rule->next)
        if (rule->is_asked_for)
            put_validator(rule);
}
