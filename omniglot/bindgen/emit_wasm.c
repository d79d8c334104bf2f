/* NAME-wasm.h: the library is a WebAssembly module that wasm2c translated. enter_NAME is the call
 * of its function, with what it has for arguments: numbers, and addresses of 32 bits. call_NAME
 * copies what the host has into the module's memory, enters, and copies what was computed back,
 * checked. Sizes and offsets of what lies in the module are written as numbers: its layouts are
 * not the host's. */
#include "omniglot/bindgen/emit.h"
#include "omniglot/bindgen/memory.h"

#include <stdint.h>
#include <string.h>

#define put_step(...)                                                                              \
    do {                                                                                           \
        put("    if (!error)\n        error = ");                                                  \
        put(__VA_ARGS__);                                                                          \
        put(";\n");                                                                                \
    } while (0)

/* --- types --- */

/* wasm2c writes the letter Z of a name as Z5A. */
static const char *module_name(const char *name)
{
    const char *done = "";
    for (; *name; name++)
        done = memory_format(*name == 'Z' ? "%sZ5A" : "%s%c", done, *name);
    return done;
}

static size_t element_size(const struct type *pointee)
{
    return pointee->class == TYPE_VOID ? 1 : pointee->size;
}

/* --- enter_NAME --- */

static void put_enter(const struct interface *interface, const struct function *function)
{
    bool has_raw = function_has_result(function) && !function_returns_in_memory(function);
    put("static __attribute__((noinline)) enum og_error enter_%s(struct wasm_instance *wasm",
        function->name);
    if (has_raw)
        put(", %s *raw", wasm_type(function->result));
    if (function_returns_in_memory(function))
        put(", uint32_t at_result");
    for (size_t i = 0; i < function->count; i++)
        put(", %s %s",
            function->parameters[i].kind == NUMBER ? wasm_type(function->parameters[i].type)
                                                   : "uint32_t",
            function->parameters[i].name);
    put(", struct og_fault *fault)\n{\n    struct wasm_frame frame;\n    enum og_error error = "
        "wasm_enter(wasm, &frame, fault);\n    if (error)\n        return error;\n    if "
        "(__builtin_setjmp(frame.jump))\n        return wasm_trapped(&frame, \"%s\", fault);\n    ",
        function->name);
    put("%sZ_%sZ_%s(wasm->state", has_raw ? "*raw = " : "", module_name(interface->name),
        module_name(function->name));
    if (function_returns_in_memory(function))
        put(", at_result");
    for (size_t i = 0; i < function->count; i++)
        put(", %s", function->parameters[i].name);
    put(");\n    wasm_leave(&frame);\n    return OG_OK;\n}\n\n");
}

/* --- call_NAME: before --- */

static bool needs_scratch(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++)
        switch (function->parameters[i].kind) {
        case LENGTH:
        case LEFT:
        case STRUCT:
        case IN_WINDOW:
        case OUT_WINDOW:
            return true;
        default:
            break;
        }
    return function_returns_in_memory(function);
}

static void put_locals(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        const char *name = parameter->name;
        switch (parameter->kind) {
        case IN:
        case OUT:
        case INOUT:
        case STRING:
        case LENGTH:
        case STRUCT:
            put("    uint32_t at_%s = 0;\n", name);
            break;
        case LEFT:
            put("    uint32_t at_%s = 0;\n    %s left_%s = *%s;\n", name,
                parameter->type->pointee->spelling, name, name);
            break;
        case IN_WINDOW:
        case OUT_WINDOW:
            put("    uint32_t at_%s = 0, data_%s = 0;\n", name, name);
            break;
        case OBJECT:
            for (size_t j = 0; j < parameter->window_count; j++)
                put("    uint32_t data_%s = 0;\n    %s left_%s = %s->host.%s;\n",
                    parameter->windows[j].pointer, parameter->windows[j].count_type->spelling,
                    parameter->windows[j].left, name, parameter->windows[j].left);
            break;
        default:
            break;
        }
    }
    if (function_returns_in_memory(function))
        put("    uint32_t at_result = 0;\n");
    else if (function_has_result(function))
        put("    %s raw = 0;\n", wasm_type(function->result));
    if (needs_scratch(function))
        put("    uint32_t scratch_before = wasm->scratch_used;\n");
}

static void put_number_fits(const struct function *function, const struct parameter *parameter)
{
    const struct type *type = parameter->type;
    if (parameter->kind == OPAQUE || (parameter->kind == NUMBER && !parameter->size_of &&
                                      type->class == TYPE_INTEGER && !is_same_in_module(type)))
        put_step("module_number_fits(%s%s, %d, \"%s\", fault)",
                 parameter->kind == OPAQUE ? "(uintptr_t)" : "", parameter->name,
                 type->is_signed && parameter->kind == NUMBER, function->name);
}

/* Before the call the struct's fields are set, after it they are got. */
static void put_fields(const struct parameter *parameter, bool is_set)
{
    const struct annotation *fields = is_set ? parameter->set : parameter->get;
    bool is_object = parameter->kind == OBJECT;
    for (unsigned i = 0; fields && i < fields->count; i++) {
        const struct field *field = named_field(parameter, fields->arguments[i]);
        const char *module = is_object ? memory_format("%s->foreign", parameter->name)
                                       : memory_format("at_%s", parameter->name);
        put_step("module_%s(wasm, %s + %zu, &%s->%s%s, sizeof(%s->%s%s%s), %zu, %d, %zu, fault)",
                 is_set ? "store" : "load", module, field->offset, parameter->name,
                 is_object ? "host." : "", field->name, parameter->name, is_object ? "host." : "",
                 field->name, field->is_array ? "[0]" : "", field->type->size,
                 field->type->is_signed, field->is_array ? field->count : (size_t)1);
    }
}

static void put_store(const char *address, const char *lvalue, const struct type *type)
{
    put_step("module_store(wasm, %s, &%s, sizeof(%s), %zu, %d, 1, fault)", address, lvalue, lvalue,
             type->size, type->is_signed);
}

static void put_object_before(const struct parameter *parameter)
{
    const char *name = parameter->name;
    if (parameter->life == LIFE_NEW)
        put_step("module_object(wasm, &%s->foreign, %zu, fault)", name,
                 parameter->type->pointee->size);
    else
        put_step("module_object_check(wasm, %s->foreign, %zu, fault)", name,
                 parameter->type->pointee->size);
    put_fields(parameter, true);
    for (size_t i = 0; i < parameter->window_count; i++) {
        const struct window *window = &parameter->windows[i];
        const char *element = memory_format("%zu", element_size(window->element));
        if (window->is_output)
            put_step("module_room(wasm, &data_%s, left_%s, %s, fault)", window->pointer,
                     window->left, element);
        else
            put_step("module_in(wasm, &data_%s, %s->host.%s, left_%s, %s, fault)", window->pointer,
                     name, window->pointer, window->left, element);
        put_store(memory_format("%s->foreign + %zu", name,
                                named_field(parameter, window->pointer)->offset),
                  memory_format("data_%s", window->pointer),
                  &(struct type){.size = sizeof(uint32_t)});
        put_store(
            memory_format("%s->foreign + %zu", name, named_field(parameter, window->left)->offset),
            memory_format("left_%s", window->left), window->count_type);
    }
}

static void put_before(const struct function *function, const struct parameter *parameter)
{
    const char *name = parameter->name, *condition = "";
    const struct type *pointee = parameter->type->pointee;
    const struct type address = {.size = sizeof(uint32_t)};
    if (parameter->is_optional)
        condition = memory_format(" && %s", name);
    switch (parameter->kind) {
    case IN:
    case INOUT:
        put("    if (!error%s)\n        error = module_in(wasm, &at_%s, %s, %s, %zu, fault);\n",
            condition, name, name, host_count(function, parameter), element_size(pointee));
        break;
    case OUT:
        put("    if (!error%s)\n        error = module_room(wasm, &at_%s, %s, %zu, fault);\n",
            condition, name, host_count(function, parameter), element_size(pointee));
        break;
    case STRING:
        put("    if (!error%s)\n        error = module_in(wasm, &at_%s, %s, strlen((const char "
            "*)%s) + 1, 1, fault);\n",
            condition, name, name, name);
        break;
    case LENGTH:
    case LEFT:
        put_step("wasm_take(wasm, &at_%s, %zu, fault)", name, pointee->size);
        put_store(memory_format("at_%s", name), memory_format("*%s", name), pointee);
        break;
    case IN_WINDOW:
        put_step("module_in(wasm, &data_%s, *%s, *%s, %zu, fault)", name, name,
                 parameter->length->name, element_size(pointee->pointee));
        put_step("wasm_take(wasm, &at_%s, %zu, fault)", name, sizeof(uint32_t));
        put_store(memory_format("at_%s", name), memory_format("data_%s", name), &address);
        break;
    case OUT_WINDOW:
        put_step("module_room(wasm, &data_%s, *%s, %zu, fault)", name, parameter->length->name,
                 element_size(pointee->pointee));
        put_step("wasm_take(wasm, &at_%s, %zu, fault)", name, sizeof(uint32_t));
        put_store(memory_format("at_%s", name), memory_format("data_%s", name), &address);
        break;
    case STRUCT:
        put_step("module_struct(wasm, &at_%s, %zu, fault)", name, pointee->size);
        put_fields(parameter, true);
        break;
    case OBJECT:
        put_object_before(parameter);
        break;
    case NUMBER:
        if (parameter->size_of)
            put_unused(name);
        break;
    case USER:
        put_unused(name);
        break;
    default:
        break;
    }
}

/* --- call_NAME: the call --- */

static const char *argument(const struct parameter *parameter)
{
    const char *name = parameter->name;
    switch (parameter->kind) {
    case USER:
    case ABSENT:
        return "0";
    case OPAQUE:
        return memory_format("(uint32_t)(uintptr_t)%s", name);
    case HANDLE:
    case OBJECT:
        return memory_format("%s->foreign", name);
    case CALLBACK:
        return memory_format("%s ? wasm_callback_index(&%s->callback) : 0", name, name);
    case NUMBER:
        if (parameter->size_of)
            return memory_format("%zu", parameter->size_of->type->pointee->size);
        return parameter->type->class == TYPE_FLOATING
                   ? name
                   : memory_format("(%s)%s", wasm_type(parameter->type), name);
    default:
        return memory_format("at_%s", name);
    }
}

static void put_entering(const struct function *function)
{
    put("    if (!error)\n        error = enter_%s(wasm", function->name);
    if (function_returns_in_memory(function))
        put(", at_result");
    else if (function_has_result(function))
        put(", &raw");
    for (size_t i = 0; i < function->count; i++)
        put(", %s", argument(&function->parameters[i]));
    put(", fault);\n");
}

/* --- call_NAME: after --- */

static void put_result(const struct interface *interface, const struct function *function)
{
    const struct type *type = function->result;
    const struct rule *rule = type->rule;
    if (type->class == TYPE_BOOL) {
        put("    if (!error && raw > 1)\n        error = instance_contract(fault, \"%s\");\n"
            "    *result = raw == 1;\n",
            function->name);
    } else if (function->returned_handle) {
        put("    result->foreign = raw;\n");
    } else if (function_returns_in_memory(function)) {
        put_step("module_out(wasm, result, at_result, 1, %zu, %s%s, \"%s\", fault)", type->size,
                 rule->is_plain ? "NULL" : memory_format("&%s_rule_", interface->name),
                 rule->is_plain ? "" : rule->identifier, function->name);
    } else if (type->class == TYPE_FLOATING || type->class == TYPE_ENUM) {
        put("    *result = (%s)raw;\n", type->spelling);
    } else if (type->class != TYPE_VOID) {
        put("    *result = (%s)%sraw;\n", type->spelling,
            !type->is_signed ? ""
            : type->size > 4 ? "(int64_t)"
                             : "(int32_t)");
    }
    put_value_checks(function);
}

static void put_left(const char *address, const char *lvalue, const char *before,
                     const struct type *type, const char *function)
{
    put_step("module_count(wasm, %s, &%s, sizeof(%s), %zu, (uint64_t)%s, \"%s\", fault)", address,
             lvalue, lvalue, type->size, before, function);
}

static void put_after(const struct function *function, const struct parameter *parameter)
{
    const char *name = parameter->name;
    if (parameter->kind == LENGTH) {
        put("    if (succeeded)\n        error = module_count(wasm, at_%s, %s, sizeof(*%s), "
            "%zu, (uint64_t)*%s, \"%s\", fault);\n",
            name, name, name, parameter->type->pointee->size, name, function->name);
    }
    if (parameter->kind == LEFT)
        put_left(memory_format("at_%s", name), memory_format("left_%s", name),
                 memory_format("*%s", name), parameter->type->pointee, function->name);
    for (size_t j = 0; j < parameter->window_count; j++) {
        const struct window *window = &parameter->windows[j];
        put_left(
            memory_format("%s->foreign + %zu", name, named_field(parameter, window->left)->offset),
            memory_format("left_%s", window->left),
            memory_format("%s->host.%s", name, window->left), window->count_type, function->name);
    }
    if (parameter->kind == OBJECT || parameter->kind == STRUCT)
        put_fields(parameter, false);
}

static void put_copies_out(const struct interface *interface, const struct function *function)
{
    const char *condition = success(function, "*result");
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        const char *name = parameter->name;
        if (is_filled(parameter)) {
            const char *rule = element_rule(interface, function, parameter);
            put("    if (!error%s%s%s%s)\n        error = module_out(wasm, %s, at_%s, %s, %zu, "
                "%s%s, \"%s\", fault);\n",
                condition ? " && " : "", condition ? condition : "",
                parameter->is_optional ? " && " : "", parameter->is_optional ? name : "", name,
                name, host_count(function, parameter), element_size(parameter->type->pointee),
                rule ? "&" : "", rule ? rule : "NULL", function->name);
        }
        if (parameter->kind == OUT_WINDOW)
            put_step("module_out(wasm, *%s, data_%s, *%s - left_%s, %zu, NULL, \"%s\", fault)",
                     name, name, parameter->length->name, parameter->length->name,
                     element_size(parameter->type->pointee->pointee), function->name);
        for (size_t j = 0; j < parameter->window_count; j++) {
            const struct window *window = &parameter->windows[j];
            if (window->is_output)
                put_step("module_out(wasm, %s->host.%s, data_%s, %s->host.%s - left_%s, %zu, NULL, "
                         "\"%s\", fault)",
                         name, window->pointer, window->pointer, name, window->left, window->left,
                         element_size(window->element), function->name);
        }
    }
}

static void put_release(const char *address)
{
    put("    error = module_release(wasm, %s, error, fault);\n", address);
}

static bool has_kept(const struct interface *interface, const char *kind_name)
{
    for (const struct kind *kind = interface->kinds; kind; kind = kind->next)
        if (!strcmp(kind->name, kind_name))
            return kind->has_kept;
    return false;
}

/* What the library goes on reading belongs to the object; the rest is freed. */
static void put_released(const struct interface *interface, const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        const char *name = parameter->name;
        switch (parameter->kind) {
        case IN:
            if (parameter->kept_by) {
                put("    error = module_keep(wasm, %s->foreign, &%s->kept, at_%s, error, "
                    "fault);\n",
                    parameter->kept_by->name, parameter->kept_by->name, name);
                break;
            }
            /* fall through */
        case OUT:
        case INOUT:
        case STRING:
            put_release(memory_format("at_%s", name));
            break;
        case IN_WINDOW:
        case OUT_WINDOW:
            put_release(memory_format("data_%s", name));
            break;
        case OBJECT:
            for (size_t j = 0; j < parameter->window_count; j++)
                put_release(memory_format("data_%s", parameter->windows[j].pointer));
            if (parameter->life != LIFE_END)
                break;
            put_release(memory_format("%s->foreign", name));
            put("    %s->foreign = 0;\n", name);
            if (has_kept(interface, parameter->kind_name)) {
                put_release(memory_format("%s->kept", name));
                put("    %s->kept = 0;\n", name);
            }
            break;
        case HANDLE:
            if (parameter->life == LIFE_END)
                put("    %s->foreign = 0;\n", name);
            break;
        default:
            break;
        }
    }
}

static void put_new_objects(const struct interface *interface, const struct function *function,
                            bool is_before)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        const char *name = parameter->name;
        if (parameter->kind != OBJECT || parameter->life != LIFE_NEW)
            continue;
        if (!is_before) {
            put("    if (!succeeded) {\n    ");
            put_release(memory_format("%s->foreign", name));
            put("        %s->foreign = 0;\n    }\n", name);
            continue;
        }
        put("    %s->foreign = 0;\n", name);
        if (has_kept(interface, parameter->kind_name))
            put("    %s->kept = 0;\n", name);
    }
}

static void put_call(const struct interface *interface, const struct function *function)
{
    put_call_signature(interface, function);
    put("\n{\n    struct wasm_instance *wasm = %s->instance.wasm;\n", interface->name);
    put_locals(function);
    put("    enum og_error error = OG_OK;\n");
    put_new_objects(interface, function, true);
    for (size_t i = 0; i < function->count; i++)
        put_number_fits(function, &function->parameters[i]);
    if (function_returns_in_memory(function))
        put_step("wasm_take(wasm, &at_result, %zu, fault)", function->result->size);
    for (size_t i = 0; i < function->count; i++)
        put_before(function, &function->parameters[i]);
    put_entering(function);
    put_result(interface, function);
    if (needs_success(function))
        put_success(function);
    for (size_t i = 0; i < function->count; i++)
        put_after(function, &function->parameters[i]);
    put_new_objects(interface, function, false);
    put_copies_out(interface, function);
    put_released(interface, function);
    if (needs_scratch(function))
        put("    wasm->scratch_used = scratch_before;\n");
    put_windows_moved(function);
    put("    return error;\n}\n");
}

/* --- the file --- */

static void put_invoke(const struct interface *interface, const struct function *function)
{
    put("\n");
    put_invoke_signature(interface, function, "");
    put("\n{\n    (void)scope;\n    return call_%s(%s%s", function->name, interface->name,
        function_has_result(function) ? ", result" : "");
    for (size_t i = 0; i < function->count; i++)
        if (function->parameters[i].kind != ABSENT)
            put(", %s", function->parameters[i].name);
    put(", fault);\n}\n");
}

static void put_library(const struct interface *interface)
{
    const char *name = interface->name;
    put("/* The module is a part of the program: this reference links it. */\n"
        "extern const struct wasm_module wasm_module_%s;\n"
        "static const struct wasm_module *const %s_module __attribute__((used)) = "
        "&wasm_module_%s;\n\n",
        name, name, name);
    put("struct %s {\n    struct instance instance;\n};\n\n", name);
    put("/* `path` is not used: the library was translated and linked. */\n");
    put_open_and_close(interface, "void");
    for (const struct kind *kind = interface->kinds; kind; kind = kind->next) {
        put("\n%s {\n", host_struct(interface, kind->name));
        if (kind->is_object)
            put("    %s host; /* the caller's */\n", kind->pointee->spelling);
        put("    uint32_t foreign; /* where in the module it is */\n");
        if (kind->has_kept)
            put("    uint32_t kept; /* data that the library goes on reading */\n");
        put("};\n");
    }
}

/* Structs that cross as they are: the host's layout has to be the module's. */
static void put_layouts(const struct interface *interface)
{
    for (const struct rule *rule = interface->rules; rule; rule = rule->next) {
        const struct type type = {.class = TYPE_STRUCT, .rule = rule};
        if (!rule->is_used || rule->is_enum || !is_same_in_module(&type))
            continue;
        put("\n_Static_assert(sizeof(%s) == %zu, \"%s: the module has another layout\");\n",
            rule->spelling, rule->size, rule->spelling);
        for (size_t i = 0; i < rule->count; i++)
            if (!rule->fields[i].is_bits && *rule->fields[i].name)
                put("_Static_assert(offsetof(%s, %s) == %zu, \"%s: the module has another "
                    "layout\");\n",
                    rule->spelling, rule->fields[i].name, rule->fields[i].offset, rule->spelling);
    }
}

void emit_wasm(const struct interface *interface)
{
    put_baseline(interface, "copying/wasm/stubs.h");
    put("#include \"%s-module.h\"\n#include \"%s-types.h\"\n\n", interface->name, interface->name);
    put_library(interface);
    put_layouts(interface);
    emit_wasm_callbacks(interface);
    for (const struct function *function = interface->functions; function;
         function = function->next) {
        put_source(function);
        put_enter(interface, function);
        put_call(interface, function);
        if (function_is_without_data(function) && !function->is_by_name)
            put_invoke(interface, function);
    }
}
