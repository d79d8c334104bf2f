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

/* The parameter that the word of `length` characters at `name` is in the interface file. */
static const struct parameter *parameter_at(const struct function *of, const char *name,
                                            size_t length)
{
    for (size_t i = 0; i < of->count; i++)
        if (strlen(of->parameters[i].declared) == length &&
            !strncmp(of->parameters[i].declared, name, length))
            return &of->parameters[i];
    return NULL;
}

/* Is what the text before a word ends with the sign of a member, or what a tag follows? */
static bool is_before_other(const char *text, const char *end)
{
    static const char *const signs[] = {".", "->", "struct", "union", "enum"};
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        size_t length = strlen(signs[i]);
        if ((size_t)(end - text) >= length && !memcmp(end - length, signs[i], length))
            return true;
    }
    return false;
}

/* An expression over parameters by the names that these have in stubs; in the host's an object's
 * fields are those of its host part. */
static const char *in_stubs(const struct function *of, const char *expression, bool is_host)
{
    const char *done = "";
    for (const char *at = expression; *at;) {
        size_t length = 0;
        while (isalnum((unsigned char)at[length]) || at[length] == '_')
            length++;
        const struct parameter *named =
            length && !is_before_other(expression, at) ? parameter_at(of, at, length) : NULL;
        if (named)
            done = memory_format("%s%s", done, named->name);
        else
            done = memory_format("%s%.*s", done, (int)(length ? length : 1), at);
        at += length ? length : 1;
        if (is_host && named && named->kind == OBJECT && !strncmp(at, "->", 2)) {
            done = memory_format("%s->host.", done);
            at += 2;
        }
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

static const char *declared_hole(void)
{
    return parameter ? parameter->declared : NULL;
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
    return parameter && parameter->count ? in_stubs(function, parameter->count, true) : NULL;
}

static const char *counted_hole(void)
{
    return parameter && parameter->count ? in_stubs(function, parameter->count, false) : NULL;
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

static const char *cursor_hole(void)
{
    return window ? window->cursor : NULL;
}

static const char *rest_hole(void)
{
    return window ? window->rest : NULL;
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

const struct function *subject_of(void)
{
    return function;
}

const char *subject_hole(const char *name, size_t length)
{
    static const struct {
        const char *name;
        const char *(*value)(void);
    } holes[] = {
        {"library", library_hole},     {"path", path_hole},         {"support", support_hole},
        {"function", function_hole},   {"result", result_hole},     {"handle", handle_hole},
        {"name", name_hole},           {"type", type_hole},         {"pointee", pointee_hole},
        {"element", element_hole},     {"count", count_hole},       {"counted", counted_hole},
        {"qualified", qualified_hole}, {"length", length_hole},     {"kind", kind_hole},
        {"shape", shape_hole},         {"keeper", keeper_hole},     {"pointer", pointer_hole},
        {"left", left_hole},           {"item", item_hole},         {"counter", counter_hole},
        {"object", object_hole},       {"declared", declared_hole}, {"cursor", cursor_hole},
        {"rest", rest_hole},
    };
    for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++)
        if (strlen(holes[i].name) == length && !memcmp(holes[i].name, name, length))
            return holes[i].value();
    return NULL;
}
