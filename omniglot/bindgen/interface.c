/* What follows from an interface, for the check and the emitters alike. */
#include "omniglot/bindgen/interface.h"

#include <string.h>

bool is_number(const struct type *type)
{
    return type->class == TYPE_INTEGER || type->class == TYPE_FLOATING ||
           type->class == TYPE_BOOL || type->class == TYPE_ENUM;
}

bool is_same_in_module(const struct type *type)
{
    switch (type->class) {
    case TYPE_INTEGER:
        return strcmp(type->canonical, "long") != 0 &&
               strcmp(type->canonical, "unsigned long") != 0;
    case TYPE_BOOL:
    case TYPE_ENUM:
    case TYPE_FLOATING:
        return true;
    case TYPE_STRUCT:
        for (size_t i = 0; type->rule && i < type->rule->count; i++)
            if (!type->rule->fields[i].is_bits && !is_same_in_module(type->rule->fields[i].type))
                return false;
        return type->rule != NULL;
    case TYPE_VOID:
    case TYPE_POINTER:
    case TYPE_FUNCTION:
    case TYPE_OTHER:
        break;
    }
    return false;
}

bool function_has_result(const struct function *function)
{
    return function->result->class != TYPE_VOID;
}

bool function_returns_in_memory(const struct function *function)
{
    return function->returns_in_memory;
}

static bool is_data(const struct parameter *parameter)
{
    switch (parameter->kind) {
    case NUMBER:
    case OPAQUE:
    case ABSENT:
    case USER:
    case HANDLE:
    case CALLBACK:
        return false;
    case OBJECT:
        return parameter->window_count != 0;
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
    return true;
}

bool function_is_without_data(const struct function *function)
{
    for (size_t i = 0; i < function->count; i++)
        if (is_data(&function->parameters[i]))
            return false;
    return true;
}

bool is_filled(const struct parameter *parameter)
{
    return parameter->kind == OUT || parameter->kind == INOUT;
}

size_t callback_registers(const struct interface *interface, const struct parameter *parameter)
{
    const struct type *type = parameter->type;
    return is_number(type) && type->size > interface->pointer_size
               ? type->size / interface->pointer_size
               : 1;
}

const struct parameter *function_parameter(const struct function *function, const char *name)
{
    for (size_t i = 0; i < function->count; i++)
        if (!strcmp(function->parameters[i].declared, name))
            return &function->parameters[i];
    return NULL;
}

bool parameter_gets(const struct parameter *parameter, const char *field)
{
    for (unsigned i = 0; parameter->get && i < parameter->get->count; i++)
        if (!strcmp(parameter->get->arguments[i], field))
            return true;
    return false;
}

const char *element_of(const struct type *type)
{
    return type->class == TYPE_VOID ? "unsigned char" : type->spelling;
}
