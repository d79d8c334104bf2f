/* From annotations to kinds of parameters, and all that can contradict. */
#include "omniglot/bindgen/check.h"

#include "omniglot/bindgen/memory.h"
#include "omniglot/bindgen/type.h"
#include <stdint.h>
#include <string.h>

static const struct annotation *find(const struct annotation *annotations, size_t count,
                                     enum annotation_name name)
{
    for (size_t i = 0; i < count; i++)
        if (annotations[i].name == name)
            return &annotations[i];
    return NULL;
}

static const struct annotation *has(const struct parameter *parameter, enum annotation_name name)
{
    return find(parameter->annotations, parameter->annotation_count, name);
}

static bool contradicts(const struct annotation *annotation, const struct parameter *parameter,
                        const char *why)
{
    return report(annotation->place, "%s contradicts the prototype: '%s' is %s (%s)",
                  annotation_text(annotation->name), parameter->name, why,
                  parameter->type->spelling);
}

static void use(const struct type *type)
{
    struct rule *rule = (struct rule *)type->rule;
    if (!rule || rule->is_used)
        return;
    rule->is_used = true;
    for (size_t i = 0; !rule->is_enum && i < rule->count; i++)
        use(rule->fields[i].type);
}

/* Can values of the type be copied from one memory to another, and checked there? */
static bool is_carried(const struct type *type)
{
    return is_number(type) || (type->class == TYPE_STRUCT && type->is_complete &&
                               !type->rule->has_pointer && !type->rule->unchecked);
}

/* " (the field 'kind' is a bit-field of an enum)", where that is known. */
static const char *uncarried(const struct type *type)
{
    const char *why = type->rule && !type->rule->has_pointer ? type->rule->unchecked : NULL;
    return why ? memory_format(" (%s)", why) : "";
}

/* What a function may only read is no other kind of thing. */
static const char *without_const(const struct type *type)
{
    return type->canonical + (strncmp(type->canonical, "const ", 6) ? 0 : 6);
}

static struct kind *kind_of(struct interface *interface, const char *name, bool is_object,
                            const struct type *pointee, struct place place)
{
    struct kind **end = &interface->kinds;
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")]) {
        report(place, "the kind '%s' is no word", name);
        return NULL;
    }
    for (; *end; end = &(*end)->next) {
        if (strcmp((*end)->name, name) != 0)
            continue;
        if ((*end)->is_object == is_object &&
            !strcmp(without_const((*end)->pointee), without_const(pointee)))
            return *end;
        report(place, "the kind '%s' is something else at %s:%u: give this one another name", name,
               (*end)->place.file, (*end)->place.line);
        return NULL;
    }
    *end = memory_take(sizeof(**end));
    **end = (struct kind){.name = name, .is_object = is_object, .pointee = pointee, .place = place};
    return *end;
}

/* --- what each annotation asks of its parameter --- */

/* A count may be of a type wider than the target's sizes: then too large a one must not become a
 * small one. */
static const char *count_in(const struct interface *interface, const char *expression)
{
    return interface->pointer_size < sizeof(uint64_t) ? memory_format("OG_SUM(%s, 0)", expression)
                                                      : expression;
}

static bool check_buffer(const struct interface *interface, struct parameter *parameter,
                         const struct annotation *annotation, enum parameter_kind kind)
{
    const struct type *type = parameter->type;
    if (type->class != TYPE_POINTER)
        return contradicts(annotation, parameter, "no pointer to data");
    if (type->pointee->is_volatile)
        return contradicts(annotation, parameter,
                           "volatile: somebody else may change it meanwhile, and nothing carries "
                           "it");
    if (kind != IN && type->pointee->is_const)
        return contradicts(annotation, parameter, "const, so that the library cannot write there");
    if (type->pointee->class != TYPE_VOID && !is_carried(type->pointee))
        return report(annotation->place,
                      "'%s' points to %s, which nothing can carry%s: numbers, bools and enums, and "
                      "structs of these, can be; see OG_OBJECT and OG_FIELDS for others",
                      parameter->name, type->pointee->spelling, uncarried(type->pointee));
    use(type->pointee);
    parameter->kind = kind;
    parameter->count = count_in(interface, annotation->arguments[0]);
    return true;
}

/* Can a number of the type be a size on the target? */
static bool check_width(const struct interface *interface, const struct annotation *annotation,
                        const char *name, const struct type *type)
{
    return type->size <= interface->pointer_size ||
           report(annotation->place, "%s: '%s' is %s, which is wider than a size of this target",
                  annotation_text(annotation->name), name, type->spelling);
}

static bool check_length(const struct interface *interface, const struct function *function,
                         struct parameter *parameter, const struct annotation *annotation)
{
    const char *name = annotation->arguments[0];
    const struct parameter *of = function_parameter(function, name);
    const struct type *type = parameter->type;
    if (type->class != TYPE_POINTER || type->pointee->class != TYPE_INTEGER ||
        type->pointee->is_const)
        return contradicts(annotation, parameter, "no pointer to an integer that can change");
    if (!of)
        return report(annotation->place, "OG_LENGTH_OF(%s): %s has no such parameter", name,
                      function->name);
    if (!has(of, OG_OUT))
        return report(annotation->place, "OG_LENGTH_OF(%s): '%s' is not OG_OUT", name, name);
    parameter->kind = LENGTH;
    return check_width(interface, annotation, parameter->name, type->pointee);
}

static bool check_text(struct parameter *parameter, const struct annotation *annotation,
                       enum parameter_kind kind)
{
    const struct type *type = parameter->type;
    if (kind == STRINGS && type->class == TYPE_POINTER)
        type = type->pointee;
    if (type->class != TYPE_POINTER || type->pointee->class != TYPE_INTEGER ||
        type->pointee->size != 1 || !type->pointee->is_const)
        return contradicts(annotation, parameter,
                           kind == STRINGS ? "no array of pointers to const characters"
                                           : "no pointer to const characters");
    parameter->kind = kind;
    return true;
}

static bool check_window(const struct interface *interface, const struct function *function,
                         struct parameter *parameter, const struct annotation *annotation,
                         enum parameter_kind kind)
{
    const char *name = annotation->arguments[0];
    const struct type *type = parameter->type;
    struct parameter *left = (struct parameter *)function_parameter(function, name);
    if (type->class != TYPE_POINTER || type->pointee->class != TYPE_POINTER)
        return contradicts(annotation, parameter, "no pointer to a pointer");
    if (!is_number(type->pointee->pointee))
        return contradicts(annotation, parameter, "no pointer to a pointer to numbers");
    if (kind == OUT_WINDOW && !type_is_plain_number(type->pointee->pointee))
        return contradicts(annotation, parameter, "a window over what nothing checks");
    if (kind == OUT_WINDOW && type->pointee->pointee->is_const)
        return contradicts(annotation, parameter, "const, so that the library cannot write there");
    if (!left)
        return report(annotation->place, "%s(%s): %s has no such parameter",
                      annotation_text(annotation->name), name, function->name);
    if (left->type->class != TYPE_POINTER || left->type->pointee->class != TYPE_INTEGER)
        return report(annotation->place, "%s(%s): '%s' is no pointer to an integer",
                      annotation_text(annotation->name), name, name);
    parameter->kind = kind;
    parameter->length = left;
    left->kind = LEFT;
    left->length = parameter;
    return check_width(interface, annotation, name, left->type->pointee);
}

static const struct field *field_of(const struct type *structure, const char *name)
{
    for (size_t i = 0; i < structure->rule->count; i++)
        if (!strcmp(structure->rule->fields[i].name, name))
            return &structure->rule->fields[i];
    return NULL;
}

/* Why no stub can set or get the field, whatever its type; NULL if one can. */
static const char *unfit(const struct rule *rule, const struct field *field)
{
    if (field->type->is_volatile)
        return "is volatile: somebody else may change it meanwhile, and nothing carries it";
    if (field->type->is_const)
        return "is const: no stub can assign it";
    if (field->type->alignment > rule->alignment)
        return "is not aligned, since its struct is packed: nothing carries it alone";
    return NULL;
}

/* The fields that OG_SET or OG_GET name. */
static bool check_fields(const struct parameter *parameter, const struct annotation *annotation)
{
    const struct type *structure = parameter->type->pointee;
    for (unsigned i = 0; annotation && i < annotation->count; i++) {
        const struct field *field = field_of(structure, annotation->arguments[i]);
        if (!field)
            return report(annotation->place, "%s: %s has no field '%s'",
                          annotation_text(annotation->name), structure->spelling,
                          annotation->arguments[i]);
        const char *why = unfit(structure->rule, field);
        if (why)
            return report(annotation->place, "%s: the field '%s' %s",
                          annotation_text(annotation->name), field->name, why);
        if (field->is_bits ||
            (field->type->class != TYPE_INTEGER && field->type->class != TYPE_FLOATING))
            return report(annotation->place,
                          "%s: the field '%s' (%s) is neither a number nor an array of numbers",
                          annotation_text(annotation->name), field->name, field->type->spelling);
        if (annotation->name == OG_GET && field->low && field->is_array)
            return report(annotation->place,
                          "OG_GET: the field '%s' is an array, and nothing checks its OG_RANGE",
                          field->name);
    }
    return true;
}

static bool check_window_fields(const struct interface *interface, struct parameter *parameter,
                                enum annotation_name name)
{
    const struct annotation *annotation = has(parameter, name);
    if (!annotation)
        return true;
    const struct type *structure = parameter->type->pointee;
    const struct field *pointer = field_of(structure, annotation->arguments[0]);
    const struct field *left = field_of(structure, annotation->arguments[1]);
    if (!pointer || pointer->type->class != TYPE_POINTER || pointer->is_array ||
        !is_number(pointer->type->pointee))
        return report(annotation->place, "%s: %s has no field '%s' that points to numbers",
                      annotation_text(name), structure->spelling, annotation->arguments[0]);
    if (!left || left->type->class != TYPE_INTEGER || left->is_array || left->is_bits)
        return report(annotation->place, "%s: %s has no field '%s' that is an integer",
                      annotation_text(name), structure->spelling, annotation->arguments[1]);
    if (name == OG_OUT_WINDOW_FIELDS && !type_is_plain_number(pointer->type->pointee))
        return report(annotation->place, "%s: nothing checks what '%s' points to (%s)",
                      annotation_text(name), pointer->name, pointer->type->pointee->spelling);
    if (parameter_gets(parameter, left->name))
        return report(parameter->get->place,
                      "OG_GET: '%s' counts a window, and is got with it, checked", left->name);
    parameter->windows[parameter->window_count++] =
        (struct window){.pointer = pointer->name,
                        .left = left->name,
                        .cursor = pointer->name,
                        .rest = left->name,
                        .is_output = name == OG_OUT_WINDOW_FIELDS,
                        .element = pointer->type->pointee,
                        .count_type = left->type};
    return check_width(interface, annotation, left->name, left->type);
}

static bool check_struct(const struct interface *interface, struct parameter *parameter,
                         const struct annotation *annotation, enum parameter_kind kind)
{
    const struct type *type = parameter->type;
    if (type->class != TYPE_POINTER || type->pointee->class != TYPE_STRUCT)
        return contradicts(annotation, parameter, "no pointer to a struct");
    if (!type->pointee->is_complete)
        return report(annotation->place, "%s: the header does not say what is in %s: OG_HANDLE",
                      annotation_text(annotation->name), type->pointee->spelling);
    if (type->pointee->rule->is_open)
        return report(annotation->place,
                      "%s: an array in %s has no length, and nothing says how large it is",
                      annotation_text(annotation->name), type->pointee->spelling);
    parameter->kind = kind;
    parameter->set = has(parameter, OG_SET);
    parameter->get = has(parameter, OG_GET);
    return check_fields(parameter, parameter->set) && check_fields(parameter, parameter->get) &&
           check_window_fields(interface, parameter, OG_IN_WINDOW_FIELDS) &&
           check_window_fields(interface, parameter, OG_OUT_WINDOW_FIELDS);
}

static bool check_kind(struct interface *interface, struct parameter *parameter,
                       const struct annotation *annotation, bool is_object, enum life life)
{
    if (parameter->type->class != TYPE_POINTER)
        return contradicts(annotation, parameter, "no pointer");
    if (!is_object && (parameter->type->pointee->class == TYPE_POINTER ||
                       parameter->type->pointee->class == TYPE_FUNCTION))
        return report(annotation->place,
                      "%s: '%s' points to a pointer (%s), where a handle would come back: only one "
                      "that a function returns can be bound (OG_RETURNS_HANDLE)",
                      annotation_text(annotation->name), parameter->name,
                      parameter->type->spelling);
    parameter->kind = is_object ? OBJECT : HANDLE;
    parameter->kind_name = annotation->arguments[0];
    parameter->life = life;
    if (is_object && !check_struct(interface, parameter, annotation, OBJECT))
        return false;
    return kind_of(interface, annotation->arguments[0], is_object, parameter->type->pointee,
                   annotation->place) != NULL;
}

static bool check_callback(const struct interface *interface, struct parameter *parameter,
                           const struct annotation *annotation)
{
    if (parameter->type->class != TYPE_FUNCTION)
        return contradicts(annotation, parameter, "no pointer to a function");
    for (const struct callback *callback = interface->callbacks; callback;
         callback = callback->next) {
        if (strcmp(callback->shape.name, annotation->arguments[0]) != 0)
            continue;
        if (strcmp(callback->canonical, parameter->type->canonical) != 0)
            return report(annotation->place, "OG_CALLBACK(%s): '%s' points to %s, and that is %s",
                          annotation->arguments[0], parameter->name, parameter->type->canonical,
                          callback->canonical);
        parameter->kind = CALLBACK;
        parameter->callback = callback;
        return true;
    }
    return report(annotation->place,
                  "OG_CALLBACK(%s): no declaration of that name is followed by "
                  "OG_CALLED_BACK",
                  annotation->arguments[0]);
}

static bool check_size(const struct function *function, struct parameter *parameter,
                       const struct annotation *annotation)
{
    const struct parameter *of = function_parameter(function, annotation->arguments[0]);
    if (parameter->type->class != TYPE_INTEGER)
        return contradicts(annotation, parameter, "no integer");
    if (!of)
        return report(annotation->place, "OG_SIZE_OF(%s): %s has no such parameter",
                      annotation->arguments[0], function->name);
    if (of->type->class != TYPE_POINTER || !of->type->pointee->is_complete)
        return report(annotation->place, "OG_SIZE_OF(%s): '%s' points to nothing that has a size",
                      of->name, of->name);
    parameter->size_of = of;
    return true;
}

static bool is_role(enum annotation_name name)
{
    switch (name) {
    case OG_OPTIONAL:
    case OG_KEPT:
    case OG_SET:
    case OG_GET:
    case OG_IN_WINDOW_FIELDS:
    case OG_OUT_WINDOW_FIELDS:
    case OG_RANGE:
        return false;
    default:
        return true;
    }
}

static bool check_role(struct interface *interface, const struct function *function,
                       struct parameter *parameter, const struct annotation *role)
{
    switch (role->name) {
    case OG_IN:
        return check_buffer(interface, parameter, role, IN);
    case OG_OUT:
        return check_buffer(interface, parameter, role, OUT);
    case OG_INOUT:
        return check_buffer(interface, parameter, role, INOUT);
    case OG_LENGTH_OF:
        return check_length(interface, function, parameter, role);
    case OG_SIZE_OF:
        return check_size(function, parameter, role);
    case OG_STRING:
        return check_text(parameter, role, STRING);
    case OG_STRINGS:
        return check_text(parameter, role, STRINGS);
    case OG_IN_WINDOW:
        return check_window(interface, function, parameter, role, IN_WINDOW);
    case OG_OUT_WINDOW:
        return check_window(interface, function, parameter, role, OUT_WINDOW);
    case OG_ABSENT:
        parameter->kind = ABSENT;
        return parameter->type->class == TYPE_POINTER || parameter->type->class == TYPE_FUNCTION ||
               contradicts(role, parameter, "no pointer");
    case OG_OPAQUE:
    case OG_USER:
        parameter->kind = role->name == OG_USER ? USER : OPAQUE;
        return parameter->type->class == TYPE_POINTER || contradicts(role, parameter, "no pointer");
    case OG_HANDLE:
        return check_kind(interface, parameter, role, false, LIFE_USED);
    case OG_HANDLE_END:
        return check_kind(interface, parameter, role, false, LIFE_END);
    case OG_OBJECT_NEW:
        return check_kind(interface, parameter, role, true, LIFE_NEW);
    case OG_OBJECT:
        return check_kind(interface, parameter, role, true, LIFE_USED);
    case OG_OBJECT_END:
        return check_kind(interface, parameter, role, true, LIFE_END);
    case OG_FIELDS:
        if (has(parameter, OG_IN_WINDOW_FIELDS) || has(parameter, OG_OUT_WINDOW_FIELDS))
            return report(role->place, "windows need an object: OG_OBJECT");
        return check_struct(interface, parameter, role, STRUCT);
    case OG_CALLBACK:
        return check_callback(interface, parameter, role);
    default:
        return report(role->place, "%s means nothing here", annotation_text(role->name));
    }
}

/* What stands beside the role. */
static bool check_beside(const struct interface *interface, const struct function *function,
                         struct parameter *parameter, bool is_callback)
{
    const struct annotation *optional = has(parameter, OG_OPTIONAL);
    const struct annotation *kept = has(parameter, OG_KEPT);
    const struct annotation *range = has(parameter, OG_RANGE);
    const struct annotation *fields = has(parameter, OG_SET);
    if (!fields)
        fields = has(parameter, OG_GET);
    if (!fields)
        fields = has(parameter, OG_IN_WINDOW_FIELDS);
    if (!fields)
        fields = has(parameter, OG_OUT_WINDOW_FIELDS);
    if (fields && parameter->kind != OBJECT && parameter->kind != STRUCT)
        return report(fields->place, "%s needs OG_OBJECT or OG_FIELDS beside it",
                      annotation_text(fields->name));
    if (optional && parameter->kind != IN && parameter->kind != OUT && parameter->kind != INOUT &&
        parameter->kind != STRING)
        return report(optional->place, "OG_OPTIONAL needs OG_IN, OG_OUT, OG_INOUT or OG_STRING "
                                       "beside it");
    parameter->is_optional = optional != NULL;
    if (range) {
        const struct type *type = parameter->kind == OUT || parameter->kind == INOUT
                                      ? parameter->type->pointee
                                      : parameter->type;
        if (!is_callback && parameter->kind != OUT && parameter->kind != INOUT)
            return report(range->place,
                          "OG_RANGE is about what the library hands over, and '%s' "
                          "is the host's",
                          parameter->name);
        if (type->class != TYPE_INTEGER)
            return contradicts(range, parameter, "no integer");
        parameter->low = range->arguments[0];
        parameter->high = range->arguments[1];
    }
    if (kept) {
        const struct parameter *object = function_parameter(function, kept->arguments[0]);
        if (parameter->kind != IN)
            return report(kept->place, "OG_KEPT needs OG_IN beside it");
        if (!object || !(has(object, OG_OBJECT) || has(object, OG_OBJECT_NEW)))
            return report(kept->place, "OG_KEPT(%s): no parameter of that name is an OG_OBJECT",
                          kept->arguments[0]);
        const char *name =
            (has(object, OG_OBJECT) ? has(object, OG_OBJECT) : has(object, OG_OBJECT_NEW))
                ->arguments[0];
        for (struct kind *kind = interface->kinds; kind; kind = kind->next)
            if (!strcmp(kind->name, name))
                kind->has_kept = true;
        parameter->kept_by = object;
    }
    return true;
}

/* A va_list, or a pointer to one: on x86-64 an array of a struct that is the compiler's own. */
static bool is_argument_list(const struct type *type)
{
    return strstr(type->canonical, "__va_list_tag") || !strcmp(type->spelling, "va_list") ||
           !strcmp(type->spelling, "va_list *");
}

static bool check_parameter(struct interface *interface, struct function *function,
                            struct parameter *parameter, bool is_callback)
{
    const struct annotation *role = NULL;
    if (!*parameter->name)
        return report(parameter->place, "a parameter of %s has no name", function->name);
    for (size_t i = 0; i < parameter->annotation_count; i++) {
        const struct annotation *annotation = &parameter->annotations[i];
        if (!is_role(annotation->name))
            continue;
        if (role)
            return report(annotation->place, "%s contradicts %s", annotation_text(annotation->name),
                          annotation_text(role->name));
        role = annotation;
    }
    if (parameter->type->class != TYPE_FUNCTION && is_argument_list(parameter->type))
        return report(parameter->place,
                      "'%s' is a va_list: nothing can carry any number of arguments; leave %s out, "
                      "or bind a function that takes a fixed number",
                      parameter->name, function->name);
    if (role && parameter->kind == LEFT)
        return report(role->place, "%s contradicts the window that '%s' counts",
                      annotation_text(role->name), parameter->name);
    if (role && !check_role(interface, function, parameter, role))
        return false;
    if (!role && parameter->kind != LEFT) {
        if (parameter->type->class == TYPE_POINTER || parameter->type->class == TYPE_FUNCTION)
            return report(parameter->place,
                          "'%s' is a pointer (%s) and nothing says to what: OG_IN, OG_OUT, ...",
                          parameter->name, parameter->type->spelling);
        if (!is_number(parameter->type))
            return report(parameter->place, "'%s' is %s, which nothing can carry by value",
                          parameter->name, parameter->type->spelling);
        if (is_callback)
            use(parameter->type);
    }
    return check_beside(interface, function, parameter, is_callback);
}

/* OG_OUT(*length): the LENGTH of it. */
static void find_lengths(struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *length = &function->parameters[i];
        const struct annotation *of = has(length, OG_LENGTH_OF);
        if (of)
            ((struct parameter *)function_parameter(function, of->arguments[0]))->length = length;
    }
}

static bool check_result(struct interface *interface, struct function *function)
{
    const struct type *type = function->result;
    const struct annotation *handle =
        find(function->annotations, function->annotation_count, OG_RETURNS_HANDLE);
    function->returns = find(function->annotations, function->annotation_count, OG_RETURNS);
    function->success = find(function->annotations, function->annotation_count, OG_SUCCESS);
    function->range = find(function->annotations, function->annotation_count, OG_RANGE);
    function->is_by_name =
        find(function->annotations, function->annotation_count, OG_BY_NAME) != NULL;
    const struct annotation *checks[] = {function->returns, function->success, function->range};
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        if (checks[i] && type->class != TYPE_INTEGER && type->class != TYPE_ENUM)
            return report(checks[i]->place, "%s contradicts the prototype: %s returns %s",
                          annotation_text(checks[i]->name), function->name, type->spelling);
    if (function->returns && function->range)
        return report(function->range->place, "OG_RANGE contradicts OG_RETURNS, which says it all");
    if (handle) {
        if (type->class != TYPE_POINTER || type->pointee->class == TYPE_POINTER ||
            type->pointee->class == TYPE_FUNCTION)
            return report(handle->place,
                          "OG_RETURNS_HANDLE contradicts the prototype: %s returns %s",
                          function->name, type->spelling);
        function->returned_handle = handle->arguments[0];
        return kind_of(interface, handle->arguments[0], false, type->pointee, handle->place) !=
               NULL;
    }
    if (type->class == TYPE_POINTER || type->class == TYPE_FUNCTION)
        return report(function->place,
                      "%s returns a pointer (%s), and nothing says to what: "
                      "OG_RETURNS_HANDLE",
                      function->name, type->spelling);
    if (type->class != TYPE_VOID && !is_carried(type))
        return report(function->place, "%s returns %s, which nothing can carry%s", function->name,
                      type->spelling, uncarried(type));
    if (type->rule && type->rule->has_const)
        return report(function->place,
                      "%s returns %s, which has a field that is const: no stub can assign it",
                      function->name, type->spelling);
    use(type);
    return true;
}

static bool check_function(struct interface *interface, struct function *function)
{
    bool is_sound = true;
    for (size_t i = 0; i < function->count; i++) /* windows first: they say what counts them */
        if (has(&function->parameters[i], OG_IN_WINDOW) ||
            has(&function->parameters[i], OG_OUT_WINDOW))
            is_sound =
                check_parameter(interface, function, &function->parameters[i], false) && is_sound;
    for (size_t i = 0; i < function->count; i++)
        if (!has(&function->parameters[i], OG_IN_WINDOW) &&
            !has(&function->parameters[i], OG_OUT_WINDOW))
            is_sound =
                check_parameter(interface, function, &function->parameters[i], false) && is_sound;
    is_sound = check_result(interface, function) && is_sound;
    if (is_sound)
        find_lengths(function);
    /* Larger than two registers, or with fields that are not aligned (x86-64 psABI 1.0, 3.2.3;
     * RISC-V psABI 1.0, 2.1, of the first only). */
    function->returns_in_memory =
        function->result->class == TYPE_STRUCT &&
        (interface->is_wasm || function->result->size > 2 * interface->pointer_size ||
         (interface->pointer_size == sizeof(uint64_t) && !type_is_aligned(function->result, 0)));
    if (is_sound && function->is_by_name && !function_is_without_data(function))
        return report(function->place, "OG_BY_NAME is for functions of numbers: %s has data",
                      function->name);
    return is_sound;
}

static bool check_shape(struct interface *interface, struct callback *callback)
{
    struct function *shape = &callback->shape;
    const bool is_ilp32 = interface->pointer_size == 4 && !interface->is_wasm;
    const bool is_limited = !interface->is_wasm; /* registers carry them */
    size_t integers = 0, floats = 0;
    bool is_sound = true;
    for (size_t i = 0; i < shape->count; i++) {
        struct parameter *parameter = &shape->parameters[i];
        if (!check_parameter(interface, shape, parameter, true)) {
            is_sound = false;
            continue;
        }
        *(parameter->type->class == TYPE_FLOATING ? &floats : &integers) +=
            callback_registers(interface, parameter);
        if (parameter->type->class == TYPE_FLOATING &&
            (is_ilp32 || (is_limited && parameter->type->size != sizeof(double))))
            is_sound = report(parameter->place, "'%s' is a %s, which no callback can carry%s",
                              parameter->name, parameter->type->spelling,
                              is_ilp32 ? " on this target" : "");
        if (parameter->kind == IN && !(parameter->type->pointee->class == TYPE_VOID ||
                                       parameter->type->pointee->class == TYPE_INTEGER ||
                                       parameter->type->pointee->class == TYPE_FLOATING))
            is_sound = report(parameter->place, "'%s' points to %s: callbacks carry numbers",
                              parameter->name, parameter->type->pointee->spelling);
        if ((parameter->kind != NUMBER && parameter->kind != USER && parameter->kind != OPAQUE) ||
            parameter->type->class == TYPE_ENUM || parameter->type->class == TYPE_BOOL ||
            parameter->low)
            callback->can_refuse = true;
    }
    if (is_limited && (is_ilp32 ? integers > 8 : integers > 6 || floats > 8))
        is_sound = report(shape->place, "%s has more arguments than registers can carry: %s",
                          shape->name, is_ilp32 ? "8 words" : "6 integers and pointers, 8 doubles");
    if (shape->result->class != TYPE_VOID &&
        (!is_number(shape->result) || (shape->result->class == TYPE_FLOATING && is_limited &&
                                       (is_ilp32 || shape->result->size != sizeof(double)))))
        is_sound = report(shape->place, "%s returns %s, which no callback can", shape->name,
                          shape->result->spelling);
    if (callback->number >= 64)
        is_sound = report(shape->place, "more than 64 shapes of callbacks");
    return is_sound;
}

/* What a module lays out otherwise than the host does crosses only as single numbers. */
static bool check_for_wasm(const struct function *function)
{
    const struct type *result = function->result;
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        const struct type *element = parameter->type->pointee;
        if (parameter->kind == IN_WINDOW || parameter->kind == OUT_WINDOW)
            element = element->pointee;
        if ((parameter->kind == IN || parameter->kind == OUT || parameter->kind == INOUT ||
             parameter->kind == IN_WINDOW || parameter->kind == OUT_WINDOW) &&
            element->class != TYPE_VOID && !is_same_in_module(element))
            return report(parameter->place,
                          "'%s' points to %s, which a WebAssembly module lays out otherwise than "
                          "the host",
                          parameter->name, element->spelling);
    }
    if (result->class != TYPE_STRUCT)
        return true;
    if (!is_same_in_module(result))
        return report(function->place,
                      "%s returns %s, which a WebAssembly module lays out otherwise than the host",
                      function->name, result->spelling);
    if (result->rule->count < 2 && (!result->rule->count || !result->rule->fields[0].is_array))
        return report(function->place,
                      "%s returns %s, a struct of one value: no stub carries it out of a "
                      "WebAssembly module",
                      function->name, result->spelling);
    return true;
}

bool check_interface(struct interface *interface)
{
    bool is_sound = true;
    unsigned before = report_count();
    if (interface->pointer_size != 8 && interface->pointer_size != 4)
        return report(interface->place, "stubs are for targets of 64 or of 32 bits");
    if (interface->is_wasm && interface->pointer_size != 4)
        return report(interface->place, "--wasm needs a module's layouts: --target=wasm32-wasi");
    type_finish_rules(interface);
    for (struct rule *rule = interface->rules; rule; rule = rule->next)
        if (rule->is_asked_for)
            use(&(struct type){.rule = rule});
    for (struct callback *callback = interface->callbacks; callback; callback = callback->next)
        is_sound = check_shape(interface, callback) && is_sound;
    for (struct function *function = interface->functions; function; function = function->next)
        is_sound = check_function(interface, function) &&
                   (!interface->is_wasm || check_for_wasm(function)) && is_sound;
    return is_sound && report_count() == before;
}
