/* See wire_order.h. */
#include "omniglot/bindgen/wire_order.h"

bool is_reserved(const struct interface *interface, const struct function *function,
                 const struct parameter *parameter)
{
    if (interface->callbacks || parameter->is_optional)
        return false;
    for (size_t i = 0; i < function->count; i++)
        if (function->parameters[i].kind == OUT && !function->parameters[i].is_optional)
            return &function->parameters[i] == parameter;
    return false;
}

/* Does the host put anything into the message for it? A struct or a new object is what is set. */
static bool is_sent(const struct parameter *parameter)
{
    switch (parameter->kind) {
    case USER:
    case ABSENT:
    case OUT_WINDOW:
        return false;
    case OUT:
        return parameter->is_optional;
    case OBJECT:
    case STRUCT:
        return (parameter->kind == OBJECT && parameter->life != LIFE_NEW) || parameter->set ||
               parameter->window_count;
    case NUMBER:
    case OPAQUE:
    case IN:
    case INOUT:
    case LENGTH:
    case LEFT:
    case IN_WINDOW:
    case STRING:
    case STRINGS:
    case HANDLE:
    case CALLBACK:
        break;
    }
    return true;
}

bool has_arguments(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++)
        if (is_sent(&function->parameters[i]))
            return true;
    return false;
}

bool depends_on_success(const struct function *function)
{
    if (!function->success)
        return false;
    for (size_t i = 0; i < function->count; i++)
        if (is_filled(&function->parameters[i]) || function->parameters[i].kind == LENGTH ||
            (function->parameters[i].kind == OBJECT && function->parameters[i].life == LIFE_NEW))
            return true;
    return false;
}
