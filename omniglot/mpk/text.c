#include "text.h"
#include "omniglot/core/printable.h"

#include <stdarg.h>
#include <stdio.h>

void mpk_text_add(struct mpk_text *text, const char *format, ...)
{
    va_list arguments;
    size_t used = text->length < text->size ? text->length : text->size;
    va_start(arguments, format);
    int length = vsnprintf(text->size > used ? text->bytes + used : NULL, text->size - used, format,
                           arguments);
    va_end(arguments);
    text->length += length > 0 ? (size_t)length : 0;
}

void mpk_text_add_name(struct mpk_text *text, const char *name)
{
    size_t start = text->length < text->size ? text->length : text->size;
    mpk_text_add(text, "%s", name);
    if (start < text->size)
        og_make_printable(text->bytes + start);
}
