/* NAME-og.h and NAME-copying.h: the library is in a domain. invoke_NAME is the call itself, on
 * memory of the domain; call_NAME copies arguments there, invokes, and copies what was computed
 * back, checked. The copying discipline has the same calls; what it lacks is the use of
 * anything in place. */
#include "omniglot/bindgen/emit.h"
#include "omniglot/bindgen/memory.h"

#include <string.h>

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
        types = memory_format("%s%sOG_PARAMETER(%s)", types, *types ? ", " : "",
                              is_pointer ? "void *" : type->spelling);
    }
    return types;
}

static void put_library(const struct interface *interface)
{
    const char *name = interface->name;
    put("struct %s {\n    struct instance instance;\n", name);
    for (const struct function *function = interface->functions; function;
         function = function->next)
        if (!function->is_by_name)
            put("    struct og_function %s;\n", function->name);
    put("};\n\n/* Finds the functions in the instance. */\n");
    put("static inline enum og_error %s_bind(struct %s *%s, struct og_fault *fault)\n{\n", name,
        name, name);
    for (const struct function *function = interface->functions; function;
         function = function->next)
        if (!function->is_by_name && takes_something(function))
            put("    static const struct og_parameter of_%s[] = {%s};\n", function->name,
                parameters_of(function));
    put("    static const struct domain_symbol symbols[] = {\n");
    for (const struct function *function = interface->functions; function;
         function = function->next)
        if (!function->is_by_name)
            put("        {\"%s\", offsetof(struct %s, %s), %s},\n", function->name, name,
                function->name,
                takes_something(function)
                    ? memory_format("of_%s, sizeof(of_%s) / sizeof(of_%s[0])", function->name,
                                    function->name, function->name)
                    : "NULL, 0");
    put("    };\n");
    put("    return domain_bind(%s->instance.domain, %s, symbols, sizeof(symbols) / "
        "sizeof(symbols[0]), fault);\n}\n\n",
        name, name);
    put("/* Opens the library of that path, with og_domain_open's options and errors. Closed by "
        "%s_close, which is fine\n * whatever became of it. */\n",
        name);
    put_open_from(interface, "struct og_options");
    put("    enum og_error error = instance_open(&%s->instance, \"%s\", path, options, fault);\n",
        name, name);
    put("    return error ? error : %s_bind(%s, fault);\n}\n\n", name, name);
    put("/* The same by the name that the dynamic loader knows. */\n");
    put_open(interface, "struct og_options");
    put("    enum og_error error = instance_open_all(&%s->instance, \"%s\", %s, options, fault);\n",
        name, name, sonames(interface));
    put("    return error ? error : %s_bind(%s, fault);\n}\n\n", name, name);
    put_close(interface);
}

static void put_kinds(const struct interface *interface)
{
    for (const struct kind *kind = interface->kinds; kind; kind = kind->next) {
        put("\n%s {\n", host_struct(interface, kind->name));
        if (kind->is_object) {
            put("    %s host; /* the caller's */\n    %s og_mut *foreign; /* what the library "
                "works "
                "on */\n",
                kind->pointee->spelling, kind->pointee->spelling);
            if (kind->has_kept)
                put("    unsigned char og_mut *kept; /* data that it goes on reading */\n");
        } else {
            put("    void og_foreign *foreign; /* the library's word, never followed */\n");
        }
        put("};\n");
    }
}

/* --- invoke_NAME: before the call --- */

#define put_step(...)                                                                              \
    do {                                                                                           \
        put("    if (!error)\n        error = ");                                                  \
        put(__VA_ARGS__);                                                                          \
        put(";\n");                                                                                \
    } while (0)

static void put_foreign_locals(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        const struct type *pointee = parameter->type->pointee;
        switch (parameter->kind) {
        case LENGTH:
        case LEFT:
        case STRUCT:
            put("    %s og_mut *foreign_%s = NULL;\n", pointee->spelling, parameter->name);
            break;
        case IN_WINDOW:
        case OUT_WINDOW:
            put("    %s%s *og_mut *foreign_%s = NULL;\n",
                pointee->pointee->is_const ? "const " : "", pointee->pointee->spelling,
                parameter->name);
            break;
        default:
            break;
        }
    }
    if (function_returns_in_memory(function))
        put("    %s og_mut *foreign_result = NULL;\n", function->result->spelling);
}

/* Before the call the struct's fields are set, after it they are got. */
static void put_fields(const struct function *function, const struct parameter *parameter,
                       bool is_set)
{
    const struct annotation *fields = is_set ? parameter->set : parameter->get;
    bool is_object = parameter->kind == OBJECT;
    for (unsigned i = 0; fields && i < fields->count; i++) {
        const struct field *field = named_field(parameter, fields->arguments[i]);
        const char *foreign = is_object ? memory_format("%s->foreign", parameter->name)
                                        : memory_format("foreign_%s", parameter->name);
        const char *host =
            memory_format("%s->%s%s", parameter->name, is_object ? "host." : "", field->name);
        if (field->is_array)
            put_step("%s(&%s, &%s->%s[0], &%s[0], %zu, fault)",
                     is_set ? "og_write_array" : "og_read_array", access_of(function), foreign,
                     field->name, host, field->count);
        else
            put_step("%s(&%s, &%s->%s, %s%s, fault)", is_set ? "og_write" : "og_read",
                     access_of(function), foreign, field->name, is_set ? "" : "&", host);
    }
}

static void put_object_before(const struct function *function, const struct parameter *parameter)
{
    const char *access = access_of(function), *name = parameter->name;
    if (parameter->life == LIFE_NEW)
        put_step("argument_object(&%s, %s, %s->foreign, fault)", access,
                 parameter->type->pointee->spelling, name);
    else
        put_step("reference_check(&%s, %s->foreign, 1, OG_READ | OG_WRITE, fault)", access, name);
    put_fields(function, parameter, true);
    for (size_t i = 0; i < parameter->window_count; i++) {
        const struct window *window = &parameter->windows[i];
        put_step("reference_check(&%s, %s, *%s, OG_READ%s, fault)", access, window->pointer,
                 window->left, window->is_output ? " | OG_WRITE" : "");
        put_step("og_write_reference(&%s, &%s->foreign->%s, %s, fault)", access, name,
                 window->pointer, window->pointer);
        put_step("og_write(&%s, &%s->foreign->%s, *%s, fault)", access, name, window->left,
                 window->left);
    }
}

static void put_before(const struct function *function, const struct parameter *parameter)
{
    const char *access = access_of(function), *name = parameter->name;
    const struct type *pointee = parameter->type->pointee;
    switch (parameter->kind) {
    case IN:
    case OUT:
    case INOUT:
        if (parameter->is_optional)
            put("    if (%s) {\n", name);
        put_step("reference_check(&%s, %s, %s, OG_READ%s, fault)", access, name,
                 host_count(function, parameter), parameter->kind == IN ? "" : " | OG_WRITE");
        if (parameter->is_optional)
            put("    }\n");
        break;
    case STRING:
        if (parameter->is_optional)
            put("    if (%s) {\n", name);
        put_step("reference_check(&%s, %s, 1, OG_READ, fault)", access, name);
        if (parameter->is_optional)
            put("    }\n");
        break;
    case LENGTH:
    case LEFT:
        put_step("argument_room(&inner, %s, foreign_%s, 1, fault)", pointee->spelling, name);
        put_step("og_write(&inner.access, foreign_%s, *%s, fault)", name, name);
        break;
    case IN_WINDOW:
    case OUT_WINDOW:
        put_step("reference_check(&inner.access, %s, *%s, OG_READ%s, fault)", name,
                 parameter->length->name, parameter->kind == IN_WINDOW ? "" : " | OG_WRITE");
        put_step("argument_room(&inner, %s%s *, foreign_%s, 1, fault)",
                 pointee->pointee->is_const ? "const " : "", pointee->pointee->spelling, name);
        put_step("og_write_reference(&inner.access, foreign_%s, %s, fault)", name, name);
        break;
    case STRUCT:
        put_step("argument_zeroed(&inner, %s, foreign_%s, fault)", pointee->spelling, name);
        put_fields(function, parameter, true);
        break;
    case OBJECT:
        put_object_before(function, parameter);
        break;
    case USER:
        put_unused(name);
        break;
    default:
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
        return memory_format("og_pass(%s)", parameter->name);
    case LENGTH:
    case LEFT:
    case IN_WINDOW:
    case OUT_WINDOW:
    case STRUCT:
        return memory_format("og_pass(foreign_%s)", parameter->name);
    case HANDLE:
        return memory_format("(%s)og_foreign_address(%s->foreign)", parameter->type->spelling,
                             parameter->name);
    case OBJECT:
        return memory_format("og_pass(%s->foreign)", parameter->name);
    case CALLBACK:
        return memory_format("%s ? og_callback_pointer(&%s->callback, __typeof__(&%s)) : NULL",
                             parameter->name, parameter->name, parameter->callback->shape.name);
    default:
        return parameter->name;
    }
}

/* "(int (*)(unsigned char *))": where the host calls it by another prototype than its own. */
static const char *cast_to(const struct function *function, const char *result, const char *first)
{
    const char *types = first;
    for (size_t i = 0; i < function->count; i++)
        types = memory_format("%s%s%s", types, *types ? ", " : "",
                              function->parameters[i].type->spelling);
    return memory_format("(%s (*)(%s))", result, *types ? types : "void");
}

static void put_invocation(const struct function *function, const char *entry)
{
    const struct type *result = function->result;
    const char *cast = memory_format("(__typeof__(&%s))", function->name);
    const char *arguments = "";
    bool is_in_memory = function_returns_in_memory(function);
    if (is_in_memory) {
        put("        /* A struct in memory is returned where a hidden first argument says (SysV "
            "psABI 1.0, 3.2.3; RISC-V psABI 1.0, 2.1). The compiler would let it say host memory. "
            "*/\n");
        cast = cast_to(function, "void", memory_format("%s *", result->spelling));
        arguments = "og_pass(foreign_result)";
    } else if (result->class == TYPE_BOOL) {
        cast = cast_to(function, "unsigned char", "");
    }
    for (size_t i = 0; i < function->count; i++)
        arguments = memory_format("%s%s%s", arguments, *arguments ? ", " : "",
                                  argument(&function->parameters[i]));
    put("        ");
    if (function->returned_handle)
        put("result->foreign = (void og_foreign *)(uintptr_t)");
    else if (result->class == TYPE_BOOL)
        put("unsigned char truth = ");
    else if (result->class != TYPE_VOID && !is_in_memory)
        put("*result = ");
    put("(%s%s.entry)(%s);\n", cast, entry, arguments);
    put("        error = og_invoke_end_in(context, &%s, fault);\n", access_of(function));
    if (result->class == TYPE_BOOL)
        put("        if (!error && truth > 1)\n            error = instance_contract(fault, "
            "\"%s\");\n        *result = truth == 1;\n",
            function->name);
}

/* --- invoke_NAME: after the call --- */

static void put_result_checks(const struct interface *interface, const struct function *function)
{
    put_value_checks(function);
    const struct rule *rule = function->result->rule;
    bool is_checked = function->result->class == TYPE_STRUCT && rule && !rule->is_plain;
    if (function_returns_in_memory(function))
        put_step("argument_out%s(&inner.access, result, foreign_result, 1, %s%sfault)",
                 is_checked ? "_of" : "",
                 is_checked ? memory_format("&%s_rule_%s", interface->name, rule->identifier) : "",
                 is_checked ? ", " : "");
    else if (is_checked)
        put_step("instance_check_value(result, &%s_rule_%s, \"%s\", fault)", interface->name,
                 rule->identifier, function->name);
}

static void put_after(const struct interface *interface, const struct function *function)
{
    const char *access = access_of(function);
    put_result_checks(interface, function);
    if (needs_success(function))
        put_success(function);
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        const char *name = parameter->name;
        if (parameter->kind == LENGTH)
            put("    if (succeeded)\n        error = argument_count(&inner.access, foreign_%s, %s, "
                "\"%s\", fault);\n",
                name, name, function->name);
        if (parameter->kind == LEFT)
            put_step("argument_count(&inner.access, foreign_%s, %s, \"%s\", fault)", name, name,
                     function->name);
        for (size_t j = 0; j < parameter->window_count; j++)
            put_step("argument_count(&%s, &%s->foreign->%s, %s, \"%s\", fault)", access, name,
                     parameter->windows[j].left, parameter->windows[j].left, function->name);
        if (parameter->kind == OBJECT || parameter->kind == STRUCT)
            put_fields(function, parameter, false);
        if (parameter->kind != OBJECT || parameter->life == LIFE_USED)
            continue;
        if (parameter->life == LIFE_NEW)
            put("    if (!succeeded) {\n");
        else
            put("    {\n");
        put("        og_heap_free(&%s, %s->foreign, NULL);\n        %s->foreign = NULL;\n    }\n",
            access, name, name);
    }
    for (size_t i = 0; i < function->count; i++)
        if (function->parameters[i].kind == HANDLE && function->parameters[i].life == LIFE_END)
            put("    %s->foreign = NULL;\n", function->parameters[i].name);
}

static void put_invoke(const struct interface *interface, const struct function *function)
{
    bool has_inner = needs_inner(function);
    put_source(function);
    put_invoke_signature(interface, function, "og_mut ");
    put("\n{\n");
    if (has_inner) {
        put("    struct og_scope inner;\n    (void)scope;\n");
        put_foreign_locals(function);
        put("    enum og_error error = OG_OK;\n    og_scope_begin(%s->instance.domain, &inner);\n",
            interface->name);
        if (function_returns_in_memory(function))
            put_step("argument_room(&inner, %s, foreign_result, 1, fault)",
                     function->result->spelling);
    } else {
        put("    enum og_error error = OG_OK;\n");
    }
    for (size_t i = 0; i < function->count; i++)
        put_before(function, &function->parameters[i]);
    put("    const struct og_context *context = %s.context;\n", access_of(function));
    put_step("og_invoke_begin(&%s, &%s->%s, fault)", access_of(function), interface->name,
             function->name);
    put("    if (!error) {\n");
    put_invocation(function, memory_format("%s->%s", interface->name, function->name));
    put("    }\n");
    put_after(interface, function);
    if (has_inner)
        put("    og_scope_end(&inner);\n");
    put("    return error;\n}\n");
}

/* --- call_NAME --- */

static void put_copied_locals(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        const struct type *pointee = parameter->type->pointee;
        switch (parameter->kind) {
        case IN:
        case OUT:
        case INOUT:
        case STRING:
            put("    %s og_mut *foreign_%s = NULL;\n", element_of(pointee), parameter->name);
            break;
        case LEFT:
            put("    %s left_%s = *%s;\n", pointee->spelling, parameter->name, parameter->name);
            break;
        case IN_WINDOW:
        case OUT_WINDOW:
            put("    %s og_mut *foreign_%s = NULL;\n", pointee->pointee->spelling, parameter->name);
            break;
        case OBJECT:
            for (size_t j = 0; j < parameter->window_count; j++)
                put("    %s og_mut *foreign_%s = NULL;\n    %s left_%s = %s->host.%s;\n",
                    parameter->windows[j].element->spelling, parameter->windows[j].pointer,
                    parameter->windows[j].count_type->spelling, parameter->windows[j].left,
                    parameter->name, parameter->windows[j].left);
            break;
        default:
            break;
        }
    }
}

static void put_copies_in(const struct function *function, const struct parameter *parameter)
{
    const struct type *pointee = parameter->type->pointee;
    const char *name = parameter->name, *condition = "";
    if (parameter->is_optional)
        condition = memory_format(" && %s", name);
    switch (parameter->kind) {
    case IN:
    case INOUT:
        put("    if (!error%s)\n        error = %s_%s(&scope, %s, foreign_%s, %s, %s, fault);\n",
            condition, parameter->kept_by ? "argument" : copier, parameter->kept_by ? "kept" : "in",
            element_of(pointee), name, name, host_count(function, parameter));
        break;
    case OUT:
        put("    if (!error%s)\n        error = %s_room(&scope, %s, foreign_%s, %s, fault);\n",
            condition, copier, element_of(pointee), name, host_count(function, parameter));
        break;
    case STRING:
        put("    if (!error%s)\n        error = %s_in(&scope, %s, foreign_%s, %s, "
            "strlen((const char *)%s) + 1, fault);\n",
            condition, copier, pointee->spelling, name, name, name);
        break;
    case IN_WINDOW:
        put_step("%s_in(&scope, %s, foreign_%s, *%s, *%s, fault)", copier,
                 pointee->pointee->spelling, name, name, parameter->length->name);
        break;
    case OUT_WINDOW:
        put_step("%s_room(&scope, %s, foreign_%s, *%s, fault)", copier, pointee->pointee->spelling,
                 name, parameter->length->name);
        break;
    case OBJECT:
        for (size_t j = 0; j < parameter->window_count; j++) {
            const struct window *window = &parameter->windows[j];
            if (window->is_output)
                put_step("%s_room(&scope, %s, foreign_%s, left_%s, fault)", copier,
                         window->element->spelling, window->pointer, window->left);
            else
                put_step("%s_in(&scope, %s, foreign_%s, %s->host.%s, left_%s, fault)", copier,
                         window->element->spelling, window->pointer, name, window->pointer,
                         window->left);
        }
        break;
    default:
        break;
    }
}

/* Gives the copies back, where no scope does. */
static void put_copies_freed(const struct function *function, bool is_in_place)
{
    for (size_t i = 0; !is_in_place && i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        switch (parameter->kind) {
        case IN:
        case OUT:
        case INOUT:
        case STRING:
        case IN_WINDOW:
        case OUT_WINDOW:
            if (!parameter->kept_by)
                put("    error = copy_free(&scope, (void og_mut *)foreign_%s, error, fault);\n",
                    parameter->name);
            break;
        default:
            break;
        }
        for (size_t j = 0; j < parameter->window_count; j++)
            put("    error = copy_free(&scope, (void og_mut *)foreign_%s, error, fault);\n",
                parameter->windows[j].pointer);
    }
}

static void put_inner_arguments(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        switch (parameter->kind) {
        case IN:
        case OUT:
        case INOUT:
        case STRING:
        case IN_WINDOW:
        case OUT_WINDOW:
            put(", foreign_%s", parameter->name);
            break;
        case LEFT:
            put(", &left_%s", parameter->name);
            break;
        case ABSENT:
            break;
        default:
            put(", %s", parameter->name);
            break;
        }
        for (size_t j = 0; j < parameter->window_count; j++)
            put(", foreign_%s, &left_%s", parameter->windows[j].pointer,
                parameter->windows[j].left);
    }
}

/* A window in host memory that a call may have written and has moved on over. */
static void put_window_copies_out(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (parameter->kind == OUT_WINDOW)
            put_step("argument_out(&scope.access, *%s, foreign_%s, *%s - left_%s, fault)",
                     parameter->name, parameter->name, parameter->length->name,
                     parameter->length->name);
        for (size_t j = 0; j < parameter->window_count; j++)
            if (parameter->windows[j].is_output)
                put_step("argument_out(&scope.access, %s->host.%s, foreign_%s, %s->host.%s - "
                         "left_%s, fault)",
                         parameter->name, parameter->windows[j].pointer,
                         parameter->windows[j].pointer, parameter->name, parameter->windows[j].left,
                         parameter->windows[j].left);
    }
}

static void put_copies_out(const struct interface *interface, const struct function *function)
{
    const char *condition = success(function, "*result");
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (!is_filled(parameter))
            continue;
        const char *rule = element_rule(interface, function, parameter);
        put("    if (!error%s%s%s%s)\n        error = argument_out%s(&scope.access, %s, "
            "foreign_%s, %s, %s%s%sfault);\n",
            condition ? " && " : "", condition ? condition : "",
            parameter->is_optional ? " && " : "", parameter->is_optional ? parameter->name : "",
            rule ? "_of" : "", parameter->name, parameter->name, host_count(function, parameter),
            rule ? "&" : "", rule ? rule : "", rule ? ", " : "");
    }
}

/* What the library goes on reading belongs to the object, if there is one after the call. */
static void put_kept(const struct interface *interface, const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (parameter->kept_by)
            put("    argument_keep(&scope, error, %s, foreign_%s);\n", parameter->kept_by->name,
                parameter->name);
        if (parameter->kind != OBJECT || parameter->life != LIFE_END)
            continue;
        for (const struct kind *kind = interface->kinds; kind; kind = kind->next)
            if (!strcmp(kind->name, parameter->kind_name) && kind->has_kept)
                put("    og_heap_free(&scope.access, %s->kept, NULL);\n    %s->kept = NULL;\n",
                    parameter->name, parameter->name);
    }
}

static void put_new_objects(const struct interface *interface, const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (parameter->kind != OBJECT || parameter->life != LIFE_NEW)
            continue;
        put("    %s->foreign = NULL;\n", parameter->name);
        for (const struct kind *kind = interface->kinds; kind; kind = kind->next)
            if (!strcmp(kind->name, parameter->kind_name) && kind->has_kept)
                put("    %s->kept = NULL;\n", parameter->name);
    }
}

static void put_call(const struct interface *interface, const struct function *function,
                     bool is_in_place)
{
    put("\n");
    put_call_signature(interface, function);
    put("\n{\n    struct og_scope scope;\n");
    put_copied_locals(function);
    put("    enum og_error error = OG_OK;\n");
    put_new_objects(interface, function);
    put("    og_scope_begin(%s->instance.domain, &scope);\n", interface->name);
    for (size_t i = 0; i < function->count; i++)
        put_copies_in(function, &function->parameters[i]);
    put("    if (!error)\n        error = invoke_%s(%s, &scope%s", function->name, interface->name,
        function_has_result(function) ? ", result" : "");
    put_inner_arguments(function);
    put(", fault);\n");
    put_copies_out(interface, function);
    put_window_copies_out(function);
    put_kept(interface, function);
    put_copies_freed(function, is_in_place);
    put("    og_scope_end(&scope);\n");
    put_windows_moved(function);
    put("    return error;\n}\n");
}

/* A function that is looked up when it is called. */
static void put_call_by_name(const struct interface *interface, const struct function *function)
{
    put_source(function);
    put_call_signature(interface, function);
    put("\n{\n    struct og_scope entered, *scope = &entered;\n    struct og_function function;\n");
    put("    enum og_error error = og_domain_lookup(%s->instance.domain, \"%s\", &function, "
        "fault);\n    if (error)\n        return error;\n",
        interface->name, function->name);
    put("    error = og_function_takes(&function, %s, fault);\n    if (error)\n        return "
        "error;\n",
        takes_something(function) ? memory_format("OG_PARAMETERS(%s)", parameters_of(function))
                                  : "NULL, 0");
    put("    og_scope_begin(%s->instance.domain, scope);\n", interface->name);
    put("    const struct og_context *context = scope->access.context;\n");
    put_step("og_invoke_begin(&scope->access, &function, fault)");
    put("    if (!error) {\n");
    put_invocation(function, "function");
    put("    }\n");
    put_result_checks(interface, function);
    put("    og_scope_end(scope);\n    return error;\n}\n");
}

static void put_validator(const struct interface *interface, const struct rule *rule)
{
    put("\nstatic inline enum og_error validate_%s(instance_scope *scope, const %s og_mut "
        "*memory, const %s **value, struct og_fault *fault) OG_REQUIRES_SHARED(scope->access)\n{\n",
        rule->identifier, rule->spelling, rule->spelling);
    if (rule->is_enum)
        put("    const %s og_valid *valid = og_validate_enum(&scope->access, memory, "
            "%s_values_%s, %zu, fault);\n",
            rule->spelling, interface->name, rule->identifier, rule->count);
    else
        put("    const %s og_valid *valid = og_validate(&scope->access, memory, &%s_rule_%s, "
            "fault);\n",
            rule->spelling, interface->name, rule->identifier);
    put("    *value = og_get(&scope->access, valid);\n    return valid ? OG_OK : "
        "fault->error;\n}\n");
}

void emit_domain(const struct interface *interface, bool is_in_place)
{
    if (is_in_place)
        put("#include <omniglot/stubs/domain.h>\n");
    else
        put_baseline(interface, "copying/stubs.h");
    put("#include \"%s-types.h\"\n\n", interface->name);
    copier = is_in_place ? "argument" : "copy";
    put_library(interface);
    put_kinds(interface);
    emit_domain_callbacks(interface, is_in_place);
    for (const struct function *function = interface->functions; function;
         function = function->next) {
        if (function->is_by_name) {
            put_call_by_name(interface, function);
            continue;
        }
        put_invoke(interface, function);
        put_call(interface, function, is_in_place);
    }
    for (const struct rule *rule = interface->rules; rule; rule = rule->next)
        if (rule->is_asked_for && is_in_place)
            put_validator(interface, rule);
}
