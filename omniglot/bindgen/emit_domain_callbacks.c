/* Callbacks out of a domain: a thunk takes the arguments as the registers held them, checks
 * each against the shape's declaration, and calls the host's function with what it can use.
 * What does not hold is refused: the host's function is not called, and the library's call ends
 * with that error. */
#include "omniglot/bindgen/emit.h"

/* `place`: which of the registers that carry arguments has it, among integers or floats. */
static void put_number(const struct interface *interface, const struct parameter *parameter,
                       const char *place)
{
    const struct type *type = parameter->type;
    if (type->class == TYPE_FLOATING) {
        put("    $type $name = arguments->floats[$place];\n", "place", place);
        return;
    }
    if (type->class == TYPE_BOOL) {
        put("    $type $name = (arguments->integers[$place] & 255) == 1;\n"
            "    if ((arguments->integers[$place] & 255) > 1)\n"
            "        refused = instance_contract(&refusal, \"$function\");\n",
            "place", place);
        return;
    }
    put(callback_registers(interface, parameter) > 1
            ? "    $type $name = ($type)og_argument_u64(arguments, $place);\n"
            : "    $type $name = ($type)arguments->integers[$place];\n",
        "place", place);
    put_number_checks(parameter);
}

/* What needs no memory of the domain's. */
static void put_plain(const struct interface *interface, const struct parameter *parameter,
                      const char *place)
{
    if (parameter->kind == NUMBER)
        put_number(interface, parameter, place);
    else if (parameter->kind == OPAQUE)
        put("    $opaque$name = ($opaque)arguments->integers[$place];\n", "opaque",
            opaque_type(parameter), "place", place);
}

static void put_data(const struct parameter *parameter, const char *place)
{
    const char *present =
        parameter->is_optional ? fill(" && arguments->integers[$place]", "place", place) : "";
    switch (parameter->kind) {
    case STRING:
        put("    const $pointee *$name = NULL;\n"
            "    if (!refused$present)\n"
            "        refused = callback_string(&scope->access, arguments->integers[$place], "
            "(const char **)&$name, &refusal);\n",
            "present", present, "place", place);
        break;
    case STRINGS:
        put("    const $element **$name = NULL;\n"
            "    if (!refused)\n"
            "        refused = callback_strings(&scope->access, arguments->integers[$place], "
            "(const char ***)&$name, &refusal);\n",
            "place", place);
        break;
    case IN:
        put("    const $element *$name = NULL;\n"
            "    if (!refused$present)\n"
            "        refused = callback_array(&scope->access, $element, "
            "arguments->integers[$place], $counted, $name, &refusal);\n",
            "present", present, "place", place);
        break;
    case NUMBER:
    case OPAQUE:
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

static void put_arguments(const struct interface *interface, const struct callback *callback)
{
    size_t integers = 0, floats = 0, places[16];
    const struct function *shape = &callback->shape;
    each_parameter(parameter, shape) {
        size_t *next = parameter->type->class == TYPE_FLOATING ? &floats : &integers;
        places[parameter - shape->parameters] = *next;
        put_plain(interface, parameter, number(*next));
        *next += callback_registers(interface, parameter);
    }
    if (callback->can_refuse)
        put("    og_read_begin(&scope->access);\n");
    each_parameter(parameter, shape)
        put_data(parameter, number(places[parameter - shape->parameters]));
}

static void put_host_call(const struct function *shape)
{
    if (shape->result->class == TYPE_FLOATING)
        put("result->floating = ");
    else if (shape->result->class != TYPE_VOID)
        put("result->integer = (uint64_t)");
    put("callback->function");
    put_host_arguments(shape);
    put(";\n");
}

/* Data that does not stay where it is, in the copying discipline. */
static void put_copy(const struct parameter *parameter)
{
    if (!is_copied(parameter))
        return;
    put("    struct callback_copy copy_$name = {0};\n"
        "    if (!refused)\n"
        "        refused = ");
    if (parameter->kind == STRING)
        put("callback_copy_string(&copy_$name, (const char **)&$name, &refusal);\n");
    else if (parameter->kind == STRINGS)
        put("callback_copy_strings(&copy_$name, (const char ***)&$name, &refusal);\n");
    else
        put("callback_copy_array(&copy_$name, (const void **)&$name, sizeof(*$name), $counted, "
            "&refusal);\n");
}

/* Is there an argument that the host's function has from the library? */
static bool is_told_anything(const struct function *shape)
{
    each_parameter(parameter, shape)
        if (parameter->kind != USER)
            return true;
    return false;
}

static void put_entered(const struct interface *interface, const struct callback *callback,
                        bool is_in_place)
{
    const struct function *shape = &callback->shape;
    put("static inline void $library_$function_entered(void *user, struct og_scope *scope, "
        "const struct og_arguments *arguments, struct og_result *result) "
        "OG_REQUIRES(scope->access)\n"
        "{\n"
        "    const struct $library_$function *callback = user;\n");
    if (callback->can_refuse)
        put("    struct og_fault refusal;\n"
            "    enum og_error refused = OG_OK;\n");
    else
        put_unused("scope");
    if (!is_told_anything(shape))
        put_unused("arguments");
    if (shape->result->class == TYPE_VOID)
        put_unused("result");
    put_arguments(interface, callback);
    if (!is_in_place)
        each_parameter(parameter, shape)
            put_copy(parameter);
    if (callback->can_refuse)
        put("    if (refused)\n"
            "        og_callback_refuse(scope, &refusal);\n"
            "    else\n"
            "    ");
    put("    ");
    put_host_call(shape);
    if (!is_in_place)
        each_parameter(parameter, shape)
            if (is_copied(parameter))
                put("    callback_copy_free(&copy_$name);\n");
    if (callback->can_refuse)
        put("    og_read_end(&scope->access);\n");
    put("}\n\n");
}

static void put_open_signature(const struct function *shape)
{
    put("${storage}enum og_error $library_$function_open(struct $library *$library, "
        "struct $library_$function *callback, $host function, void *user, "
        "struct og_fault *fault)",
        "host", host_type(shape), "storage", emit_storage);
}

static void put_close_signature(void)
{
    put("${storage}void $library_$function_close(struct $library *$library, "
        "struct $library_$function *callback)",
        "storage", emit_storage);
}

static void put_life(const struct function *shape)
{
    put("/* Lets the library call `function`, with `user` where its shape has OG_USER, from now on "
        "to $library_$function_close. */\n");
    put_open_signature(shape);
    put("\n{\n"
        "    callback->function = function;\n"
        "    callback->user = user;\n"
        "    return og_callback_open($library->instance.domain, &callback->callback, "
        "$library_$function_entered, callback, fault);\n"
        "}\n"
        "\n");
    put_close_signature();
    put("\n{\n"
        "    (void)$library;\n"
        "    og_callback_close(&callback->callback);\n"
        "}\n");
}

void emit_domain_callback_types(const struct interface *interface)
{
    each_callback(callback, interface) {
        put_source(&callback->shape);
        put("struct $library_$function {\n"
            "    struct og_callback callback;\n"
            "    $host function;\n"
            "    void *user;\n"
            "};\n",
            "host", host_type(&callback->shape));
    }
}

void emit_domain_callback_declarations(const struct interface *interface)
{
    each_callback(callback, interface) {
        put_open_signature(&callback->shape);
        put(";\n");
        put_close_signature();
        put(";\n");
    }
}

void emit_domain_callbacks(const struct interface *interface, bool is_in_place)
{
    each_callback(callback, interface) {
        put_source(&callback->shape);
        put_entered(interface, callback, is_in_place);
        put_life(&callback->shape);
    }
}
