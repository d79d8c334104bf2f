/* Formats the texts of struct failure. */
#include "bench/harness/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool failure_set(struct failure *failure, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->text, sizeof(failure->text), format, arguments);
    va_end(arguments);
    return false;
}

bool failure_add(struct failure *failure, const char *format, ...)
{
    size_t used = strlen(failure->text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->text + used, sizeof(failure->text) - used, format, arguments);
    va_end(arguments);
    return false;
}
