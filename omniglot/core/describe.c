/* Descriptions of faults: the line that needs no runtime, and the way to those that do. */
#include "omniglot/describe.h"
#include "omniglot/runtime.h"

/* Appends, as far as there is room for it and a NUL. */
static void append(char *text, size_t size, size_t *length, const char *words)
{
    for (; *words; words++, (*length)++)
        if (*length + 1 < size)
            text[*length] = *words;
}

size_t og_fault_describe(struct og_domain *domain, const struct og_fault *fault, char *text,
                         size_t size)
{
    size_t length = 0;
    if (fault->symbol[0]) {
        append(text, size, &length, fault->symbol);
        append(text, size, &length, ": ");
    }
    append(text, size, &length, fault->message[0] ? fault->message : og_error_text(fault->error));
    size_t end = length < size ? length : size - 1;
    if (size)
        text[end] = '\0';
    if (!domain || !domain->runtime->describe)
        return length;
    return length + domain->runtime->describe(domain, fault, size ? text + end : NULL,
                                              size ? size - end : 0);
}
