/* Callbacks out of a WebAssembly module: a function of the type that the module calls, whose first
 * argument is the callback itself. What it is given is checked against the shape's declaration, and
 * texts and arrays are copied out of the module. What does not hold is refused: the host's function
 * is not called, and the library's call ends with that error. */
#include "omniglot/bindgen/emit.h"

#include <string.h>

static const char *raw_type(const struct parameter *parameter)
{
    return parameter->kind == NUMBER ? wasm_type(parameter->type) : "uint32_t";
}

static void put_number(const struct parameter *parameter)
{
    const struct type *type = parameter->type;
    if (type->class == TYPE_BOOL) {
        put("    $type $name = raw_$name == 1;\n"
            "    if (raw_$name > 1)\n"
            "        refused = instance_contract(&refusal, \"$function\");\n");
        return;
    }
    put("    $type $name = ($type)${signed}raw_$name;\n", "signed",
        type->class != TYPE_INTEGER || !type->is_signed ? ""
        : type->size > 4                                ? "(int64_t)"
                                                        : "(int32_t)");
    put_number_checks(parameter);
}

/* What needs no memory of the module's. */
static void put_plain(const struct parameter *parameter)
{
    if (parameter->kind == NUMBER)
        put_number(parameter);
    else if (parameter->kind == OPAQUE)
        put("    $opaque$name = ($opaque)(uintptr_t)raw_$name;\n", "opaque",
            opaque_type(parameter));
    else if (parameter->kind == USER)
        put("    (void)raw_$name;\n");
}

/* What the module has in its memory. */
static void put_data(const struct parameter *parameter)
{
    const char *present = parameter->is_optional ? fill(" && raw_$name") : "";
    switch (parameter->kind) {
    case STRING:
        put("    struct callback_copy copy_$name = {0};\n"
            "    const $pointee *$name = NULL;\n"
            "    if (!refused$present)\n"
            "        refused = module_callback_string(wasm, raw_$name, &copy_$name, "
            "(const char **)&$name, &refusal);\n",
            "present", present);
        break;
    case STRINGS:
        put("    struct callback_copy copy_$name = {0};\n"
            "    const $element **$name = NULL;\n"
            "    if (!refused)\n"
            "        refused = module_callback_strings(wasm, raw_$name, &copy_$name, "
            "(const char ***)&$name, &refusal);\n");
        break;
    case IN:
        put("    struct callback_copy copy_$name = {0};\n"
            "    const $element *$name = NULL;\n"
            "    if (!refused$present)\n"
            "        refused = module_callback_array(wasm, raw_$name, $counted, sizeof(*$name), "
            "&copy_$name, (const void **)&$name, &refusal);\n",
            "present", present);
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

static void put_copies_freed(const struct function *shape)
{
    each_parameter(parameter, shape)
        if (is_copied(parameter))
            put("    callback_copy_free(&copy_$name);\n");
}

static bool has_copies(const struct function *shape)
{
    for (size_t i = 0; i < shape->count; i++)
        if (is_copied(&shape->parameters[i]))
            return true;
    return false;
}

static void put_entered_signature(const struct function *shape)
{
    put("static $raw $library_$function_entered(void *closure", "raw",
        shape->result->class != TYPE_VOID ? wasm_type(shape->result) : "void");
    each_parameter(parameter, shape)
        put(", $raw raw_$name", "raw", raw_type(parameter));
    put(")\n");
}

static void put_entered(const struct callback *callback)
{
    const struct function *shape = &callback->shape;
    bool has_result = shape->result->class != TYPE_VOID;
    put_entered_signature(shape);
    put("{\n"
        "    const struct $library_$function *callback =\n"
        "        wasm_callback_of(closure, (wasm_rt_function_ptr_t)$library_$function_entered);\n"
        "    struct wasm_frame *frame = wasm_callback_begin();\n");
    if (has_copies(shape))
        put("    const struct wasm_instance *wasm = callback->callback.instance;\n");
    if (callback->can_refuse)
        put("    struct og_fault refusal;\n"
            "    enum og_error refused = OG_OK;\n");
    each_parameter(parameter, shape)
        put_plain(parameter);
    each_parameter(parameter, shape)
        put_data(parameter);
    if (callback->can_refuse) {
        put("    if (refused) {\n");
        put_copies_freed(shape);
        put("        wasm_callback_refuse(frame, &refusal);\n"
            "    }\n");
    }
    put(has_result ? "    $result result = callback->function" : "    callback->function");
    put_host_arguments(shape);
    put(";\n");
    put_copies_freed(shape);
    put("    wasm_callback_end(frame);\n");
    if (has_result)
        put("    return ($raw)result;\n", "raw", wasm_type(shape->result));
    put("}\n\n");
}

/* "WASM_RT_I32" */
static const char *value_type(const char *type)
{
    return !strcmp(type, "float")      ? "WASM_RT_F32"
           : !strcmp(type, "double")   ? "WASM_RT_F64"
           : !strcmp(type, "uint64_t") ? "WASM_RT_I64"
                                       : "WASM_RT_I32";
}

static void put_life(const struct function *shape)
{
    bool has_result = shape->result->class != TYPE_VOID;
    put("/* Lets the library call `function`, with `user` where its shape has OG_USER, from now on "
        "to $library_$function_close. */\n"
        "static inline enum og_error $library_$function_open(struct $library *$library, "
        "struct $library_$function *callback, $host function, void *user, "
        "struct og_fault *fault)\n"
        "{\n"
        "    uint32_t type = wasm_rt_register_func_type($parameters, $results",
        "host", host_type(shape), "parameters", number(shape->count), "results",
        number(has_result));
    each_parameter(parameter, shape)
        put(", $value", "value", value_type(raw_type(parameter)));
    if (has_result)
        put(", $value", "value", value_type(wasm_type(shape->result)));
    put(");\n"
        "    callback->function = function;\n"
        "    callback->user = user;\n"
        "    return wasm_callback_open($library->instance.wasm, &callback->callback, "
        "(wasm_rt_function_ptr_t)$library_$function_entered, callback, type, fault);\n"
        "}\n"
        "\n"
        "static inline void $library_$function_close(struct $library *$library, "
        "struct $library_$function *callback)\n"
        "{\n"
        "    if ($library->instance.wasm)\n"
        "        wasm_callback_close(&callback->callback);\n"
        "}\n");
}

void emit_wasm_callbacks(const struct interface *interface)
{
    each_callback(callback, interface) {
        put_source(&callback->shape);
        put("struct $library_$function {\n"
            "    struct wasm_callback callback;\n"
            "    $host function;\n"
            "    void *user;\n"
            "};\n\n",
            "host", host_type(&callback->shape));
        put_entered(callback);
        put_life(&callback->shape);
    }
}
