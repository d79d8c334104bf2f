/* NAME-worker.c: the worker's side of the process discipline, one handler a function. It takes
 * the arguments out of the message, in the order of NAME-process.h, calls, and puts what came
 * of it. Outputs are written into the answer itself where that can be. */
#include "omniglot/bindgen/emit.h"
#include "omniglot/bindgen/memory.h"
#include "omniglot/bindgen/wire_order.h"

/* The number of windows that the library writes to. */
static unsigned output_windows(const struct function *function)
{
    unsigned count = 0;
    for (size_t i = 0; i < function->count; i++) {
        count += function->parameters[i].kind == OUT_WINDOW;
        for (size_t j = 0; j < function->parameters[i].window_count; j++)
            count += function->parameters[i].windows[j].is_output;
    }
    return count;
}

/* The only output window is written where the answer has it, if no output is before it. */
static bool is_window_reserved(const struct interface *interface, const struct function *function)
{
    if (interface->callbacks || output_windows(function) != 1)
        return false;
    for (size_t i = 0; i < function->count; i++)
        if (is_reserved(interface, function, &function->parameters[i]))
            return false;
    return true;
}

/* --- arguments --- */

static void put_fields_in(const struct parameter *parameter)
{
    for (unsigned i = 0; parameter->set && i < parameter->set->count; i++)
        put("    wire_get_into(arguments, &$name->$field, sizeof($name->$field));\n", "field",
            parameter->set->arguments[i]);
}

static void put_object_in(const struct parameter *parameter)
{
    if (parameter->life == LIFE_NEW)
        put("    struct og_worker_$kind *object_$name = calloc(1, sizeof(*object_$name));\n");
    else
        put("    uint64_t handle_$name = wire_get_u64(arguments);\n"
            "    struct og_worker_$kind *object_$name = "
            "process_handle_get(worker, OG_KIND_$kind, handle_$name);\n");
    put("    $pointee none_$name = {0}; "
        "/* for what is read before a missing object is found out */\n"
        "    $pointee *$name = object_$name ? &object_$name->object : &none_$name;\n");
    put_fields_in(parameter);
    each_window(window, parameter) {
        put("    $name->$left = ($counter)wire_get_u64(arguments);\n"
            "    const $counter before_$rest = $name->$left;\n");
        if (!window->is_output)
            put("    size_t size_$cursor;\n"
                "    $name->$pointer = ($item *)wire_get_bytes(arguments, &size_$cursor);\n");
    }
}

static void put_argument(const struct parameter *parameter)
{
    if (parameter->is_optional)
        put("    bool has_$name = wire_get_u64(arguments) != 0;\n");
    switch (parameter->kind) {
    case NUMBER:
        put(parameter->type->class == TYPE_FLOATING
                ? "    $type $name = ($type)wire_get_f64(arguments);\n"
                : "    $type $name = ($type)wire_get_u64(arguments);\n");
        break;
    case OPAQUE:
        put("    $type $name = ($type)(uintptr_t)wire_get_u64(arguments);\n");
        break;
    case IN:
    case STRING:
        put("    size_t size_$name;\n"
            "    const $element *$name = wire_get_bytes(arguments, &size_$name);\n");
        break;
    case INOUT:
        put("    size_t size_$name;\n"
            "    const void *view_$name = wire_get_bytes(arguments, &size_$name);\n"
            "    $element *$name = worker_copy(view_$name, size_$name);\n");
        break;
    case LENGTH:
    case LEFT:
        put("    $pointee value_$name = ($pointee)wire_get_u64(arguments), *$name = "
            "&value_$name;\n");
        if (parameter->kind == LEFT && parameter->length->kind == OUT_WINDOW)
            put("    const $pointee before_$name = value_$name;\n");
        break;
    case IN_WINDOW:
        put("    size_t size_$name;\n"
            "    const $element *view_$name = wire_get_bytes(arguments, &size_$name), "
            "**$name = &view_$name;\n");
        break;
    case STRUCT:
        put("    $pointee value_$name = {0}, *$name = &value_$name;\n");
        put_fields_in(parameter);
        break;
    case OBJECT:
        put_object_in(parameter);
        break;
    case HANDLE:
        put("    uint64_t handle_$name = wire_get_u64(arguments);\n"
            "    void *$name = process_handle_get(worker, OG_KIND_$kind, handle_$name);\n");
        break;
    case CALLBACK:
        put("    bool has_$name = wire_get_u64(arguments) != 0;\n");
        break;
    case OUT:
    case OUT_WINDOW:
    case ABSENT:
    case USER:
    case STRINGS:
        break;
    }
}

/* --- what has to hold before the call --- */

static void put_demand(const char *condition, const char *error)
{
    put("    if (!error && $condition)\n"
        "        error = $code;\n",
        "condition", condition, "code", error);
}

static void put_check(const struct parameter *parameter)
{
    const char *present = parameter->is_optional ? fill("has_$name && ") : "";
    switch (parameter->kind) {
    case IN:
    case INOUT:
        put_demand(fill("${present}size_$name != OG_PRODUCT($counted, sizeof($element))", "present",
                        present),
                   "OG_CONTRACT");
        if (parameter->kind == INOUT)
            put_demand(fill("!$name"), "OG_NO_MEMORY");
        break;
    case STRING:
        put_demand(fill("$present!worker_is_text($name, size_$name)", "present", present),
                   "OG_CONTRACT");
        break;
    case IN_WINDOW:
        put_demand(fill("size_$name != OG_PRODUCT(*$length, sizeof(**$name))"), "OG_CONTRACT");
        break;
    case HANDLE:
        put_demand(fill("!$name"), "OG_BAD_ARGUMENT");
        break;
    case OBJECT:
        put_demand(fill("!object_$name"),
                   parameter->life == LIFE_NEW ? "OG_NO_MEMORY" : "OG_BAD_ARGUMENT");
        each_window(window, parameter)
            if (!window->is_output)
                put_demand(fill("size_$cursor != "
                                "OG_PRODUCT(before_$rest, sizeof(*$name->$pointer))"),
                           "OG_CONTRACT");
        break;
    case NUMBER:
    case OPAQUE:
    case ABSENT:
    case USER:
    case OUT:
    case LENGTH:
    case LEFT:
    case OUT_WINDOW:
    case STRINGS:
    case STRUCT:
    case CALLBACK:
        break;
    }
    if (parameter->is_optional && parameter->kind != OUT)
        put("    if (!has_$name)\n"
            "        $name = NULL;\n");
}

/* Memory for an output: in the answer, or of the worker. */
static void put_room(const char *to, const char *type, const char *count, bool is_reserved_here)
{
    put(is_reserved_here
            ? "    $item *$to = error ? NULL : "
              "wire_reserve(results, OG_PRODUCT($many, sizeof($item)));\n"
              "    if (!error && !$to)\n"
              "        error = wire_writer_error(results);\n"
            : "    $item *$to = error ? NULL : worker_take(OG_PRODUCT($many, sizeof($item)));\n"
              "    if (!error && !$to)\n"
              "        error = OG_NO_MEMORY;\n",
        "item", type, "to", to, "many", count);
}

static void put_rooms(const struct interface *interface, const struct function *function,
                      const struct parameter *parameter)
{
    bool is_window = is_window_reserved(interface, function);
    if (parameter->kind == OUT && parameter->is_optional)
        put("    $element *$name = NULL;\n"
            "    if (!error && has_$name) {\n"
            "        $name = worker_take(OG_PRODUCT($counted, sizeof($element)));\n"
            "        error = $name ? OG_OK : OG_NO_MEMORY;\n"
            "    }\n");
    else if (parameter->kind == OUT)
        put_room(parameter->name, fill("$element"), fill("$counted"),
                 is_reserved(interface, function, parameter));
    if (parameter->kind == OUT_WINDOW) {
        put_room(fill("start_$name"), fill("$element"), fill("before_$length"), is_window);
        put("    $element *view_$name = start_$name, **$name = &view_$name;\n");
    }
    each_window(window, parameter) {
        if (!window->is_output)
            continue;
        put_room(fill("start_$cursor"), fill("$item"), fill("before_$rest"), is_window);
        put("    $name->$pointer = start_$cursor;\n");
    }
}

/* Objects that were to be made; the text is that of a way out. */
static const char *new_freed(const struct function *function)
{
    const char *text = "";
    for (size_t i = 0; i < function->count; i++)
        if (function->parameters[i].kind == OBJECT && function->parameters[i].life == LIFE_NEW)
            text = fill("$text        free(object_$freed);\n", "text", text, "freed",
                        function->parameters[i].name);
    return text;
}

/* The library goes on reading what only lives as long as the message: a copy for it. */
static void put_kept(const struct function *function)
{
    each_parameter(parameter, function)
        if (parameter->kept_by)
            put("    void *kept_$name = malloc(size_$name + 1);\n"
                "    if (!kept_$name) {\n"
                "$freed"
                "        return OG_NO_MEMORY;\n"
                "    }\n"
                "    memcpy(kept_$name, $name, size_$name);\n"
                "    free(object_$keeper->kept);\n"
                "    object_$keeper->kept = kept_$name;\n"
                "    $name = kept_$name;\n",
                "freed", new_freed(function));
}

/* --- the call and what comes of it --- */

static const char *argument(const struct parameter *parameter)
{
    switch (parameter->kind) {
    case USER:
    case ABSENT:
        return "NULL";
    case CALLBACK:
        return fill("has_$name ? ($type)og_call_host_$shape : NULL");
    case NUMBER:
        return parameter->name;
    case OPAQUE:
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
    case HANDLE:
    case OBJECT:
        break;
    }
    return fill("($type)$name");
}

static void put_library_call(const struct interface *interface, const struct function *function)
{
    if (interface->callbacks)
        put("    og_serving = worker;\n"
            "    og_callback_error = OG_OK;\n");
    /* Whether it is a bool is for the host to say. */
    const char *result =
        function->result->class == TYPE_BOOL ? "unsigned char" : function->result->spelling;
    put("    $returned (*og_call)($types) = "
        "($cast)worker_unbelieved((void (*)(void))$function);\n"
        "    ",
        "returned", result, "types", call_types(function), "cast", call_type(function, result));
    if (function_has_result(function))
        put("$returned result = ", "returned", result);
    put("og_call(");
    each_parameter(parameter, function)
        put("$comma$argument", "comma", parameter == function->parameters ? "" : ", ", "argument",
            argument(parameter));
    put(");\n");
    if (interface->callbacks)
        put("    if (og_callback_error) {\n"
            "$freed"
            "        return og_callback_error;\n"
            "    }\n",
            "freed", new_freed(function));
}

static void put_window_result(const char *name, const char *before, const char *left, bool is_here)
{
    put(is_here ? "    wire_commit(results, OG_PRODUCT($before - $after, sizeof(*start_$to)));\n"
                : "    wire_put_bytes(results, start_$to, "
                  "OG_PRODUCT($before - $after, sizeof(*start_$to)));\n",
        "to", name, "before", before, "after", left);
}

static void put_result(const struct function *function)
{
    switch (function->result->class) {
    case TYPE_VOID:
        break;
    case TYPE_FLOATING:
        put("    wire_put_f64(results, result);\n");
        break;
    case TYPE_STRUCT:
        put("    wire_put_bytes(results, &result, sizeof(result));\n");
        break;
    case TYPE_POINTER:
        put("    wire_put_u64(results, "
            "result ? process_handle_add(worker, OG_KIND_$handle, ${cast}result) : 0);\n",
            "cast", function->result->pointee->is_const ? "(void *)" : "");
        break;
    case TYPE_BOOL:
    case TYPE_INTEGER:
    case TYPE_ENUM:
    case TYPE_FUNCTION:
    case TYPE_OTHER:
        put("    wire_put_u64(results, (uint64_t)result);\n");
        break;
    }
}

static void put_object_result(const struct interface *interface, const struct function *function,
                              const struct parameter *parameter)
{
    for (unsigned i = 0; parameter->get && i < parameter->get->count; i++)
        put("    wire_put_bytes(results, &$name->$field, sizeof($name->$field));\n", "field",
            parameter->get->arguments[i]);
    if (parameter->kind != OBJECT)
        return;
    const char *freed =
        is_keeping(interface, parameter->kind_name) ? fill("free(object_$name->kept);\n") : "";
    if (parameter->life == LIFE_NEW)
        put("    uint64_t handle_$name = "
            "${if}process_handle_add(worker, OG_KIND_$kind, object_$name)$else;\n"
            "    if (!handle_$name) {\n"
            "        ${freed}free(object_$name);\n"
            "    }\n"
            "    if ($missing)\n"
            "        return OG_NO_MEMORY;\n"
            "    wire_put_u64(results, handle_$name);\n",
            "freed", freed, "if", function->success ? "succeeded ? " : "", "else",
            function->success ? " : 0" : "", "missing",
            both(succeeded(function), fill("!handle_$name")));
    if (parameter->life == LIFE_END)
        put("    process_handle_remove(worker, OG_KIND_$kind, handle_$name);\n"
            "    ${freed}free(object_$name);\n",
            "freed", freed);
}

static void put_windows_out(const struct interface *interface, const struct function *function)
{
    bool is_window = is_window_reserved(interface, function);
    each_parameter(parameter, function) {
        if (parameter->kind == OUT_WINDOW)
            put_window_result(parameter->name, fill("before_$length"), fill("*$length"), is_window);
        each_window(window, parameter)
            if (window->is_output)
                put_window_result(window->cursor, fill("before_$rest"), fill("$name->$left"),
                                  is_window);
    }
}

static void put_lefts(const struct function *function)
{
    each_parameter(parameter, function) {
        if (parameter->kind == LENGTH || parameter->kind == LEFT)
            put("    wire_put_u64(results, (uint64_t)*$name);\n");
        each_window(window, parameter)
            put("    wire_put_u64(results, (uint64_t)$name->$left);\n");
    }
}

static void put_results(const struct interface *interface, const struct function *function)
{
    if (depends_on_success(function))
        put("    bool succeeded = $condition;\n", "condition", success(function, "result"));
    each_parameter(parameter, function)
        if (parameter->kind == OUT && is_reserved(interface, function, parameter))
            put(function->success
                    ? "    wire_commit(results, "
                      "succeeded ? OG_PRODUCT($counted, sizeof(*$name)) : 0);\n"
                    : "    wire_commit(results, OG_PRODUCT($counted, sizeof(*$name)));\n");
    put_windows_out(interface, function);
    put_result(function);
    put_lefts(function);
    /* An object that ends is measured by its fields before it does. */
    each_parameter(parameter, function)
        if (parameter->kind == OBJECT || parameter->kind == STRUCT)
            put_object_result(interface, function, parameter);
    each_parameter(parameter, function) {
        if (parameter->kind == HANDLE && parameter->life == LIFE_END)
            put("    process_handle_remove(worker, OG_KIND_$kind, handle_$name);\n");
        if (!is_filled(parameter) || is_reserved(interface, function, parameter))
            continue;
        const char *present = parameter->is_optional ? fill("has_$name") : "";
        put_if(both(succeeded(function), present));
        put("    wire_put_bytes(results, $name, OG_PRODUCT($counted, sizeof(*$name)));\n");
    }
}

static bool takes_memory(const struct interface *interface, const struct function *function)
{
    if (output_windows(function) && !is_window_reserved(interface, function))
        return true;
    for (size_t i = 0; i < function->count; i++)
        if (is_filled(&function->parameters[i]) &&
            !is_reserved(interface, function, &function->parameters[i]))
            return true;
    return false;
}

/* Does the handler ask who it is served by: for handles, and for who is called back? */
static bool needs_worker(const struct interface *interface, const struct function *function)
{
    for (size_t i = 0; i < function->count; i++)
        if (function->parameters[i].kind == HANDLE || function->parameters[i].kind == OBJECT)
            return true;
    return interface->callbacks || function->returned_handle;
}

static void put_handler(const struct interface *interface, const struct function *function)
{
    put_source(function);
    put("static enum og_error og_serve_$function(struct process_worker *worker, "
        "struct wire_reader *arguments, struct wire_writer *results)\n"
        "{\n");
    if (!needs_worker(interface, function))
        put_unused("worker");
    if (takes_memory(interface, function))
        put("    worker_release();\n");
    each_parameter(parameter, function)
        put_argument(parameter);
    put("    enum og_error error = wire_finish(arguments);\n");
    each_parameter(parameter, function)
        put_check(parameter);
    each_parameter(parameter, function)
        put_rooms(interface, function, parameter);
    put("    if (error) {\n"
        "$freed"
        "        return error;\n"
        "    }\n",
        "freed", new_freed(function));
    put_kept(function);
    put_library_call(interface, function);
    put_results(interface, function);
    put("    return wire_writer_error(results);\n"
        "}\n");
}

/* --- callbacks --- */

static void put_callback_argument(const struct parameter *parameter)
{
    if (parameter->is_optional)
        put("    wire_put_u64(sent, $name != NULL);\n");
    switch (parameter->kind) {
    case NUMBER:
        put(parameter->type->class == TYPE_FLOATING ? "    wire_put_f64(sent, $name);\n"
                                                    : "    wire_put_u64(sent, (uint64_t)$name);\n");
        break;
    case OPAQUE:
        put("    wire_put_u64(sent, (uintptr_t)$name);\n");
        break;
    case USER:
        put("    (void)$name;\n");
        break;
    case STRING:
        put("    wire_put_bytes(sent, $name, $name ? strlen((const char *)$name) + 1 : 0);\n");
        break;
    case STRINGS:
        put("    worker_put_strings(sent, (const char *const *)$name);\n");
        break;
    case IN:
        put("    wire_put_bytes(sent, $name, "
            "$name ? OG_PRODUCT($counted, sizeof($element)) : 0);\n");
        break;
    case ABSENT:
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

static bool sends_something(const struct function *shape)
{
    for (size_t i = 0; i < shape->count; i++)
        if (shape->parameters[i].kind != USER)
            return true;
    return false;
}

static void put_callback(const struct callback *callback)
{
    const struct function *shape = &callback->shape;
    bool has_result = shape->result->class != TYPE_VOID;
    put_source(shape);
    put("static $result og_call_host_$function(");
    each_parameter(parameter, shape)
        put("$comma$type $name", "comma", parameter == shape->parameters ? "" : ", ");
    put("$void)\n"
        "{\n"
        "    struct wire_reader answer;\n"
        "    ${sent}process_callback_begin(og_serving, $number);\n",
        "void", shape->count ? "" : "void", "sent",
        sends_something(shape) ? "struct wire_writer *sent = " : "", "number",
        number(callback->number));
    each_parameter(parameter, shape)
        put_callback_argument(parameter);
    put("    enum og_error error = process_callback_finish(og_serving, &answer);\n");
    if (has_result)
        put(shape->result->class == TYPE_FLOATING
                ? "    $result result = error ? ($result)0 : ($result)wire_get_f64(&answer);\n"
                : "    $result result = error ? ($result)0 : ($result)wire_get_u64(&answer);\n");
    put("    if (!error)\n"
        "        error = wire_finish(&answer);\n"
        "    if (error)\n"
        "        og_callback_error = error;\n");
    if (has_result)
        put("    return result;\n");
    put("}\n");
}

/* --- the file --- */

static void put_kinds(const struct interface *interface)
{
    if (interface->kinds) {
        put("\n/* What tells handles apart. */\n"
            "enum { OG_NO_KIND");
        each_kind(kind, interface)
            put(", OG_KIND_$kind");
        put(" };\n");
    }
    each_kind(kind, interface) {
        if (!kind->is_object)
            continue;
        put("\nstruct og_worker_$kind {\n"
            "    $object object;\n");
        if (kind->has_kept)
            put("    void *kept; /* what the library goes on reading */\n");
        put("};\n");
    }
}

void emit_worker(const struct interface *interface)
{
    put("#include \"$support/process/worker-stubs.h\"\n"
        "#include \"$library-process.h\"\n"
        "\n"
        "#include <stdlib.h>\n"
        "#include <string.h>\n"
        "\n"
        "/* That a function is deprecated is said to whoever calls it by its name. */\n"
        "#pragma GCC diagnostic ignored \"-Wdeprecated-declarations\"\n");
    put_kinds(interface);
    if (interface->callbacks)
        put("\n/* A callback has no room for who is being served, and what went wrong on the way "
            "to the host. */\n"
            "static struct process_worker *og_serving;\n"
            "static enum og_error og_callback_error;\n");
    each_callback(callback, interface)
        put_callback(callback);
    each_function(function, interface)
        put_handler(interface, function);
    put("\nconst struct process_handler process_handlers[] = {\n");
    each_function(function, interface)
        put("    [$library_number_of_$function] = {og_serve_$function},\n");
    put("};\n"
        "\n"
        "const size_t process_handler_count = "
        "sizeof(process_handlers) / sizeof(process_handlers[0]);\n");
}
