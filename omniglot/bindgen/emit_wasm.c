/* NAME-wasm.h: the library is a WebAssembly module that wasm2c translated. og_enter_NAME is the
 * call of its function, with what it has for arguments: numbers, and addresses of 32 bits.
 * call_NAME copies what the host has into the module's memory, enters, and copies what was computed
 * back, checked. Sizes and offsets of what lies in the module are written as numbers: its layouts
 * are not the host's. */
#include "omniglot/bindgen/emit.h"
#include "omniglot/bindgen/memory.h"

#include <stdint.h>

/* --- types --- */

/* wasm2c writes the letter Z of a name as Z5A. */
static const char *module_name(const char *name)
{
    const char *done = "";
    for (; *name; name++)
        done = memory_format(*name == 'Z' ? "%sZ5A" : "%s%c", done, *name);
    return done;
}

static const char *size_of_element(const struct type *pointee)
{
    return number(pointee->class == TYPE_VOID ? 1 : pointee->size);
}

/* --- og_enter_NAME --- */

static void put_enter(const struct function *function)
{
    bool has_raw = function_has_result(function) && !function_returns_in_memory(function);
    put("static __attribute__((noinline)) enum og_error "
        "og_enter_$function(struct wasm_instance *wasm");
    if (has_raw)
        put(", $raw *raw", "raw", wasm_type(function->result));
    if (function_returns_in_memory(function))
        put(", uint32_t at_result");
    each_parameter(parameter, function)
        put(", $raw $name", "raw",
            parameter->kind == NUMBER ? wasm_type(parameter->type) : "uint32_t");
    put(", struct og_fault *fault)\n"
        "{\n"
        "    struct wasm_frame frame;\n"
        "    enum og_error error = wasm_enter(wasm, &frame, fault);\n"
        "    if (error)\n"
        "        return error;\n"
        "    if (__builtin_setjmp(frame.jump))\n"
        "        return wasm_trapped(&frame, \"$function\", fault);\n"
        "    ${keep}Z_${module}Z_$entry(wasm->state",
        "keep", has_raw ? "*raw = " : "", "module", module_name(fill("$library")), "entry",
        module_name(function->name));
    if (function_returns_in_memory(function))
        put(", at_result");
    each_parameter(parameter, function)
        put(", $name");
    put(");\n"
        "    wasm_leave(&frame);\n"
        "    return OG_OK;\n"
        "}\n\n");
}

/* --- call_NAME: before --- */

static bool is_in_scratch(const struct parameter *parameter)
{
    switch (parameter->kind) {
    case LENGTH:
    case LEFT:
    case STRUCT:
    case IN_WINDOW:
    case OUT_WINDOW:
        return true;
    case NUMBER:
    case OPAQUE:
    case ABSENT:
    case USER:
    case IN:
    case OUT:
    case INOUT:
    case STRING:
    case STRINGS:
    case HANDLE:
    case OBJECT:
    case CALLBACK:
        break;
    }
    return false;
}

static bool needs_scratch(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++)
        if (is_in_scratch(&function->parameters[i]))
            return true;
    return function_returns_in_memory(function);
}

static void put_local(const struct parameter *parameter)
{
    switch (parameter->kind) {
    case IN:
    case OUT:
    case INOUT:
    case STRING:
    case LENGTH:
    case STRUCT:
        put("    uint32_t at_$name = 0;\n");
        break;
    case LEFT:
        put("    uint32_t at_$name = 0;\n"
            "    $pointee left_$name = *$name;\n");
        break;
    case IN_WINDOW:
    case OUT_WINDOW:
        put("    uint32_t at_$name = 0, data_$name = 0;\n");
        break;
    case OBJECT:
        each_window(window, parameter)
            put("    uint32_t data_$cursor = 0;\n"
                "    $counter left_$rest = $name->host.$left;\n");
        break;
    case NUMBER:
    case OPAQUE:
    case ABSENT:
    case USER:
    case STRINGS:
    case HANDLE:
    case CALLBACK:
        break;
    }
}

static void put_number_fits(const struct parameter *parameter)
{
    const struct type *type = parameter->type;
    if (parameter->kind == OPAQUE)
        put_step("module_number_fits((uintptr_t)$name, 0, \"$function\", fault)");
    if (parameter->kind == NUMBER && !parameter->size_of && type->class == TYPE_INTEGER &&
        !is_same_in_module(type))
        put_step("module_number_fits($name, $signed, \"$function\", fault)", "signed",
                 number(type->is_signed));
}

/* Before the call the struct's fields are set, after it they are got. */
static void put_fields(const struct parameter *parameter, bool is_set)
{
    const struct annotation *fields = is_set ? parameter->set : parameter->get;
    const char *module = fill(parameter->kind == OBJECT ? "$name->foreign" : "at_$name");
    const char *host = fill(parameter->kind == OBJECT ? "$name->host." : "$name->");
    for (unsigned i = 0; fields && i < fields->count; i++) {
        const struct field *field = named_field(parameter, fields->arguments[i]);
        put_step("module_$move(wasm, $module + $offset, &$host$field, sizeof($host$field$first), "
                 "$size, $signed, $count, fault)",
                 "move", is_set ? "store" : "load", "module", module, "offset",
                 number(field->offset), "host", host, "field", field->name, "first", field->first,
                 "size", number(field->type->size), "signed", number(field->type->is_signed),
                 "count", number(field->is_array ? field->count : 1));
        if (!is_set)
            put_field_check(parameter, field);
    }
}

static const char *address_of(const char *lvalue)
{
    return *lvalue == '*' ? lvalue + 1 : fill("&$lvalue", "lvalue", lvalue);
}

static void put_store(const char *address, const char *lvalue, size_t size, bool is_signed)
{
    put_step("module_store(wasm, $address, $from, sizeof($lvalue), $size, $signed, 1, fault)",
             "address", address, "from", address_of(lvalue), "lvalue", lvalue, "size", number(size),
             "signed", number(is_signed));
}

/* "stream->foreign + 8": where in the module a field of an object's is. */
static const char *field_address(const struct parameter *parameter, const char *field)
{
    return fill("$name->foreign + $offset", "offset",
                number(named_field(parameter, field)->offset));
}

static void put_object_before(const struct parameter *parameter)
{
    put_step(parameter->life == LIFE_NEW
                 ? "module_object(wasm, &$name->foreign, $size, fault)"
                 : "module_object_check(wasm, $name->foreign, $size, fault)",
             "size", number(parameter->type->pointee->size));
    put_fields(parameter, true);
    each_window(window, parameter) {
        put_step(window->is_output ? "module_room(wasm, &data_$cursor, left_$rest, $size, fault)"
                                   : "module_in(wasm, &data_$cursor, $name->host.$pointer, "
                                     "left_$rest, $size, fault)",
                 "size", size_of_element(window->element));
        put_store(field_address(parameter, window->pointer), fill("data_$cursor"), sizeof(uint32_t),
                  false);
        put_store(field_address(parameter, window->left), fill("left_$rest"),
                  window->count_type->size, window->count_type->is_signed);
    }
}

/* The pointer to a window's data, which the library moves. */
static void put_window_pointer(void)
{
    put_step("wasm_take(wasm, &at_$name, $size, fault)", "size", number(sizeof(uint32_t)));
    put_store(fill("at_$name"), fill("data_$name"), sizeof(uint32_t), false);
}

static void put_before(const struct interface *interface, const struct parameter *parameter)
{
    const struct type *pointee = parameter->type->pointee;
    const char *mask = element_mask(interface, parameter);
    switch (parameter->kind) {
    case IN:
    case INOUT:
        put_step_if(condition_of(parameter),
                    "module_in(wasm, &at_$name, $name, $room, $size, fault)", "room",
                    room_of(parameter), "size", size_of_element(pointee));
        if (mask)
            put_step_if(condition_of(parameter),
                        "module_solid(wasm, at_$name, $room, $size, $mask)", "room",
                        room_of(parameter), "size", size_of_element(pointee), "mask", mask);
        break;
    case OUT:
        put_step_if(condition_of(parameter), "module_room(wasm, &at_$name, $room, $size, fault)",
                    "room", room_of(parameter), "size", size_of_element(pointee));
        break;
    case STRING:
        put_step_if(condition_of(parameter), "module_in(wasm, &at_$name, $name, "
                                             "strlen((const char *)$name) + 1, 1, fault)");
        break;
    case LENGTH:
    case LEFT:
        put_step("wasm_take(wasm, &at_$name, $size, fault)", "size", number(pointee->size));
        put_store(fill("at_$name"), fill("*$name"), pointee->size, pointee->is_signed);
        break;
    case IN_WINDOW:
        put_step("module_in(wasm, &data_$name, *$name, *$length, $size, fault)", "size",
                 size_of_element(pointee->pointee));
        put_window_pointer();
        break;
    case OUT_WINDOW:
        put_step("module_room(wasm, &data_$name, *$length, $size, fault)", "size",
                 size_of_element(pointee->pointee));
        put_window_pointer();
        break;
    case STRUCT:
        if (!parameter->set && !parameter->get)
            put_unused(parameter->name);
        put_step("module_struct(wasm, &at_$name, $size, fault)", "size", number(pointee->size));
        put_fields(parameter, true);
        break;
    case OBJECT:
        put_object_before(parameter);
        break;
    case NUMBER:
        if (parameter->size_of)
            put("    (void)$name;\n");
        break;
    case USER:
        put("    (void)$name;\n");
        break;
    case OPAQUE:
    case ABSENT:
    case STRINGS:
    case HANDLE:
    case CALLBACK:
        break;
    }
}

/* --- call_NAME: the call --- */

static const char *argument(const struct parameter *parameter)
{
    switch (parameter->kind) {
    case USER:
    case ABSENT:
        return "0";
    case OPAQUE:
        return fill("(uint32_t)(uintptr_t)$name");
    case HANDLE:
    case OBJECT:
        return fill("$name->foreign");
    case CALLBACK:
        return fill("$name ? wasm_callback_index(&$name->callback) : 0");
    case NUMBER:
        if (parameter->size_of)
            return number(parameter->size_of->type->pointee->size);
        if (parameter->type->class == TYPE_FLOATING)
            return parameter->name;
        return fill("($raw)$name", "raw", wasm_type(parameter->type));
    case IN:
    case OUT:
    case INOUT:
    case LENGTH:
    case LEFT:
    case IN_WINDOW:
    case OUT_WINDOW:
    case STRING:
    case STRINGS:
    case STRUCT:
        break;
    }
    return fill("at_$name");
}

static void put_entering(const struct function *function)
{
    put_step_begin("");
    put("og_enter_$function(wasm");
    if (function_returns_in_memory(function))
        put(", at_result");
    else if (function_has_result(function))
        put(", &raw");
    each_parameter(parameter, function)
        put(", $argument", "argument", argument(parameter));
    put(", fault);\n");
}

/* --- call_NAME: after --- */

/* What makes of a module's unsigned number one with a sign, as wide as it has to be. */
static const char *sign_of(const struct type *type)
{
    return !type->is_signed ? "" : type->size > 4 ? "(int64_t)" : "(int32_t)";
}

static void put_result(const struct function *function)
{
    const struct type *type = function->result;
    const struct rule *rule = type->rule;
    if (type->class == TYPE_BOOL)
        put("    if (!error && raw > 1)\n"
            "        error = instance_contract(fault, \"$function\");\n"
            "    *result = raw == 1;\n");
    else if (function->returned_handle)
        put("    result->foreign = raw;\n");
    else if (function_returns_in_memory(function))
        put_step("module_out(wasm, result, at_result, 1, $size, $rule, \"$function\", fault)",
                 "size", number(type->size), "rule",
                 rule->is_plain ? "NULL" : fill("&$library_rule_$type", "type", rule->identifier));
    else if (type->class == TYPE_FLOATING || type->class == TYPE_ENUM)
        put("    *result = ($result)raw;\n");
    else if (type->class != TYPE_VOID)
        put("    *result = ($result)${signed}raw;\n", "signed", sign_of(type));
    put_value_checks(function);
}

static void put_left(const char *address, const char *lvalue, const char *before, size_t size)
{
    put_step("module_count(wasm, $address, $to, sizeof($lvalue), $size, (uint64_t)$before, "
             "\"$function\", fault)",
             "address", address, "to", address_of(lvalue), "lvalue", lvalue, "size", number(size),
             "before", before);
}

static void put_after(const struct parameter *parameter)
{
    if (parameter->kind == LENGTH)
        put_step_if("succeeded",
                    "module_count(wasm, at_$name, $name, sizeof(*$name), $size, "
                    "(uint64_t)*$name, \"$function\", fault)",
                    "size", number(parameter->type->pointee->size));
    if (parameter->kind == LEFT)
        put_left(fill("at_$name"), fill("left_$name"), fill("*$name"),
                 parameter->type->pointee->size);
    each_window(window, parameter)
        put_left(field_address(parameter, window->left), fill("left_$rest"),
                 fill("$name->host.$left"), window->count_type->size);
    if (parameter->kind == OBJECT || parameter->kind == STRUCT)
        put_fields(parameter, false);
}

static void put_copy_out(const struct interface *interface, const struct function *function,
                         const struct parameter *parameter)
{
    if (is_filled(parameter)) {
        const char *rule = element_rule(interface, function, parameter);
        put_step_if(both(success(function, "*result"), condition_of(parameter)),
                    "module_out(wasm, $name, at_$name, $count, $size, $rule, \"$function\", fault)",
                    "size", size_of_element(parameter->type->pointee), "rule",
                    rule ? fill("&$rule", "rule", rule) : "NULL");
    }
    if (parameter->kind == OUT_WINDOW)
        put_step("module_out(wasm, *$name, data_$name, *$length - left_$length, $size, NULL, "
                 "\"$function\", fault)",
                 "size", size_of_element(parameter->type->pointee->pointee));
    each_window(window, parameter)
        if (window->is_output)
            put_step("module_out(wasm, $name->host.$pointer, data_$cursor, "
                     "$name->host.$left - left_$rest, $size, NULL, \"$function\", fault)",
                     "size", size_of_element(window->element));
}

static void put_object_released(const struct interface *interface,
                                const struct parameter *parameter)
{
    each_window(window, parameter)
        put("    error = module_release(wasm, data_$cursor, error, fault);\n");
    if (parameter->life != LIFE_END)
        return;
    put("    error = module_release(wasm, $name->foreign, error, fault);\n"
        "    $name->foreign = 0;\n");
    if (is_keeping(interface, parameter->kind_name))
        put("    error = module_release(wasm, $name->kept, error, fault);\n"
            "    $name->kept = 0;\n");
}

/* What the library goes on reading belongs to the object; the rest is freed. */
static void put_released(const struct interface *interface, const struct parameter *parameter)
{
    switch (parameter->kind) {
    case IN:
    case OUT:
    case INOUT:
    case STRING:
        put(parameter->kept_by
                ? "    error = module_keep(wasm, $keeper->foreign, &$keeper->kept, at_$name, "
                  "error, fault);\n"
                : "    error = module_release(wasm, at_$name, error, fault);\n");
        break;
    case IN_WINDOW:
    case OUT_WINDOW:
        put("    error = module_release(wasm, data_$name, error, fault);\n");
        break;
    case OBJECT:
        put_object_released(interface, parameter);
        break;
    case HANDLE:
        if (parameter->life == LIFE_END)
            put("    $name->foreign = 0;\n");
        break;
    case NUMBER:
    case OPAQUE:
    case ABSENT:
    case USER:
    case LENGTH:
    case LEFT:
    case STRINGS:
    case STRUCT:
    case CALLBACK:
        break;
    }
}

static void put_new_object(const struct interface *interface, const struct parameter *parameter)
{
    if (parameter->kind != OBJECT || parameter->life != LIFE_NEW)
        return;
    put("    $name->foreign = 0;\n");
    if (is_keeping(interface, parameter->kind_name))
        put("    $name->kept = 0;\n");
}

/* An object that was to be made is none after a failure. */
static void put_new_object_released(const struct parameter *parameter)
{
    if (parameter->kind == OBJECT && parameter->life == LIFE_NEW)
        put("    if (!succeeded) {\n"
            "        error = module_release(wasm, $name->foreign, error, fault);\n"
            "        $name->foreign = 0;\n"
            "    }\n");
}

static void put_call_locals(const struct function *function)
{
    each_parameter(parameter, function)
        put_local(parameter);
    each_parameter(parameter, function)
        put_most(parameter);
    if (function_returns_in_memory(function))
        put("    uint32_t at_result = 0;\n");
    else if (function_has_result(function))
        put("    $raw raw = 0;\n", "raw", wasm_type(function->result));
    if (needs_scratch(function))
        put("    uint32_t scratch_before = wasm->scratch_used;\n");
    put_no_step();
}

static void put_call(const struct interface *interface, const struct function *function)
{
    put_call_signature(function);
    put("\n{\n"
        "    struct wasm_instance *wasm = $library->instance.wasm;\n");
    put_call_locals(function);
    each_parameter(parameter, function)
        put_new_object(interface, parameter);
    each_parameter(parameter, function) {
        put_number_fits(parameter);
        if (other_user(function, parameter))
            put_step_if(other_user(function, parameter), refusal_of_user);
    }
    if (function_returns_in_memory(function))
        put_step("wasm_take(wasm, &at_result, $size, fault)", "size",
                 number(function->result->size));
    each_parameter(parameter, function)
        put_before(interface, parameter);
    put_entering(function);
    put_result(function);
    if (needs_success(function))
        put_success(function);
    each_parameter(parameter, function)
        put_after(parameter);
    each_parameter(parameter, function)
        put_most_check(function, parameter);
    each_parameter(parameter, function)
        put_new_object_released(parameter);
    each_parameter(parameter, function)
        put_copy_out(interface, function, parameter);
    each_parameter(parameter, function)
        put_released(interface, parameter);
    if (needs_scratch(function))
        put("    wasm->scratch_used = scratch_before;\n");
    put_windows_moved(function);
    put("    return error;\n"
        "}\n");
}

/* --- the file --- */

static void put_library(const struct interface *interface)
{
    put("/* The module is a part of the program: this reference links it. */\n"
        "extern const struct wasm_module wasm_module_$library;\n"
        "static const struct wasm_module *const $library_module __attribute__((used)) = "
        "&wasm_module_$library;\n"
        "\n"
        "struct $library {\n"
        "    struct instance instance;\n"
        "};\n"
        "\n"
        "/* `path` is not used: the library was translated and linked. */\n");
    put_open_and_close("void");
    each_kind(kind, interface) {
        put("\nstruct $library_$kind {\n");
        if (kind->is_object)
            put("    $object host; /* the caller's */\n");
        put("    uint32_t foreign; /* where in the module it is */\n");
        if (kind->has_kept)
            put("    uint32_t kept; /* data that the library goes on reading */\n");
        put("};\n");
    }
}

/* Structs that cross as they are: the host's layout has to be the module's. */
static void put_layout(const struct rule *rule)
{
    put("\n_Static_assert(sizeof($type) == $size, \"$type: the module has another layout\");\n",
        "type", rule->spelling, "size", number(rule->size));
    for (size_t i = 0; i < rule->count; i++)
        if (!rule->fields[i].is_bits && *rule->fields[i].name)
            put("_Static_assert(offsetof($type, $field) == $offset, "
                "\"$type: the module has another layout\");\n",
                "type", rule->spelling, "field", rule->fields[i].name, "offset",
                number(rule->fields[i].offset));
}

void emit_wasm(const struct interface *interface)
{
    put("#include \"$support/copying/wasm/stubs.h\"\n"
        "#include \"$library-module.h\"\n"
        "#include \"$library-types.h\"\n"
        "\n");
    put_library(interface);
    for (const struct rule *rule = interface->rules; rule; rule = rule->next) {
        const struct type type = {.class = TYPE_STRUCT, .rule = rule};
        if (rule->is_used && !rule->is_enum && is_same_in_module(&type))
            put_layout(rule);
    }
    emit_wasm_callbacks(interface);
    each_function(function, interface) {
        put_source(function);
        put_enter(function);
        put_call(interface, function);
        if (function_is_without_data(function) && !function->is_by_name)
            put_invoke_that_calls(function);
    }
}
