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

bool has_arguments(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        bool is_silent = parameter->kind == USER || parameter->kind == ABSENT ||
                         parameter->kind == OUT_WINDOW ||
                         (parameter->kind == OUT && !parameter->is_optional) ||
                         ((parameter->kind == STRUCT ||
                           (parameter->kind == OBJECT && parameter->life == LIFE_NEW)) &&
                          !parameter->set && !parameter->window_count);
        if (!is_silent)
            return true;
    }
    return false;
}
