/* Errors in the form that editors know from compilers. */
#include "omniglot/bindgen/report.h"

#include <stdarg.h>
#include <stdio.h>

static unsigned count;

static void print(struct place place, const char *what, const char *format, va_list arguments)
{
    fprintf(stderr, "%s:%u:%u: %s: ", place.file, place.line, place.column, what);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

bool report(struct place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(place, "error", format, arguments);
    va_end(arguments);
    count++;
    return false;
}

void report_note(struct place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(place, "note", format, arguments);
    va_end(arguments);
}

unsigned report_count(void)
{
    return count;
}
