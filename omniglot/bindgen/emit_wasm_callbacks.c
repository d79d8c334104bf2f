/* Callbacks out of a WebAssembly module: a function of the type that the module calls, whose first
 * argument is the callback itself. What it is given is checked against the shape's declaration, and
 * texts and arrays are copied out of the module. What does not hold is refused: the host's function
 * is not called, and the library's call ends with that error. */
#include "omniglot/bindgen/emit.h"
#include "omniglot/bindgen/memory.h"

#include <string.h>

static bool is_copied(const struct parameter *parameter)
{
    return parameter->kind == STRING || parameter->kind == STRINGS || parameter->kind == IN;
}

static const char *raw_type(const struct parameter *parameter)
{
    return parameter->kind == NUMBER ? wasm_type(parameter->type) : "uint32_t";
}

static void put_number(const struct interface *interface, const struct function *shape,
                       const struct parameter *parameter)
{
    const struct type *type = parameter->type;
    const char *name = parameter->name;
    if (type->class == TYPE_BOOL) {
        put("    %s %s = raw_%s == 1;\n    if (raw_%s > 1)\n        refused = "
            "instance_contract(&refusal, \"%s\");\n",
            type->spelling, name, name, name, shape->name);
        return;
    }
    put("    %s %s = (%s)%sraw_%s;\n", type->spelling, name, type->spelling,
        type->class != TYPE_INTEGER || !type->is_signed ? ""
        : type->size > 4                                ? "(int64_t)"
                                                        : "(int32_t)",
        name);
    put_number_checks(interface, shape, parameter);
}

static void put_data(const struct parameter *parameter)
{
    const char *name = parameter->name;
    const struct type *pointee = parameter->type->pointee;
    const char *optional = parameter->is_optional ? memory_format(" && raw_%s", name) : "";
    if (is_copied(parameter))
        put("    struct callback_copy copy_%s = {0};\n", name);
    if (parameter->kind == STRING)
        put("    const %s *%s = NULL;\n    if (!refused%s)\n        refused = "
            "module_callback_string(wasm, raw_%s, &copy_%s, (const char **)&%s, &refusal);\n",
            pointee->spelling, name, optional, name, name, name);
    else if (parameter->kind == STRINGS)
        put("    const %s **%s = NULL;\n    if (!refused)\n        refused = "
            "module_callback_strings(wasm, raw_%s, &copy_%s, (const char ***)&%s, &refusal);\n",
            pointee->pointee->spelling, name, name, name, name);
    else if (parameter->kind == IN)
        put("    const %s *%s = NULL;\n    if (!refused%s)\n        refused = "
            "module_callback_array(wasm, raw_%s, %s, sizeof(*%s), &copy_%s, (const void **)&%s, "
            "&refusal);\n",
            element_of(pointee), name, optional, name, parameter->count, name, name, name);
}

static void put_host_call(const struct function *shape)
{
    if (shape->result->class != TYPE_VOID)
        put("    %s result = ", shape->result->spelling);
    else
        put("    ");
    put("callback->function(");
    for (size_t i = 0; i < shape->count; i++)
        put("%s%s", i ? ", " : "",
            shape->parameters[i].kind == USER ? "callback->user" : shape->parameters[i].name);
    put(");\n");
}

static void put_copies_freed(const struct function *shape)
{
    for (size_t i = 0; i < shape->count; i++)
        if (is_copied(&shape->parameters[i]))
            put("    callback_copy_free(&copy_%s);\n", shape->parameters[i].name);
}

static void put_thunk(const struct interface *interface, const struct callback *callback)
{
    const struct function *shape = &callback->shape;
    bool has_result = shape->result->class != TYPE_VOID, has_copies = false;
    for (size_t i = 0; i < shape->count; i++)
        has_copies = has_copies || is_copied(&shape->parameters[i]);
    put("static %s %s_%s_entered(void *closure", has_result ? wasm_type(shape->result) : "void",
        interface->name, shape->name);
    for (size_t i = 0; i < shape->count; i++)
        put(", %s raw_%s", raw_type(&shape->parameters[i]), shape->parameters[i].name);
    put(")\n{\n    struct wasm_frame *frame = wasm_callback_begin();\n    const %s *callback = "
        "closure;\n",
        host_struct(interface, shape->name));
    if (has_copies)
        put("    const struct wasm_instance *wasm = callback->callback.instance;\n");
    if (callback->can_refuse)
        put("    struct og_fault refusal;\n    enum og_error refused = OG_OK;\n");
    for (size_t i = 0; i < shape->count; i++) {
        const struct parameter *parameter = &shape->parameters[i];
        if (parameter->kind == NUMBER)
            put_number(interface, shape, parameter);
        else if (parameter->kind == OPAQUE)
            put("    %s %s = (%s)(uintptr_t)raw_%s;\n", parameter->type->spelling, parameter->name,
                parameter->type->spelling, parameter->name);
        else if (parameter->kind == USER)
            put("    (void)raw_%s;\n", parameter->name);
    }
    for (size_t i = 0; i < shape->count; i++)
        put_data(&shape->parameters[i]);
    if (callback->can_refuse) {
        put("    if (refused) {\n    ");
        put_copies_freed(shape);
        put("        wasm_callback_refuse(frame, &refusal);\n    }\n");
    }
    put_host_call(shape);
    put_copies_freed(shape);
    put("    wasm_callback_end(frame);\n");
    if (has_result)
        put("    return (%s)result;\n", wasm_type(shape->result));
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

static void put_life(const struct interface *interface, const struct callback *callback)
{
    const struct function *shape = &callback->shape;
    const char *name = shape->name, *library = interface->name;
    bool has_result = shape->result->class != TYPE_VOID;
    put("/* Lets the library call `function`, with `user` where its shape has OG_USER, from now on "
        "to %s_%s_close. */\n",
        library, name);
    put("static inline enum og_error %s_%s_open(struct %s *%s, %s *callback, __typeof__(&%s) "
        "function, void *user, struct og_fault *fault)\n{\n    uint32_t type = "
        "wasm_rt_register_func_type(%zu, %d",
        library, name, library, library, host_struct(interface, name), name, shape->count,
        has_result);
    for (size_t i = 0; i < shape->count; i++)
        put(", %s", value_type(raw_type(&shape->parameters[i])));
    if (has_result)
        put(", %s", value_type(wasm_type(shape->result)));
    put(");\n    callback->function = function;\n    callback->user = user;\n    return "
        "wasm_callback_open(%s->instance.wasm, &callback->callback, "
        "(wasm_rt_function_ptr_t)%s_%s_entered, callback, type, fault);\n}\n\n",
        library, library, name);
    put("static inline void %s_%s_close(struct %s *%s, %s *callback)\n{\n    if "
        "(%s->instance.wasm)\n        wasm_callback_close(&callback->callback);\n}\n",
        library, name, library, library, host_struct(interface, name), library);
}

void emit_wasm_callbacks(const struct interface *interface)
{
    for (const struct callback *callback = interface->callbacks; callback;
         callback = callback->next) {
        put_source(&callback->shape);
        put("%s {\n    struct wasm_callback callback;\n    __typeof__(&%s) function;\n    void "
            "*user;\n};\n\n",
            host_struct(interface, callback->shape.name), callback->shape.name);
        put_thunk(interface, callback);
        put_life(interface, callback);
    }
}
