/* See padding.h. Bits are numbered from a byte's lowest, as on every target here. */
#include "omniglot/bindgen/padding.h"

#include "omniglot/bindgen/memory.h"
#include <string.h>

static void cover(unsigned char *mask, const struct type *type)
{
    if (type->class != TYPE_STRUCT || !type->rule) {
        memset(mask, 255, type->size);
        return;
    }
    for (size_t i = 0; i < type->rule->count; i++) {
        const struct field *field = &type->rule->fields[i];
        for (size_t bit = field->bit_offset; bit < field->bit_offset + field->bit_count; bit++)
            mask[bit / 8] |= (unsigned char)(1u << bit % 8);
        for (size_t j = 0; !field->is_bits && j < field->count; j++)
            cover(mask + field->offset + j * field->type->size, field->type);
    }
}

const unsigned char *padding_mask(const struct type *type)
{
    unsigned char *mask = memory_take(type->size + 1);
    memset(mask, 0, type->size + 1);
    cover(mask, type);
    for (size_t i = 0; i < type->size; i++)
        if (mask[i] != 255)
            return mask;
    return NULL;
}

const unsigned char *padding_sent(const struct parameter *parameter)
{
    const struct type *element = parameter->type->pointee;
    return (parameter->kind == IN || parameter->kind == INOUT) && element->class == TYPE_STRUCT
               ? padding_mask(element)
               : NULL;
}
