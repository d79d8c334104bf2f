/* See subject.h. */
#include "omniglot/bindgen/subject.h"

#include "omniglot/bindgen/memory.h"
#include <ctype.h>
#include <string.h>

static const struct interface *interface;
static const struct function *function;
static const struct callback *callback;
static const struct kind *kind;
static const struct parameter *parameter;
static const struct window *window;

void subject_begin(const struct interface *subject)
{
    interface = subject;
    subject_function(NULL);
    subject_callback(NULL);
    subject_kind(NULL);
}

const struct function *subject_function(const struct function *subject)
{
    parameter = NULL;
    window = NULL;
    return function = subject;
}

const struct callback *subject_callback(const struct callback *subject)
{
    subject_function(subject ? &subject->shape : NULL);
    return callback = subject;
}

const struct kind *subject_kind(const struct kind *subject)
{
    return kind = subject;
}

const struct parameter *subject_parameter(const struct function *of, size_t index)
{
    window = NULL;
    return parameter = index < of->count ? &of->parameters[index] : NULL;
}

const struct window *subject_window(const struct parameter *of, size_t index)
{
    return window = index < of->window_count ? &of->windows[index] : NULL;
}

/* Is the identifier of `length` characters at `name` an object parameter? */
static bool is_object(const struct function *of, const char *name, size_t length)
{
    for (size_t i = 0; i < of->count; i++)
        if (of->parameters[i].kind == OBJECT && strlen(of->parameters[i].name) == length &&
            !strncmp(of->parameters[i].name, name, length))
            return true;
    return false;
}

/* An expression over parameters as it is in the host's stubs: an object's fields are those of its
 * host part. */
static const char *host_expression(const struct function *of, const char *expression)
{
    const char *done = "";
    while (*expression) {
        size_t length = 0;
        while (isalnum((unsigned char)expression[length]) || expression[length] == '_')
            length++;
        const char *after = expression + length;
        if (length && !strncmp(after, "->", 2) && is_object(of, expression, length))
            done = memory_format("%s%.*s->host.", done, (int)length, expression), after += 2;
        else
            done = memory_format("%s%.*s", done, (int)(length ? length : 1), expression),
            after += length ? 0 : 1;
        expression = after;
    }
    return done;
}

/* --- what fills each hole; NULL where there is no such thing --- */

static const struct type *pointee(void)
{
    return parameter ? parameter->type->pointee : NULL;
}

/* What a parameter that counts something counts: past the pointer of a window's. */
static const struct type *element(void)
{
    const struct type *type = pointee();
    return type && type->class == TYPE_POINTER ? type->pointee : type;
}

static const char *library_hole(void)
{
    return interface->name;
}

static const char *path_hole(void)
{
    return interface->path;
}

static const char *support_hole(void)
{
    return interface->baselines;
}

static const char *function_hole(void)
{
    return function ? function->name : NULL;
}

static const char *result_hole(void)
{
    return function ? function->result->spelling : NULL;
}

static const char *handle_hole(void)
{
    return function ? function->returned_handle : NULL;
}

static const char *name_hole(void)
{
    return parameter ? parameter->name : NULL;
}

static const char *type_hole(void)
{
    return parameter ? parameter->type->spelling : NULL;
}

static const char *pointee_hole(void)
{
    return pointee() ? pointee()->spelling : NULL;
}

static const char *element_hole(void)
{
    return element() ? element_of(element()) : NULL;
}

static const char *qualified_hole(void)
{
    if (!element() || !element()->is_const)
        return element_hole();
    return memory_format("const %s", element_hole());
}

static const char *count_hole(void)
{
    return parameter && parameter->count ? host_expression(function, parameter->count) : NULL;
}

static const char *counted_hole(void)
{
    return parameter ? parameter->count : NULL;
}

static const char *length_hole(void)
{
    return parameter && parameter->length ? parameter->length->name : NULL;
}

static const char *kind_hole(void)
{
    return kind ? kind->name : parameter ? parameter->kind_name : NULL;
}

static const char *shape_hole(void)
{
    return parameter && parameter->callback ? parameter->callback->shape.name : NULL;
}

static const char *keeper_hole(void)
{
    return parameter && parameter->kept_by ? parameter->kept_by->name : NULL;
}

static const char *pointer_hole(void)
{
    return window ? window->pointer : NULL;
}

static const char *left_hole(void)
{
    return window ? window->left : NULL;
}

static const char *item_hole(void)
{
    return window ? window->element->spelling : NULL;
}

static const char *counter_hole(void)
{
    return window ? window->count_type->spelling : NULL;
}

static const char *object_hole(void)
{
    return kind ? kind->pointee->spelling : NULL;
}

const char *subject_hole(const char *name, size_t length)
{
    static const struct {
        const char *name;
        const char *(*value)(void);
    } holes[] = {
        {"library", library_hole},     {"path", path_hole},     {"support", support_hole},
        {"function", function_hole},   {"result", result_hole}, {"handle", handle_hole},
        {"name", name_hole},           {"type", type_hole},     {"pointee", pointee_hole},
        {"element", element_hole},     {"count", count_hole},   {"counted", counted_hole},
        {"qualified", qualified_hole}, {"length", length_hole}, {"kind", kind_hole},
        {"shape", shape_hole},         {"keeper", keeper_hole}, {"pointer", pointer_hole},
        {"left", left_hole},           {"item", item_hole},     {"counter", counter_hole},
        {"object", object_hole},
    };
    for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++)
        if (strlen(holes[i].name) == length && !memcmp(holes[i].name, name, length))
            return holes[i].value();
    return NULL;
}
