/* Callbacks out of a domain: a thunk takes the arguments as the registers held them, checks
 * each against the shape's declaration, and calls the host's function with what it can use.
 * What does not hold is refused: the host's function is not called, and the library's call ends
 * with that error. */
#include "omniglot/bindgen/emit.h"
#include "omniglot/bindgen/memory.h"

#include <string.h>

static void put_number(const struct interface *interface, const struct callback *callback,
                       const struct parameter *parameter, size_t place)
{
    const struct type *type = parameter->type;
    const char *name = parameter->name;
    if (type->class == TYPE_FLOATING) {
        put("    %s %s = arguments->floats[%zu];\n", type->spelling, name, place);
        return;
    }
    if (type->class == TYPE_BOOL) {
        put("    %s %s = (arguments->integers[%zu] & 255) == 1;\n", type->spelling, name, place);
        put("    if ((arguments->integers[%zu] & 255) > 1)\n        refused = "
            "instance_contract(&refusal, \"%s\");\n",
            place, callback->shape.name);
        return;
    }
    if (callback_registers(interface, parameter) > 1)
        put("    %s %s = (%s)og_argument_u64(arguments, %zu);\n", type->spelling, name,
            type->spelling, place);
    else
        put("    %s %s = (%s)arguments->integers[%zu];\n", type->spelling, name, type->spelling,
            place);
    put_number_checks(interface, &callback->shape, parameter);
}

static void put_data(const struct parameter *parameter, size_t place)
{
    const char *name = parameter->name;
    const struct type *pointee = parameter->type->pointee;
    switch (parameter->kind) {
    case STRING:
        put("    const %s *%s = NULL;\n", pointee->spelling, name);
        put("    if (!refused%s)\n        refused = callback_string(&scope->access, "
            "arguments->integers[%zu], (const char **)&%s, &refusal);\n",
            parameter->is_optional ? memory_format(" && arguments->integers[%zu]", place) : "",
            place, name);
        break;
    case STRINGS:
        put("    const %s **%s = NULL;\n", pointee->pointee->spelling, name);
        put("    if (!refused)\n        refused = callback_strings(&scope->access, "
            "arguments->integers[%zu], (const char ***)&%s, &refusal);\n",
            place, name);
        break;
    case IN:
        put("    const %s *%s = NULL;\n", element_of(pointee), name);
        put("    if (!refused%s)\n        refused = callback_array(&scope->access, %s, "
            "arguments->integers[%zu], %s, %s, &refusal);\n",
            parameter->is_optional ? memory_format(" && arguments->integers[%zu]", place) : "",
            element_of(pointee), place, parameter->count, name);
        break;
    default:
        break;
    }
}

static void put_arguments(const struct interface *interface, const struct callback *callback)
{
    size_t integers = 0, floats = 0;
    size_t places[16];
    const struct function *shape = &callback->shape;
    for (size_t i = 0; i < shape->count; i++) {
        const struct parameter *parameter = &shape->parameters[i];
        size_t *next = parameter->type->class == TYPE_FLOATING ? &floats : &integers;
        places[i] = *next;
        *next += callback_registers(interface, parameter);
        if (parameter->kind == NUMBER)
            put_number(interface, callback, parameter, places[i]);
        else if (parameter->kind == OPAQUE)
            put("    %s %s = (%s)arguments->integers[%zu];\n", parameter->type->spelling,
                parameter->name, parameter->type->spelling, places[i]);
    }
    if (callback->can_refuse)
        put("    og_read_begin(&scope->access);\n");
    for (size_t i = 0; i < shape->count; i++)
        put_data(&shape->parameters[i], places[i]);
}

static void put_host_call(const struct function *shape)
{
    if (shape->result->class == TYPE_FLOATING)
        put("result->floating = ");
    else if (shape->result->class != TYPE_VOID)
        put("result->integer = (uint64_t)");
    put("callback->function(");
    for (size_t i = 0; i < shape->count; i++)
        put("%s%s", i ? ", " : "",
            shape->parameters[i].kind == USER ? "callback->user" : shape->parameters[i].name);
    put(");\n");
}

/* Data that does not stay where it is, in the copying discipline. */
static void put_copies(const struct function *shape, bool is_in_place)
{
    for (size_t i = 0; !is_in_place && i < shape->count; i++) {
        const struct parameter *parameter = &shape->parameters[i];
        if (parameter->kind == STRING)
            put("    struct callback_copy copy_%s = {0};\n    if (!refused)\n        refused = "
                "callback_copy_string(&copy_%s, (const char **)&%s, &refusal);\n",
                parameter->name, parameter->name, parameter->name);
        else if (parameter->kind == STRINGS)
            put("    struct callback_copy copy_%s = {0};\n    if (!refused)\n        refused = "
                "callback_copy_strings(&copy_%s, (const char ***)&%s, &refusal);\n",
                parameter->name, parameter->name, parameter->name);
        else if (parameter->kind == IN)
            put("    struct callback_copy copy_%s = {0};\n    if (!refused)\n        refused = "
                "callback_copy_array(&copy_%s, (const void **)&%s, sizeof(*%s), %s, &refusal);\n",
                parameter->name, parameter->name, parameter->name, parameter->name,
                parameter->count);
    }
}

static void put_copies_freed(const struct function *shape, bool is_in_place)
{
    for (size_t i = 0; !is_in_place && i < shape->count; i++)
        if (shape->parameters[i].kind == STRING || shape->parameters[i].kind == STRINGS ||
            shape->parameters[i].kind == IN)
            put("    callback_copy_free(&copy_%s);\n", shape->parameters[i].name);
}

static void put_thunk(const struct interface *interface, const struct callback *callback,
                      bool is_in_place)
{
    const struct function *shape = &callback->shape;
    put("static inline void %s_%s_entered(void *user, struct og_scope *scope, const struct "
        "og_arguments *arguments, struct og_result *result) OG_REQUIRES(scope->access)\n{\n",
        interface->name, shape->name);
    put("    const %s *callback = user;\n", host_struct(interface, shape->name));
    if (callback->can_refuse)
        put("    struct og_fault refusal;\n    enum og_error refused = OG_OK;\n");
    else
        put_unused("scope");
    if (!shape->count)
        put_unused("arguments");
    if (shape->result->class == TYPE_VOID)
        put_unused("result");
    put_arguments(interface, callback);
    put_copies(shape, is_in_place);
    if (!callback->can_refuse) {
        put("    ");
        put_host_call(shape);
    } else {
        put("    if (refused)\n        og_callback_refuse(scope, &refusal);\n    else\n        ");
        put_host_call(shape);
        put_copies_freed(shape, is_in_place);
        put("    og_read_end(&scope->access);\n");
    }
    put("}\n\n");
}

static void put_life(const struct interface *interface, const struct callback *callback)
{
    const char *name = callback->shape.name, *library = interface->name;
    put("/* Lets the library call `function`, with `user` where its shape has OG_USER, from now on "
        "to %s_%s_close. */\n",
        library, name);
    put("static inline enum og_error %s_%s_open(struct %s *%s, %s *callback, __typeof__(&%s) "
        "function, void *user, struct og_fault *fault)\n{\n",
        library, name, library, library, host_struct(interface, name), name);
    put("    callback->function = function;\n    callback->user = user;\n");
    put("    return og_callback_open(%s->instance.domain, &callback->callback, %s_%s_entered, "
        "callback, fault);\n}\n\n",
        library, library, name);
    put("static inline void %s_%s_close(struct %s *%s, %s *callback)\n{\n", library, name, library,
        library, host_struct(interface, name));
    put_unused(library);
    put("    og_callback_close(&callback->callback);\n}\n");
}

void emit_domain_callbacks(const struct interface *interface, bool is_in_place)
{
    for (const struct callback *callback = interface->callbacks; callback;
         callback = callback->next) {
        put_source(&callback->shape);
        put("%s {\n    struct og_callback callback;\n    __typeof__(&%s) function;\n    void "
            "*user;\n",
            host_struct(interface, callback->shape.name), callback->shape.name);
        put("};\n\n");
        put_thunk(interface, callback, is_in_place);
        put_life(interface, callback);
    }
}
