/* Errors in the form that editors know from compilers. */
#include "omniglot/bindgen/report.h"

#include <stdarg.h>
#include <stdio.h>

static unsigned count;

bool report(struct place place, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "%s:%u:%u: error: ", place.file, place.line, place.column);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    count++;
    return false;
}

unsigned report_count(void)
{
    return count;
}
