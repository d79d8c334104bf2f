/* NAME-worker.c: the worker's side of the process discipline, one handler a function. It takes
 * the arguments out of the message, in the order of NAME-process.h, calls, and puts what came
 * of it. Outputs are written into the answer itself where that can be. */
#include "omniglot/bindgen/emit.h"
#include "omniglot/bindgen/memory.h"
#include "omniglot/bindgen/wire_order.h"

#include <string.h>

static const struct kind *kind_of(const struct interface *interface,
                                  const struct parameter *parameter)
{
    const struct kind *kind = interface->kinds;
    while (kind && strcmp(kind->name, parameter->kind_name) != 0)
        kind = kind->next;
    return kind;
}

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
        put("    wire_get_into(arguments, &%s->%s, sizeof(%s->%s));\n", parameter->name,
            parameter->set->arguments[i], parameter->name, parameter->set->arguments[i]);
}

static void put_object_in(const struct interface *interface, const struct parameter *parameter)
{
    const char *name = parameter->name, *kind = parameter->kind_name;
    const char *structure = parameter->type->pointee->spelling;
    (void)interface;
    if (parameter->life == LIFE_NEW)
        put("    struct worker_%s *object_%s = calloc(1, sizeof(*object_%s));\n", kind, name, name);
    else
        put("    uint64_t handle_%s = wire_get_u64(arguments);\n    struct worker_%s *object_%s = "
            "process_handle_get(worker, KIND_%s, handle_%s);\n",
            name, kind, name, kind, name);
    put("    %s none_%s = {0}; /* for what is read before a missing object is found out */\n    %s "
        "*%s = object_%s ? &object_%s->object : &none_%s;\n",
        structure, name, structure, name, name, name, name);
    put_fields_in(parameter);
    for (size_t i = 0; i < parameter->window_count; i++) {
        const struct window *window = &parameter->windows[i];
        put("    %s->%s = (%s)wire_get_u64(arguments);\n    const %s before_%s = %s->%s;\n", name,
            window->left, window->count_type->spelling, window->count_type->spelling, window->left,
            name, window->left);
        if (!window->is_output)
            put("    size_t size_%s;\n    %s->%s = (%s *)wire_get_bytes(arguments, &size_%s);\n",
                window->pointer, name, window->pointer, window->element->spelling, window->pointer);
    }
}

static void put_argument(const struct interface *interface, const struct parameter *parameter)
{
    const char *name = parameter->name;
    const struct type *type = parameter->type, *pointee = type->pointee;
    if (parameter->is_optional)
        put("    bool has_%s = wire_get_u64(arguments) != 0;\n", name);
    switch (parameter->kind) {
    case NUMBER:
        put("    %s %s = (%s)wire_get_%s(arguments);\n", type->spelling, name, type->spelling,
            type->class == TYPE_FLOATING ? "f64" : "u64");
        break;
    case OPAQUE:
        put("    %s %s = (%s)(uintptr_t)wire_get_u64(arguments);\n", type->spelling, name,
            type->spelling);
        break;
    case IN:
    case STRING:
        put("    size_t size_%s;\n    const %s *%s = wire_get_bytes(arguments, &size_%s);\n", name,
            element_of(pointee), name, name);
        break;
    case INOUT:
        put("    size_t size_%s;\n    const void *view_%s = wire_get_bytes(arguments, &size_%s);\n"
            "    %s *%s = worker_copy(view_%s, size_%s);\n",
            name, name, name, element_of(pointee), name, name, name);
        break;
    case LENGTH:
    case LEFT:
        put("    %s value_%s = (%s)wire_get_u64(arguments), *%s = &value_%s;\n    const %s "
            "before_%s = value_%s;\n    (void)before_%s;\n",
            pointee->spelling, name, pointee->spelling, name, name, pointee->spelling, name, name,
            name);
        break;
    case IN_WINDOW:
        put("    size_t size_%s;\n    const %s *view_%s = wire_get_bytes(arguments, &size_%s), "
            "**%s = &view_%s;\n",
            name, pointee->pointee->spelling, name, name, name, name);
        break;
    case STRUCT:
        put("    %s value_%s = {0}, *%s = &value_%s;\n", pointee->spelling, name, name, name);
        put_fields_in(parameter);
        break;
    case OBJECT:
        put_object_in(interface, parameter);
        break;
    case HANDLE:
        put("    uint64_t handle_%s = wire_get_u64(arguments);\n    void *%s = "
            "process_handle_get(worker, KIND_%s, handle_%s);\n",
            name, name, parameter->kind_name, name);
        break;
    case CALLBACK:
        put("    bool has_%s = wire_get_u64(arguments) != 0;\n", name);
        break;
    default:
        break;
    }
}

/* --- what has to hold before the call --- */

static void put_demand(const char *condition, const char *error)
{
    put("    if (!error && (%s))\n        error = %s;\n", condition, error);
}

static void put_check(const struct parameter *parameter)
{
    const char *name = parameter->name;
    const char *present = parameter->is_optional ? memory_format("has_%s && ", name) : "";
    switch (parameter->kind) {
    case IN:
    case INOUT:
        put_demand(memory_format("%ssize_%s != OG_PRODUCT(%s, sizeof(%s))", present, name,
                                 parameter->count, element_of(parameter->type->pointee)),
                   "OG_CONTRACT");
        if (parameter->kind == INOUT)
            put_demand(memory_format("!%s", name), "OG_NO_MEMORY");
        break;
    case STRING:
        put_demand(memory_format("%s!worker_is_text(%s, size_%s)", present, name, name),
                   "OG_CONTRACT");
        break;
    case IN_WINDOW:
        put_demand(memory_format("size_%s != OG_PRODUCT(*%s, sizeof(**%s))", name,
                                 parameter->length->name, name),
                   "OG_CONTRACT");
        break;
    case HANDLE:
        put_demand(memory_format("!%s", name), "OG_BAD_ARGUMENT");
        break;
    case OBJECT:
        put_demand(memory_format("!object_%s", name),
                   parameter->life == LIFE_NEW ? "OG_NO_MEMORY" : "OG_BAD_ARGUMENT");
        for (size_t i = 0; i < parameter->window_count; i++)
            if (!parameter->windows[i].is_output)
                put_demand(memory_format("size_%s != OG_PRODUCT(before_%s, sizeof(*%s->%s))",
                                         parameter->windows[i].pointer, parameter->windows[i].left,
                                         name, parameter->windows[i].pointer),
                           "OG_CONTRACT");
        break;
    default:
        break;
    }
    if (parameter->is_optional && parameter->kind != OUT)
        put("    if (!has_%s)\n        %s = NULL;\n", name, name);
}

/* Memory for an output: in the answer, or of the worker. */
static void put_room(const char *name, const char *type, const char *count, bool is_reserved_here)
{
    if (is_reserved_here)
        put("    %s *%s = error ? NULL : wire_reserve(results, OG_PRODUCT(%s, sizeof(%s)));\n    "
            "if "
            "(!error && !%s)\n        error = wire_writer_error(results);\n",
            type, name, count, type, name);
    else
        put("    %s *%s = error ? NULL : worker_take(OG_PRODUCT(%s, sizeof(%s)));\n    if (!error "
            "&& !%s)\n        error = OG_NO_MEMORY;\n",
            type, name, count, type, name);
}

static void put_rooms(const struct interface *interface, const struct function *function)
{
    bool is_window = is_window_reserved(interface, function);
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        const char *name = parameter->name;
        if (parameter->kind == OUT && parameter->is_optional) {
            const char *element = element_of(parameter->type->pointee);
            put("    %s *%s = NULL;\n    if (!error && has_%s) {\n        %s = "
                "worker_take(OG_PRODUCT(%s, sizeof(%s)));\n        error = %s ? OG_OK : "
                "OG_NO_MEMORY;\n    }\n",
                element, name, name, name, parameter->count, element, name);
        } else if (parameter->kind == OUT) {
            put_room(name, element_of(parameter->type->pointee), parameter->count,
                     is_reserved(interface, function, parameter));
        } else if (parameter->kind == OUT_WINDOW) {
            put_room(memory_format("start_%s", name), parameter->type->pointee->pointee->spelling,
                     memory_format("before_%s", parameter->length->name), is_window);
            put("    %s *view_%s = start_%s, **%s = &view_%s;\n",
                parameter->type->pointee->pointee->spelling, name, name, name, name);
        }
        for (size_t j = 0; j < parameter->window_count; j++) {
            const struct window *window = &parameter->windows[j];
            if (!window->is_output)
                continue;
            put_room(memory_format("start_%s", window->pointer), window->element->spelling,
                     memory_format("before_%s", window->left), is_window);
            put("    %s->%s = start_%s;\n", name, window->pointer, window->pointer);
        }
    }
}

static void put_new_freed(const struct function *function, const char *indent)
{
    for (size_t i = 0; i < function->count; i++)
        if (function->parameters[i].kind == OBJECT && function->parameters[i].life == LIFE_NEW)
            put("%sfree(object_%s);\n", indent, function->parameters[i].name);
}

/* The library goes on reading what only lives as long as the message: a copy for it. */
static void put_kept(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (!parameter->kept_by)
            continue;
        const char *object = parameter->kept_by->name;
        put("    void *kept_%s = malloc(size_%s + 1);\n    if (!kept_%s) {\n", parameter->name,
            parameter->name, parameter->name);
        put_new_freed(function, "        ");
        put("        return OG_NO_MEMORY;\n    }\n    memcpy(kept_%s, %s, size_%s);\n    "
            "free(object_%s->kept);\n    object_%s->kept = kept_%s;\n    %s = kept_%s;\n",
            parameter->name, parameter->name, parameter->name, object, object, parameter->name,
            parameter->name, parameter->name);
    }
}

/* --- the call and what comes of it --- */

static const char *argument(const struct parameter *parameter)
{
    switch (parameter->kind) {
    case USER:
    case ABSENT:
        return "NULL";
    case CALLBACK:
        return memory_format("has_%s ? call_host_%s : NULL", parameter->name,
                             parameter->callback->shape.name);
    case NUMBER:
        return parameter->name;
    default:
        return memory_format("(%s)%s", parameter->type->spelling, parameter->name);
    }
}

/* By a prototype under which it may return any byte: whether it is a bool is for the host to say.
 */
static void put_bool_call(const struct function *function)
{
    const char *types = "";
    for (size_t i = 0; i < function->count; i++)
        types =
            memory_format("%s%s%s", types, i ? ", " : "", function->parameters[i].type->spelling);
    if (!function->count)
        types = "void";
    put("unsigned char (*og_call)(%s) = (unsigned char (*)(%s))(void (*)(void))%s;\n    unsigned "
        "char "
        "result = og_call(",
        types, types, function->name);
}

static void put_library_call(const struct interface *interface, const struct function *function)
{
    if (interface->callbacks)
        put("    serving = worker;\n    callback_error = OG_OK;\n");
    put("    ");
    if (function->result->class == TYPE_BOOL)
        put_bool_call(function);
    else if (function_has_result(function))
        put("%s result = %s(", function->result->spelling, function->name);
    else
        put("%s(", function->name);
    for (size_t i = 0; i < function->count; i++)
        put("%s%s", i ? ", " : "", argument(&function->parameters[i]));
    put(");\n");
    if (interface->callbacks) {
        put("    if (callback_error) {\n");
        put_new_freed(function, "        ");
        put("        return callback_error;\n    }\n");
    }
}

static void put_window_result(const char *name, const char *before, const char *left, bool is_here)
{
    const char *size = memory_format("OG_PRODUCT(%s - %s, sizeof(*start_%s))", before, left, name);
    if (is_here)
        put("    wire_commit(results, %s);\n", size);
    else
        put("    wire_put_bytes(results, start_%s, %s);\n", name, size);
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
        put("    wire_put_u64(results, result ? process_handle_add(worker, KIND_%s, result) : "
            "0);\n",
            function->returned_handle);
        break;
    default:
        put("    wire_put_u64(results, (uint64_t)result);\n");
        break;
    }
}

static void put_object_result(const struct interface *interface, const struct parameter *parameter)
{
    const char *name = parameter->name;
    for (unsigned i = 0; parameter->get && i < parameter->get->count; i++)
        put("    wire_put_bytes(results, &%s->%s, sizeof(%s->%s));\n", name,
            parameter->get->arguments[i], name, parameter->get->arguments[i]);
    if (parameter->kind != OBJECT)
        return;
    bool has_kept = kind_of(interface, parameter)->has_kept;
    const char *freed = has_kept ? memory_format("free(object_%s->kept);\n", name) : "";
    if (parameter->life == LIFE_NEW)
        put("    uint64_t handle_%s = succeeded ? process_handle_add(worker, KIND_%s, object_%s) : "
            "0;\n    if (!handle_%s) {\n        %sfree(object_%s);\n    }\n    if (succeeded && "
            "!handle_%s)\n        return OG_NO_MEMORY;\n    wire_put_u64(results, handle_%s);\n",
            name, parameter->kind_name, name, name, freed, name, name, name);
    if (parameter->life == LIFE_END)
        put("    process_handle_remove(worker, KIND_%s, handle_%s);\n    %sfree(object_%s);\n",
            parameter->kind_name, name, freed, name);
}

static void put_results(const struct interface *interface, const struct function *function)
{
    const char *condition = success(function, "result");
    bool is_window = is_window_reserved(interface, function);
    put("    bool succeeded = %s;\n    (void)succeeded;\n", condition ? condition : "true");
    for (size_t i = 0; i < function->count; i++)
        if (function->parameters[i].kind == OUT &&
            is_reserved(interface, function, &function->parameters[i]))
            put("    wire_commit(results, succeeded ? OG_PRODUCT(%s, sizeof(*%s)) : 0);\n",
                function->parameters[i].count, function->parameters[i].name);
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (parameter->kind == OUT_WINDOW)
            put_window_result(parameter->name, memory_format("before_%s", parameter->length->name),
                              memory_format("*%s", parameter->length->name), is_window);
        for (size_t j = 0; j < parameter->window_count; j++)
            if (parameter->windows[j].is_output)
                put_window_result(
                    parameter->windows[j].pointer,
                    memory_format("before_%s", parameter->windows[j].left),
                    memory_format("%s->%s", parameter->name, parameter->windows[j].left),
                    is_window);
    }
    put_result(function);
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (parameter->kind == LENGTH || parameter->kind == LEFT)
            put("    wire_put_u64(results, (uint64_t)*%s);\n", parameter->name);
        for (size_t j = 0; j < parameter->window_count; j++)
            put("    wire_put_u64(results, (uint64_t)%s->%s);\n", parameter->name,
                parameter->windows[j].left);
    }
    /* An object that ends is measured by its fields before it does. */
    for (size_t i = 0; i < function->count; i++)
        if (function->parameters[i].kind == OBJECT || function->parameters[i].kind == STRUCT)
            put_object_result(interface, &function->parameters[i]);
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (parameter->kind == HANDLE && parameter->life == LIFE_END)
            put("    process_handle_remove(worker, KIND_%s, handle_%s);\n", parameter->kind_name,
                parameter->name);
        if (is_filled(parameter) && !is_reserved(interface, function, parameter))
            put("    if (succeeded%s%s)\n        wire_put_bytes(results, %s, OG_PRODUCT(%s, "
                "sizeof(*%s)));\n",
                parameter->is_optional ? " && has_" : "",
                parameter->is_optional ? parameter->name : "", parameter->name, parameter->count,
                parameter->name);
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

static void put_handler(const struct interface *interface, const struct function *function)
{
    put_source(function);
    put("static enum og_error serve_%s(struct process_worker *worker, struct wire_reader "
        "*arguments, struct wire_writer *results)\n{\n    (void)worker;\n",
        function->name);
    if (takes_memory(interface, function))
        put("    worker_release();\n");
    for (size_t i = 0; i < function->count; i++)
        put_argument(interface, &function->parameters[i]);
    put("    enum og_error error = wire_finish(arguments);\n");
    for (size_t i = 0; i < function->count; i++)
        put_check(&function->parameters[i]);
    put_rooms(interface, function);
    put("    if (error) {\n");
    put_new_freed(function, "        ");
    put("        return error;\n    }\n");
    put_kept(function);
    put_library_call(interface, function);
    put_results(interface, function);
    put("    return wire_writer_error(results);\n}\n");
}

/* --- callbacks --- */

static void put_callback(const struct callback *callback)
{
    const struct function *shape = &callback->shape;
    bool has_result = shape->result->class != TYPE_VOID;
    put_source(shape);
    put("static %s call_host_%s(", shape->result->spelling, shape->name);
    for (size_t i = 0; i < shape->count; i++)
        put("%s%s %s", i ? ", " : "", shape->parameters[i].type->spelling,
            shape->parameters[i].name);
    put("%s)\n{\n    struct wire_reader answer;\n    struct wire_writer *sent = "
        "process_callback_begin(serving, %u);\n    (void)sent;\n",
        shape->count ? "" : "void", callback->number);
    for (size_t i = 0; i < shape->count; i++) {
        const struct parameter *parameter = &shape->parameters[i];
        const char *name = parameter->name;
        if (parameter->is_optional)
            put("    wire_put_u64(sent, %s != NULL);\n", name);
        if (parameter->kind == NUMBER && parameter->type->class == TYPE_FLOATING)
            put("    wire_put_f64(sent, %s);\n", name);
        else if (parameter->kind == NUMBER)
            put("    wire_put_u64(sent, (uint64_t)%s);\n", name);
        else if (parameter->kind == OPAQUE)
            put("    wire_put_u64(sent, (uintptr_t)%s);\n", name);
        else if (parameter->kind == USER)
            put_unused(name);
        else if (parameter->kind == STRING)
            put("    wire_put_bytes(sent, %s, %s ? strlen((const char *)%s) + 1 : 0);\n", name,
                name, name);
        else if (parameter->kind == STRINGS)
            put("    worker_put_strings(sent, (const char *const *)%s);\n", name);
        else if (parameter->kind == IN)
            put("    wire_put_bytes(sent, %s, %s ? OG_PRODUCT(%s, sizeof(%s)) : 0);\n", name, name,
                parameter->count, element_of(parameter->type->pointee));
    }
    put("    enum og_error error = process_callback_finish(serving, &answer);\n");
    if (has_result)
        put("    %s result = error ? (%s)0 : (%s)wire_get_%s(&answer);\n", shape->result->spelling,
            shape->result->spelling, shape->result->spelling,
            shape->result->class == TYPE_FLOATING ? "f64" : "u64");
    put("    if (!error)\n        error = wire_finish(&answer);\n    if (error)\n        "
        "callback_error = error;\n");
    if (has_result)
        put("    return result;\n");
    put("}\n");
}

void emit_worker(const struct interface *interface)
{
    put_baseline(interface, "process/worker-stubs.h");
    put("#include \"%s-process.h\"\n\n#include <stdlib.h>\n#include <string.h>\n", interface->name);
    if (interface->kinds) {
        put("\n/* What tells handles apart. */\nenum { KIND_none");
        for (const struct kind *kind = interface->kinds; kind; kind = kind->next)
            put(", KIND_%s", kind->name);
        put(" };\n");
    }
    for (const struct kind *kind = interface->kinds; kind; kind = kind->next) {
        if (!kind->is_object)
            continue;
        put("\nstruct worker_%s {\n    %s object;\n", kind->name, kind->pointee->spelling);
        if (kind->has_kept)
            put("    void *kept; /* what the library goes on reading */\n");
        put("};\n");
    }
    if (interface->callbacks)
        put("\n/* A callback has no room for who is being served, and what went wrong on the way "
            "to the host. */\nstatic struct process_worker *serving;\nstatic enum og_error "
            "callback_error;\n");
    for (const struct callback *callback = interface->callbacks; callback;
         callback = callback->next)
        put_callback(callback);
    for (const struct function *function = interface->functions; function;
         function = function->next)
        put_handler(interface, function);
    put("\nconst struct process_handler process_handlers[] = {\n");
    for (const struct function *function = interface->functions; function;
         function = function->next)
        put("    [%s] = {serve_%s},\n", function_number(interface, function), function->name);
    put("};\n\nconst size_t process_handler_count = sizeof(process_handlers) / "
        "sizeof(process_handlers[0]);\n");
}
