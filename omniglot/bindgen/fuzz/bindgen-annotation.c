/* Fuzzes the parser of annotations: any text, in any place. What it accepts has arguments that
 * are not empty and are all in the text. */
#include "omniglot/bindgen/annotation.h"
#include "omniglot/bindgen/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In report.c's stead: what is refused is nothing to print here. */
bool report(struct place place, const char *format, ...)
{
    (void)place;
    if (!*format)
        abort();
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char where[] = {'P', 'C', 'F', 'V'};
    if (size < 1)
        return 0;
    const char *text = memory_copy((const char *)data + 1, size - 1);
    struct annotation annotation;
    if (annotation_parse(&annotation, text, where[data[0] % sizeof(where)],
                         (struct place){"fuzzed", 1, 1})) {
        if (annotation.count > ANNOTATION_ARGUMENTS || annotation.name >= ANNOTATION_NAMES)
            abort();
        for (unsigned i = 0; i < annotation.count; i++)
            if (!*annotation.arguments[i] || !strstr(text, annotation.arguments[i]))
                abort();
    }
    memory_free();
    return 0;
}
