/* NAME-og.h and NAME-copying.h: the library is in a domain. invoke_NAME is the call itself, on
 * memory of the domain; call_NAME copies arguments there, invokes, and copies what was computed
 * back, checked. The copying discipline has the same calls; what it lacks is the use of
 * anything in place. */
#include "omniglot/bindgen/emit.h"
#include "omniglot/bindgen/memory.h"

/* Of what call_NAME copies for the library: "argument", which lives in the call's scope, or "copy",
 * which the library's allocator gives and takes back. */
static const char *copier;

/* Does the call need memory of its own: a scope inside the caller's? */
static bool needs_inner(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        enum parameter_kind kind = function->parameters[i].kind;
        if (kind == LENGTH || kind == LEFT || kind == STRUCT)
            return true;
    }
    return function_returns_in_memory(function);
}

static const char *access_of(const struct function *function)
{
    return needs_inner(function) ? "inner.access" : "scope->access";
}

/* --- what there is of the library --- */

static bool takes_something(const struct function *function)
{
    return function->count || function_returns_in_memory(function);
}

/* "OG_PARAMETER(int), ...": which of the target's registers hold arguments is known where it is
 * compiled. */
static const char *parameters_of(const struct function *function)
{
    const char *types = function_returns_in_memory(function) ? "OG_PARAMETER(void *)" : "";
    for (size_t i = 0; i < function->count; i++) {
        const struct type *type = function->parameters[i].type;
        bool is_pointer = type->class == TYPE_POINTER || type->class == TYPE_FUNCTION;
        types = fill("$types${comma}OG_PARAMETER($type)", "types", types, "comma",
                     *types ? ", " : "", "type", is_pointer ? "void *" : type->spelling);
    }
    return types;
}

static void put_struct(const struct interface *interface)
{
    put("struct $library {\n"
        "    struct instance instance;\n");
    each_function(function, interface)
        if (!function->is_by_name)
            put("    struct og_function $function;\n");
    put("};\n");
}

static void put_bind(const struct interface *interface)
{
    put("\n/* Finds the functions in the instance. */\n"
        "static inline enum og_error $library_bind(struct $library *$library, "
        "struct og_fault *fault)\n"
        "{\n");
    each_function(function, interface)
        if (!function->is_by_name && takes_something(function))
            put("    static const struct og_parameter of_$function[] = {$parameters};\n",
                "parameters", parameters_of(function));
    put("    static const struct domain_symbol symbols[] = {\n");
    each_function(function, interface) {
        if (function->is_by_name)
            continue;
        put("        {\"$function\", offsetof(struct $library, $function), ");
        if (takes_something(function))
            put("of_$function, sizeof(of_$function) / sizeof(of_$function[0])},\n");
        else
            put("NULL, 0},\n");
    }
    put("    };\n"
        "    return domain_bind($library->instance.domain, $library, symbols, "
        "sizeof(symbols) / sizeof(symbols[0]), fault);\n"
        "}\n\n");
}

static void put_opening(const struct interface *interface)
{
    put("/* Opens the library of that path, with og_domain_open's options and errors. Closed by "
        "$library_close, which is fine\n"
        " * whatever became of it. */\n");
    put_open_from("struct og_options");
    put("\n{\n"
        "    enum og_error error = "
        "instance_open(&$library->instance, \"$library\", path, options, fault);\n"
        "    return error ? error : $library_bind($library, fault);\n"
        "}\n\n"
        "/* The same by the name that the dynamic loader knows. */\n");
    put_open("struct og_options");
    put("\n{\n"
        "    enum og_error error = "
        "instance_open_all(&$library->instance, \"$library\", $sonames, options, fault);\n"
        "    return error ? error : $library_bind($library, fault);\n"
        "}\n\n",
        "sonames", sonames(interface));
    put_close_whole();
}

static void put_kinds(const struct interface *interface)
{
    each_kind(kind, interface) {
        put("\nstruct $library_$kind {\n");
        if (kind->is_object)
            put("    $object host; /* the caller's */\n"
                "    $object og_mut *foreign; /* what the library works on */\n");
        else
            put("    void og_foreign *foreign; /* the library's word, never followed */\n");
        if (kind->has_kept)
            put("    unsigned char og_mut *kept; /* data that it goes on reading */\n");
        put("};\n");
    }
}

/* --- invoke_NAME: before the call --- */

static void put_foreign_local(const struct parameter *parameter)
{
    switch (parameter->kind) {
    case LENGTH:
    case LEFT:
    case STRUCT:
        put("    $pointee og_mut *foreign_$name = NULL;\n");
        break;
    case IN_WINDOW:
    case OUT_WINDOW:
        put("    $qualified *og_mut *foreign_$name = NULL;\n");
        break;
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
}

/* Before the call the struct's fields are set, after it they are got. */
static void put_fields(const struct function *function, const struct parameter *parameter,
                       bool is_set)
{
    const struct annotation *fields = is_set ? parameter->set : parameter->get;
    bool is_object = parameter->kind == OBJECT;
    const char *foreign = fill(is_object ? "$name->foreign" : "foreign_$name");
    const char *host = fill(is_object ? "$name->host." : "$name->");
    for (unsigned i = 0; fields && i < fields->count; i++) {
        const struct field *field = named_field(parameter, fields->arguments[i]);
        if (field->is_array)
            put_step("og_${move}_array(&$access, &$foreign->$field$first, &$host$field$first, "
                     "$count, fault)",
                     "move", is_set ? "write" : "read", "access", access_of(function), "foreign",
                     foreign, "host", host, "field", field->name, "first", field->first, "count",
                     number(field->count));
        else
            put_step(is_set ? "og_write(&$access, &$foreign->$field, $host$field, fault)"
                            : "og_read(&$access, &$foreign->$field, &$host$field, fault)",
                     "access", access_of(function), "foreign", foreign, "host", host, "field",
                     field->name);
        if (!is_set)
            put_field_check(parameter, field);
    }
}

static void put_object_before(const struct function *function, const struct parameter *parameter)
{
    const char *access = access_of(function);
    if (parameter->life == LIFE_NEW)
        put_step("argument_object(&$access, $pointee, $name->foreign, fault)", "access", access);
    else
        put_step("reference_check(&$access, $name->foreign, 1, OG_READ | OG_WRITE, fault)",
                 "access", access);
    put_fields(function, parameter, true);
    each_window(window, parameter) {
        put_step("reference_check(&$access, $cursor, *$rest, $rights, fault)", "access", access,
                 "rights", window->is_output ? "OG_READ | OG_WRITE" : "OG_READ");
        put_step("og_write_reference(&$access, &$name->foreign->$pointer, $cursor, fault)",
                 "access", access);
        put_step("og_write(&$access, &$name->foreign->$left, *$rest, fault)", "access", access);
    }
}

/* What is referred to has to be the domain's: `count` things, or "1". */
static void put_reference_check(const struct function *function, const struct parameter *parameter,
                                const char *count, const char *rights)
{
    put_step_if(condition_of(parameter),
                "reference_check(&$access, $name, $checked, $rights, fault)", "access",
                access_of(function), "checked", count, "rights", rights);
}

static void put_before(const struct function *function, const struct parameter *parameter)
{
    switch (parameter->kind) {
    case IN:
        put_reference_check(function, parameter, fill("$count"), "OG_READ");
        break;
    case OUT:
    case INOUT:
        put_reference_check(function, parameter, fill("$count"), "OG_READ | OG_WRITE");
        break;
    case STRING:
        put_reference_check(function, parameter, "1", "OG_READ");
        break;
    case LENGTH:
    case LEFT:
        put_step("argument_room(&inner, $pointee, foreign_$name, 1, fault)");
        put_step("og_write(&inner.access, foreign_$name, *$name, fault)");
        break;
    case IN_WINDOW:
    case OUT_WINDOW:
        put_step("reference_check(&inner.access, $name, *$length, $rights, fault)", "rights",
                 parameter->kind == IN_WINDOW ? "OG_READ" : "OG_READ | OG_WRITE");
        put_step("argument_room(&inner, $qualified *, foreign_$name, 1, fault)");
        put_step("og_write_reference(&inner.access, foreign_$name, $name, fault)");
        break;
    case STRUCT:
        if (!parameter->set && !parameter->get)
            put_unused(parameter->name);
        put_step("argument_zeroed(&inner, $pointee, foreign_$name, fault)");
        put_fields(function, parameter, true);
        break;
    case OBJECT:
        put_object_before(function, parameter);
        break;
    case USER:
        put("    (void)$name;\n");
        break;
    case CALLBACK:
        if (other_user(function, parameter))
            put_step_if(other_user(function, parameter), refusal_of_user);
        break;
    case NUMBER:
    case OPAQUE:
    case ABSENT:
    case STRINGS:
    case HANDLE:
        break;
    }
}

/* --- invoke_NAME: the call --- */

static const char *argument(const struct parameter *parameter)
{
    switch (parameter->kind) {
    case USER:
    case ABSENT:
        return "NULL";
    case IN:
    case OUT:
    case INOUT:
    case STRING:
        return fill("og_pass($name)");
    case LENGTH:
    case LEFT:
    case IN_WINDOW:
    case OUT_WINDOW:
    case STRUCT:
        return fill("og_pass(foreign_$name)");
    case HANDLE:
        return fill("($type)og_foreign_address($name->foreign)");
    case OBJECT:
        return fill("og_pass($name->foreign)");
    case CALLBACK:
        return fill("$name ? og_callback_pointer(&$name->callback, $type) : NULL");
    case NUMBER:
    case OPAQUE:
    case STRINGS:
        break;
    }
    return parameter->name;
}

/* "(void (*)(struct point *, int))": of a function that is told where its result goes. */
static const char *cast_in_memory(const struct function *function)
{
    return fill("(void (*)($result *$comma$types))", "comma", function->count ? ", " : "", "types",
                function->count ? call_types(function) : "");
}

static const char *cast_to(const struct function *function, const char *result)
{
    return memory_format("(%s)", call_type(function, result));
}

/* Is the result a part of its register? RISC-V lets who calls take it for granted that the rest
 * follows from it (psABI 1.0, 2.1), and nothing makes a library keep to that: it is called as if it
 * returned an int, of which the part is taken. */
static bool is_narrow(const struct type *result)
{
    return result->class == TYPE_INTEGER && result->size < sizeof(int);
}

static void put_invocation(const struct function *function, const char *entry)
{
    const struct type *result = function->result;
    const char *cast = cast_to(function, result->spelling);
    const char *arguments = "";
    bool is_in_memory = function_returns_in_memory(function);
    if (is_in_memory) {
        put("        /* A struct in memory is returned where a hidden first argument says (SysV "
            "psABI 1.0, 3.2.3; RISC-V psABI 1.0, 2.1). The compiler would let it say host memory. "
            "*/\n");
        cast = cast_in_memory(function);
        arguments = "og_pass(foreign_result)";
    } else if (result->class == TYPE_BOOL) {
        cast = cast_to(function, "unsigned char");
    } else if (is_narrow(result)) {
        cast = cast_to(function, result->is_signed ? "int" : "unsigned");
    }
    each_parameter(parameter, function)
        arguments = memory_format("%s%s%s", arguments, *arguments ? ", " : "", argument(parameter));
    put("        ");
    if (function->returned_handle)
        put("result->foreign = (void og_foreign *)(uintptr_t)");
    else if (result->class == TYPE_BOOL)
        put("unsigned char truth = ");
    else if (result->class != TYPE_VOID && !is_in_memory)
        put(is_narrow(result) ? "*result = ($result)" : "*result = ");
    put("($cast$entry.entry)($arguments);\n"
        "        error = og_invoke_end_in(context, &$access, fault);\n",
        "cast", cast, "entry", entry, "arguments", arguments, "access", access_of(function));
    if (result->class == TYPE_BOOL)
        put("        if (!error && truth > 1)\n"
            "            error = instance_contract(fault, \"$function\");\n"
            "        *result = truth == 1;\n");
}

/* --- invoke_NAME: after the call --- */

static void put_result_checks(const struct function *function)
{
    put_value_checks(function);
    const struct rule *rule = function->result->rule;
    bool is_checked = function->result->class == TYPE_STRUCT && rule && !rule->is_plain;
    if (function_returns_in_memory(function) && is_checked)
        put_step("argument_out_of(&inner.access, result, foreign_result, 1, &$library_rule_$rule, "
                 "fault)",
                 "rule", rule->identifier);
    else if (function_returns_in_memory(function))
        put_step("argument_out(&inner.access, result, foreign_result, 1, fault)");
    else if (is_checked)
        put_step("instance_check_value(result, &$library_rule_$rule, \"$function\", fault)", "rule",
                 rule->identifier);
}

/* Windows of an object that a callback may have moved by a call of its own. */
static void put_nested_checks(const struct interface *interface, const struct parameter *parameter)
{
    each_window(window, parameter)
        if (interface->callbacks)
            put_step("instance_count(left_$rest, $name->host.$left, \"$function\", fault)");
}

static void put_after(const struct function *function, const struct parameter *parameter)
{
    if (parameter->kind == LENGTH)
        put_step_if("succeeded", "argument_count(&inner.access, foreign_$name, $name, "
                                 "\"$function\", fault)");
    if (parameter->kind == LEFT)
        put_step("argument_count(&inner.access, foreign_$name, $name, \"$function\", fault)");
    each_window(window, parameter)
        put_step("argument_count(&$access, &$name->foreign->$left, $rest, \"$function\", fault)",
                 "access", access_of(function));
    if (parameter->kind == OBJECT || parameter->kind == STRUCT)
        put_fields(function, parameter, false);
    if (parameter->kind != OBJECT || parameter->life == LIFE_USED)
        return;
    put(parameter->life == LIFE_NEW ? "    if (!succeeded) {\n"
                                      "        og_heap_free(&$access, $name->foreign, NULL);\n"
                                      "        $name->foreign = NULL;\n"
                                      "    }\n"
                                    : "    og_heap_free(&$access, $name->foreign, NULL);\n"
                                      "    $name->foreign = NULL;\n",
        "access", access_of(function));
}

static void put_invoke(const struct function *function)
{
    bool has_inner = needs_inner(function);
    put_source(function);
    put_invoke_signature(function, "og_mut ");
    put("\n{\n");
    if (has_inner) {
        put("    struct og_scope inner;\n"
            "    (void)scope;\n");
        each_parameter(parameter, function)
            put_foreign_local(parameter);
        if (function_returns_in_memory(function))
            put("    $result og_mut *foreign_result = NULL;\n");
    }
    each_parameter(parameter, function)
        put_most(parameter);
    put_no_step();
    if (has_inner)
        put("    og_scope_begin($library->instance.domain, &inner);\n");
    if (function_returns_in_memory(function))
        put_step("argument_room(&inner, $result, foreign_result, 1, fault)");
    each_parameter(parameter, function)
        put_before(function, parameter);
    put("    const struct og_context *context = $access.context;\n", "access", access_of(function));
    put_step("og_invoke_begin(&$access, &$library->$function, fault)", "access",
             access_of(function));
    put("    if (!error) {\n");
    put_invocation(function, fill("$library->$function"));
    put("    }\n");
    put_result_checks(function);
    if (needs_success(function))
        put_success(function);
    each_parameter(parameter, function)
        put_after(function, parameter);
    each_parameter(parameter, function)
        put_most_check(function, parameter);
    each_parameter(parameter, function)
        if (parameter->kind == HANDLE && parameter->life == LIFE_END)
            put("    $name->foreign = NULL;\n");
    if (has_inner)
        put("    og_scope_end(&inner);\n");
    put("    return error;\n}\n");
}

/* --- call_NAME --- */

static void put_copied_local(const struct parameter *parameter)
{
    switch (parameter->kind) {
    case IN:
    case OUT:
    case INOUT:
    case STRING:
    case IN_WINDOW:
    case OUT_WINDOW:
        put("    $element og_mut *foreign_$name = NULL;\n");
        break;
    case LEFT:
        put("    $pointee left_$name = *$name;\n");
        break;
    case OBJECT:
        each_window(window, parameter)
            put("    $item og_mut *foreign_$cursor = NULL;\n"
                "    $counter left_$rest = $name->host.$left;\n");
        break;
    case NUMBER:
    case OPAQUE:
    case ABSENT:
    case USER:
    case LENGTH:
    case STRINGS:
    case STRUCT:
    case HANDLE:
    case CALLBACK:
        break;
    }
}

static void put_padding_cleared(const struct interface *interface,
                                const struct parameter *parameter)
{
    const char *mask = element_mask(interface, parameter);
    if (mask)
        put_step_if(condition_of(parameter),
                    "argument_solid(&scope.access, foreign_$name, $room, $mask, fault)", "room",
                    room_of(parameter), "mask", mask);
}

static void put_copy_in(const struct interface *interface, const struct parameter *parameter)
{
    switch (parameter->kind) {
    case IN:
    case INOUT:
        if (parameter->kept_by)
            put_step_if(condition_of(parameter),
                        "argument_kept(&scope, $element, foreign_$name, $name, $count, fault)");
        else
            put_step_if(condition_of(parameter),
                        "${copier}_in(&scope, $element, foreign_$name, $name, $room, fault)",
                        "copier", copier, "room", room_of(parameter));
        put_padding_cleared(interface, parameter);
        break;
    case OUT:
        put_step_if(condition_of(parameter),
                    "${copier}_room(&scope, $element, foreign_$name, $room, fault)", "copier",
                    copier, "room", room_of(parameter));
        break;
    case STRING:
        put_step_if(condition_of(parameter),
                    "${copier}_in(&scope, $element, foreign_$name, $name, "
                    "strlen((const char *)$name) + 1, fault)",
                    "copier", copier);
        break;
    case IN_WINDOW:
        put_step("${copier}_in(&scope, $element, foreign_$name, *$name, *$length, fault)", "copier",
                 copier);
        break;
    case OUT_WINDOW:
        put_step("${copier}_room(&scope, $element, foreign_$name, *$length, fault)", "copier",
                 copier);
        break;
    case OBJECT:
        each_window(window, parameter)
            if (window->is_output)
                put_step("${copier}_room(&scope, $item, foreign_$cursor, left_$rest, fault)",
                         "copier", copier);
            else
                put_step("${copier}_in(&scope, $item, foreign_$cursor, $name->host.$pointer, "
                         "left_$rest, fault)",
                         "copier", copier);
        break;
    case NUMBER:
    case OPAQUE:
    case ABSENT:
    case USER:
    case LENGTH:
    case LEFT:
    case STRINGS:
    case STRUCT:
    case HANDLE:
    case CALLBACK:
        break;
    }
}

/* Gives the copies back, where no scope does. */
static void put_copy_freed(const struct parameter *parameter)
{
    switch (parameter->kind) {
    case IN:
    case OUT:
    case INOUT:
    case STRING:
    case IN_WINDOW:
    case OUT_WINDOW:
        if (!parameter->kept_by)
            put("    error = copy_free(&scope, (void og_mut *)foreign_$name, error, fault);\n");
        break;
    case OBJECT:
        each_window(window, parameter)
            put("    error = copy_free(&scope, (void og_mut *)foreign_$cursor, error, fault);\n");
        break;
    case NUMBER:
    case OPAQUE:
    case ABSENT:
    case USER:
    case LENGTH:
    case LEFT:
    case STRINGS:
    case STRUCT:
    case HANDLE:
    case CALLBACK:
        break;
    }
}

static void put_inner_argument(const struct parameter *parameter)
{
    switch (parameter->kind) {
    case IN:
    case OUT:
    case INOUT:
    case STRING:
    case IN_WINDOW:
    case OUT_WINDOW:
        put(", foreign_$name");
        break;
    case LEFT:
        put(", &left_$name");
        break;
    case ABSENT:
    case STRINGS:
        break;
    case NUMBER:
    case OPAQUE:
    case USER:
    case LENGTH:
    case STRUCT:
    case HANDLE:
    case CALLBACK:
        put(", $name");
        break;
    case OBJECT:
        put(", $name");
        each_window(window, parameter)
            put(", foreign_$cursor, &left_$rest");
        break;
    }
}

/* A window in host memory that a call may have written and has moved on over. */
static void put_window_copied_out(const struct parameter *parameter)
{
    if (parameter->kind == OUT_WINDOW)
        put_step("argument_out(&scope.access, *$name, foreign_$name, *$length - left_$length, "
                 "fault)");
    each_window(window, parameter)
        if (window->is_output)
            put_step("argument_out(&scope.access, $name->host.$pointer, foreign_$cursor, "
                     "$name->host.$left - left_$rest, fault)");
}

static void put_copy_out(const struct interface *interface, const struct function *function,
                         const struct parameter *parameter)
{
    if (!is_filled(parameter))
        return;
    const char *rule = element_rule(interface, function, parameter);
    const char *condition = both(success(function, "*result"), condition_of(parameter));
    if (rule)
        put_step_if(condition,
                    "argument_out_of(&scope.access, $name, foreign_$name, $count, &$rule, fault)",
                    "rule", rule);
    else
        put_step_if(condition, "argument_out(&scope.access, $name, foreign_$name, $count, fault)");
}

/* What the library goes on reading belongs to the object, if there is one after the call. */
static void put_kept(const struct interface *interface, const struct parameter *parameter)
{
    if (parameter->kept_by)
        put("    argument_keep(&scope, error, $keeper, foreign_$name);\n");
    if (parameter->kind == OBJECT && parameter->life == LIFE_END &&
        is_keeping(interface, parameter->kind_name))
        put("    og_heap_free(&scope.access, $name->kept, NULL);\n"
            "    $name->kept = NULL;\n");
}

static void put_new_object(const struct interface *interface, const struct parameter *parameter)
{
    if (parameter->kind != OBJECT || parameter->life != LIFE_NEW)
        return;
    put("    $name->foreign = NULL;\n");
    if (is_keeping(interface, parameter->kind_name))
        put("    $name->kept = NULL;\n");
}

static void put_call(const struct interface *interface, const struct function *function,
                     bool is_in_place)
{
    put("\n");
    put_call_signature(function);
    put("\n{\n"
        "    struct og_scope scope;\n");
    each_parameter(parameter, function)
        put_copied_local(parameter);
    each_parameter(parameter, function)
        put_most(parameter);
    put_no_step();
    each_parameter(parameter, function)
        put_new_object(interface, parameter);
    put("    og_scope_begin($library->instance.domain, &scope);\n");
    each_parameter(parameter, function)
        put_copy_in(interface, parameter);
    put_step_begin("");
    put("invoke_$function($library, &scope$result", "result",
        function_has_result(function) ? ", result" : "");
    each_parameter(parameter, function)
        put_inner_argument(parameter);
    put(", fault);\n");
    each_parameter(parameter, function)
        put_most_check(function, parameter);
    each_parameter(parameter, function)
        put_nested_checks(interface, parameter);
    each_parameter(parameter, function)
        put_copy_out(interface, function, parameter);
    each_parameter(parameter, function)
        put_window_copied_out(parameter);
    each_parameter(parameter, function)
        put_kept(interface, parameter);
    if (!is_in_place)
        each_parameter(parameter, function)
            put_copy_freed(parameter);
    put("    og_scope_end(&scope);\n");
    put_windows_moved(function);
    put("    return error;\n}\n");
}

/* A function that is looked up when it is called. */
static void put_call_by_name(const struct function *function)
{
    put_source(function);
    put_call_signature(function);
    put("\n{\n");
    each_parameter(parameter, function) {
        if (parameter->kind == USER)
            put_unused(parameter->name);
        if (other_user(function, parameter))
            put("    if ($condition)\n"
                "        return $refusal;\n",
                "condition", other_user(function, parameter), "refusal", fill(refusal_of_user));
    }
    put("    struct og_scope entered, *scope = &entered;\n"
        "    struct og_function function;\n"
        "    enum og_error error = "
        "og_domain_lookup($library->instance.domain, \"$function\", &function, fault);\n"
        "    if (error)\n"
        "        return error;\n"
        "    error = og_function_takes(&function, $parameters, fault);\n"
        "    if (error)\n"
        "        return error;\n"
        "    og_scope_begin($library->instance.domain, scope);\n"
        "    const struct og_context *context = scope->access.context;\n",
        "parameters",
        takes_something(function) ? fill("OG_PARAMETERS($types)", "types", parameters_of(function))
                                  : "NULL, 0");
    put("    error = og_invoke_begin(&scope->access, &function, fault);\n"
        "    if (!error) {\n");
    put_invocation(function, "function");
    put("    }\n");
    put_result_checks(function);
    put("    og_scope_end(scope);\n"
        "    return error;\n}\n");
}

static void put_validator(const struct rule *rule)
{
    put("\n"
        "static inline enum og_error validate_$rule(instance_scope *scope, "
        "const $type og_mut *memory, const $type **value, struct og_fault *fault) "
        "OG_REQUIRES_SHARED(scope->access)\n"
        "{\n",
        "rule", rule->identifier, "type", rule->spelling);
    if (rule->is_enum)
        put("    const $type og_valid *valid = og_validate_enum(&scope->access, memory, "
            "$library_values_$rule, $count, fault);\n",
            "rule", rule->identifier, "type", rule->spelling, "count", number(rule->count));
    else
        put("    const $type og_valid *valid = og_validate(&scope->access, memory, "
            "&$library_rule_$rule, fault);\n",
            "rule", rule->identifier, "type", rule->spelling);
    put("    *value = og_get(&scope->access, valid);\n"
        "    return valid ? OG_OK : fault->error;\n"
        "}\n");
}

/* A program in C++ has the functions from a file in C (stubs/domain.h). */
static void put_declarations(const struct interface *interface)
{
    put("\n"
        "/* For C++, and for the file in C that has them for it: see omniglot/stubs/domain.h. */\n"
        "#if defined(__cplusplus) || defined(OG_STUBS_FOR_CXX)\n"
        "#ifdef __cplusplus\n"
        "extern \"C\" {\n"
        "#endif\n");
    emit_storage = "";
    put_open_from("struct og_options");
    put(";\n");
    put_open("struct og_options");
    put(";\n");
    put_close();
    put(";\n");
    emit_domain_callback_declarations(interface);
    each_function(function, interface) {
        put_call_signature(function);
        put(";\n");
    }
    put("#ifdef __cplusplus\n"
        "}\n"
        "#endif\n"
        "#endif\n"
        "\n"
        "#ifndef __cplusplus\n");
    emit_storage = "OG_STUB ";
}

static void emit_domain(const struct interface *interface, bool is_in_place)
{
    put(is_in_place ? "#include <omniglot/stubs/domain.h>\n"
                    : "#include \"$support/copying/stubs.h\"\n");
    put("#include \"$library-types.h\"\n\n");
    copier = is_in_place ? "argument" : "copy";
    put_struct(interface);
    put_kinds(interface);
    emit_domain_callback_types(interface);
    if (is_in_place)
        put_declarations(interface);
    put_bind(interface);
    put_opening(interface);
    emit_domain_callbacks(interface, is_in_place);
    each_function(function, interface) {
        if (function->is_by_name) {
            put_call_by_name(function);
            continue;
        }
        put_invoke(function);
        put_call(interface, function, is_in_place);
    }
    for (const struct rule *rule = interface->rules; rule; rule = rule->next)
        if (rule->is_asked_for && is_in_place)
            put_validator(rule);
    if (is_in_place)
        put("\n#endif\n");
    emit_storage = "static inline ";
}

void emit_og(const struct interface *interface)
{
    emit_domain(interface, true);
}

void emit_copying(const struct interface *interface)
{
    emit_domain(interface, false);
}
